import ParallelRanges

/// A division of the pairs of examples among themselves into parts that have each pair once: the kernel is symmetric,
/// and the mirror images complete the square.
///
/// The examples form blocks, in a circle. The columns of a block are compared with the rows of this block and of those
/// that follow it, half the way around (`x`); the others are mirror images (`o`). So every block has about the same
/// work, whichever rank it belongs to:
///
///                 columns
///                 0  1  2  3  4
///     rows  0     x  o  o  x  x
///           1     x  x  o  o  x
///           2     x  x  x  o  o
///           3     o  x  x  x  o
///           4     o  o  x  x  x
package struct HalfSquare: Equatable, Sendable {
    /// The blocks: adjacent, in ascending order, none of them empty.
    package let blocks: [Range<Int>]

    /// The division into some blocks, of which empty ones do not count.
    package init(blocks: [Range<Int>]) {
        self.blocks = blocks.filter { !$0.isEmpty }
    }

    /// The division into the given blocks; nil if they are not those of so many examples.
    package init?(checking blocks: [Range<Int>], examples: Int) {
        var end = 0
        for block in blocks {
            guard block.lowerBound == end, !block.isEmpty else { return nil }
            end = block.upperBound
        }
        guard end == examples else { return nil }
        self.blocks = blocks
    }

    /// The parts of some columns, each with columns of one block, and as large as tiles may be.
    package func parts(ofColumns columns: [Range<Int>], in tiling: Tiling) -> [KernelPart] {
        blocks.enumerated().flatMap { number, block in
            let (rows, others) = rows(ofBlock: number)
            let most = max(1, min(tiling.columns, tiling.products / rows.totalCount))
            return columns.map { $0.clamped(to: block) }.flatMap { $0.pieces(ofAtMost: most) }.map {
                KernelPart(rows: rows, columns: $0, mirrored: others)
            }
        }
    }

    /// The rows with which the columns of a block are compared, and the same without those of the block.
    private func rows(ofBlock number: Int) -> (all: [Range<Int>], others: [Range<Int>]) {
        // Of an even number of blocks, one half has one that follows more.
        let following = (blocks.count - 1) / 2 + (blocks.count.isMultiple(of: 2) && number < blocks.count / 2 ? 1 : 0)
        func range(_ numbers: Range<Int>) -> [Range<Int>] {
            numbers.isEmpty ? [] : [blocks[numbers.lowerBound].lowerBound..<blocks[numbers.upperBound - 1].upperBound]
        }
        let end = number + 1 + following
        let fromStart = range(0..<max(0, end - blocks.count))
        return (
            fromStart + range(number..<min(end, blocks.count)),
            fromStart + range(number + 1..<max(number + 1, min(end, blocks.count)))
        )
    }

    /// The columns that rows have been compared with once the columns `done` have been compared with their rows, by
    /// rows for which they are the same.
    package func seen(after done: [Range<Int>]) -> [(rows: Range<Int>, columns: [Range<Int>])] {
        let rowsOfBlock = blocks.indices.map { rows(ofBlock: $0) }
        return blocks.enumerated().flatMap { number, block in
            let asRows = blocks.indices.filter { other in
                rowsOfBlock[other].all.contains { $0.overlaps(block) }
            }.flatMap { other in done.map { $0.clamped(to: blocks[other]) } }
            let finished = done.map { $0.clamped(to: block) }.filter { !$0.isEmpty }
            let unfinished = [block].without(finished)
            func pieces(_ rows: [Range<Int>], _ mirrored: [Range<Int>]) -> [(rows: Range<Int>, columns: [Range<Int>])] {
                let columns = (asRows + mirrored).filter { !$0.isEmpty }.sorted { $0.lowerBound < $1.lowerBound }.merged
                return rows.map { ($0, columns) }
            }
            return pieces(finished, rowsOfBlock[number].others) + pieces(unfinished, [])
        }.sorted { $0.rows.lowerBound < $1.rows.lowerBound }
    }
}
