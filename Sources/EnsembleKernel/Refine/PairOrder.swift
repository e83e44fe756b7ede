import ParallelRanges

/// The order in which the products of pairs are computed: by panels of training examples, within a panel by blocks, and
/// within a block by test examples.
///
/// A block stays in the second-level cache. Most pairs are of examples for which the ensemble predicts the same class:
/// if the training examples of a class are adjacent, a test example has its pairs in few blocks, and is read from
/// memory only for these.
package struct PairOrder {
    /// The training examples whose limbs are held at the same time.
    package struct Panel {
        /// The training examples.
        package let columns: Range<Int>
        /// The row of the panel for each training example.
        package let places: [Int32]
        /// The range of their pairs, in this order.
        package fileprivate(set) var pairs = 0..<0
    }

    package let panels: [Panel]
    /// The test example of each pair.
    package let rows: [Int32]
    /// The row of the panel for the training example of each pair.
    package let places: [Int32]

    private let pairs: CandidatePairs
    private let firstColumn: Int
    /// The block of each training example, numbered through all panels.
    private let blocks: [Int32]
    /// The start of each block's pairs.
    private let starts: [Int]

    /// Orders pairs.
    ///
    /// - Parameters:
    ///   - columns: The training examples of the pairs.
    ///   - place: If one panel holds the training examples and others in their order, the row of the first of them; nil
    ///     if panels are to be filled.
    ///   - classes: The class of each training example.
    ///   - columnsOfPanel: The largest number of training examples of a panel.
    ///   - columnsOfBlock: The largest number of training examples of a block.
    package init(
        _ pairs: CandidatePairs, columns: Range<Int>, inPanelFrom place: Int? = nil, classes: [Int],
        columnsOfPanel: Int, columnsOfBlock: Int
    ) {
        let blocksOfPanel = (columnsOfPanel + columnsOfBlock - 1) / columnsOfBlock
        var panels = stride(from: columns.lowerBound, to: columns.upperBound, by: columnsOfPanel).map { first in
            let some = first..<min(first + columnsOfPanel, columns.upperBound)
            return Panel(columns: some, places: Self.places(byClass: classes[some.shifted(by: -columns.lowerBound)]))
        }
        let blocks = panels.enumerated().flatMap { number, panel in
            panel.places.map { Int32(number * blocksOfPanel) + $0 / Int32(columnsOfBlock) }
        }
        let placesOfColumns =
            place.map { first in columns.indices.map { Int32($0 - columns.lowerBound + first) } }
            ?? panels.flatMap(\.places)
        var counts = [Int](repeating: 0, count: panels.count * blocksOfPanel)
        for column in pairs.columns { counts[Int(blocks[Int(column) - columns.lowerBound])] += 1 }
        let starts = counts.reduce(into: [0]) { $0.append($0.last! + $1) }
        for number in panels.indices {
            panels[number].pairs = starts[number * blocksOfPanel]..<starts[(number + 1) * blocksOfPanel]
        }

        var next = starts
        var rows = [Int32](repeating: 0, count: pairs.count)
        var places = rows
        for row in 0..<pairs.rows {
            for pair in pairs[row] {
                let column = Int(pairs.columns[pair]) - columns.lowerBound
                let block = Int(blocks[column])
                rows[next[block]] = Int32(row)
                places[next[block]] = placesOfColumns[column]
                next[block] += 1
            }
        }
        (self.pairs, self.panels, self.blocks, self.starts) = (pairs, panels, blocks, starts)
        (self.rows, self.places, firstColumn) = (rows, places, columns.lowerBound)
    }

    /// The positions of training examples sorted by class, and by index within a class.
    private static func places(byClass classes: ArraySlice<Int>) -> [Int32] {
        let order = classes.indices.sorted { (classes[$0], $0) < (classes[$1], $1) }
        var places = [Int32](repeating: 0, count: order.count)
        for (place, example) in order.enumerated() { places[example - classes.startIndex] = Int32(place) }
        return places
    }

    /// Numbers in this order of the pairs, put back into their original order.
    package func restored(_ numbers: [Int64]) -> [Int64] {
        var next = starts
        return pairs.columns.map { column in
            let block = Int(blocks[Int(column) - firstColumn])
            defer { next[block] += 1 }
            return numbers[next[block]]
        }
    }
}
