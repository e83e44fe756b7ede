import ArrayFiles
import Ensembles
import MessagePassing
import ParallelRanges
import Platform
import UserMessages

/// The kernel of all pairs of examples, written to a file.
///
/// The matrix is divided into square tiles, and these among the ranks; of a symmetric matrix, only those on and above
/// the diagonal, the others being their mirror images. A rank computes a whole tile, including all runs and the
/// moments, and writes it to its position in the file, so that ranks need nothing from one another. All sums are exact:
/// the file has the same bytes for any number of ranks.
public struct KernelMatrix: Sendable {
    /// A block of rows and columns of the matrix.
    package typealias Tile = (rows: Range<Int>, columns: Range<Int>)

    /// Logits of the examples of the rows, and of the columns.
    private let rows, columns: Logits
    private let isSymmetric: Bool
    private let transform: Transform
    private let threads: Int
    /// The largest number of rows and columns of a tile.
    package private(set) var tile: Int
    private let memory: Int
    private let runsOfBlock: Int
    private let unit: FixedPoint

    /// Numbers of rows and columns of the matrix.
    public var shape: [Int] { [rows.examples, columns.examples] }

    /// The depth that makes the product fast, and the number of rows of a tile beyond which it gets no faster.
    private static let (usefulDepth, usefulTile) = (1024, 4096)

    /// Prepares the computation of a kernel matrix.
    ///
    /// - Parameters:
    ///   - class: The only class to use; nil for the mean over all classes.
    ///   - threads: Number of threads of this rank.
    ///   - memory: Bytes for tiles and panels, the same on every rank.
    ///   - ranks: Number of ranks among which the tiles are divided.
    /// - Throws: `UserError` (65) if the ensemble has no such examples or fewer than 2 runs, ``KernelError`` (64) if it
    ///   has no such class or the memory is too small for a tile.
    public init(
        of ensemble: Ensemble, pairs: ExamplePairs, class: Int?, transform: Transform, threads: Int, memory: Int,
        ranks: Int
    ) throws {
        let (rows, columns) = try ensemble.logits(of: pairs)
        try ensemble.requireSeveralRuns()
        if let `class`, !(0..<rows.classes).contains(`class`) {
            throw KernelError.classOutOfRange(`class`, classes: rows.classes)
        }
        self.rows = `class`.map { rows.selecting(class: $0) } ?? rows
        self.columns = `class`.map { columns.selecting(class: $0) } ?? columns
        self.transform = transform
        self.threads = threads
        isSymmetric = pairs.isSymmetric
        let classes = self.rows.classes
        unit = FixedPoint(exactInDouble: Kernel(runs: rows.runs, classes: classes))
        runsOfBlock = max(1, min(rows.runs, Self.usefulDepth / classes))
        self.memory = memory
        tile = 1
        tile = try fittingTile(ranks: ranks)
    }

    /// The number of rows and columns of a tile: as many as fit in the memory and leave several tiles for each rank.
    private func fittingTile(ranks: Int) throws -> Int {
        let tilesOfRank = 8
        let fair = (Double(rows.examples) * Double(columns.examples) / Double(tilesOfRank * ranks)).squareRoot()
        var tile = min(max(rows.examples, columns.examples), Self.usefulTile, max(256, Int(fair)))
        while tile > 1, bytes(ofTile: tile) > memory { tile = tile * 7 / 8 }
        try requireMemory(forTile: tile, .pair)
        return tile
    }

    private func bytes(ofTile tile: Int) -> Int {
        let number = MemoryLayout<Double>.stride
        // Sums and the values written from them; both panels; moments of rows and columns, and the sums for computing
        // them.
        let moments = 2 * tile * rows.classes * (3 * number + MomentSums.bytes)
        let panels = 2 * tile * runsOfBlock * rows.classes * number
        return tile * tile * (number + 2 * MemoryLayout<Float>.stride) + panels + moments
    }

    private func requireMemory(forTile tile: Int, _ purpose: KernelError.MemoryPurpose) throws {
        let needed = bytes(ofTile: tile)
        guard needed <= memory else {
            throw KernelError.memoryTooSmall(available: memory, needed: needed, purpose: purpose)
        }
    }

    /// Computes the matrix and writes it, in float32, to an `.npy` file of shape (rows, columns). Collective over
    /// `world`: every rank calls it.
    ///
    /// - Parameters:
    ///   - checkpoint: Where to record the written tiles, and to resume from; nil for no checkpoint. Tiles that are
    ///     damaged in the unfinished file are computed again, all of them if that file is missing or of another size.
    ///   - remark: Called on rank 0 only with what the user may want to know about that.
    ///   - progress: Called now and then with the fraction of this rank's tiles that is done.
    /// - Throws: `AgreedFailure` on every rank if a logit is not finite, the file cannot be written or read back, the
    ///   checkpoint is of another kernel, or (75) the job is asked to stop; ``KernelError`` (64) if the memory is too
    ///   small for the tiles of the checkpoint; `MPIError`.
    public func write(
        to path: String, checkpoint: Checkpoint? = nil, world: Communicator,
        remark: (Checkpoint.Remark) -> Void = { _ in }, progress: (Double) -> Void
    ) throws {
        var written = try checkpoint.map { try MatrixCheckpoint($0) { try job(world: world) } }
        var matrix = self
        if let tile = written?.tile {
            try world.agree { try requireMemory(forTile: tile, .checkpointTiles) }
            matrix.tile = tile
        }
        let (file, remarks) = try matrix.open(path, &written, world)
        if world.rank == 0 { remarks.forEach(remark) }
        try matrix.write(to: file, &written, world, progress)
    }

    /// Creates the file, or opens that of the checkpoint and verifies the tiles in it.
    ///
    /// - Returns: The file, and what the user may want to know.
    private func open(
        _ path: String, _ written: inout MatrixCheckpoint?, _ world: Communicator
    ) throws -> (SharedArrayFile, [Checkpoint.Remark]) {
        func file(resumes: Bool) throws -> SharedArrayFile {
            try SharedArrayFile(path, .float32, shape: shape, resumes: resumes, world: world)
        }
        guard written?.tile != nil else { return (try file(resumes: false), []) }
        let found: SharedArrayFile
        do {
            found = try file(resumes: true)
        } catch let failure as AgreedFailure where [.badData, .noInput].contains(failure.exitCode) {
            return (try file(resumes: false), [.damaged(failure.description)])
        }
        let all = tiles
        let remarks = try written?.verify(all.count, in: found, world) { place, file in
            try checksum(of: all[place]) { try file.crc32(of: $0.elements(ofRow: $1)) }
        }
        return (found, remarks ?? [])
    }

    /// Writes the missing tiles, and records them now and then.
    private func write(
        to file: SharedArrayFile, _ written: inout MatrixCheckpoint?, _ world: Communicator,
        _ progress: (Double) -> Void
    ) throws {
        let all = tiles
        let missing = written?.missing(of: all.count) ?? Array(all.indices)
        var own = missing[Partition(missing.count, world.size).range(of: world.rank)]
        let count = own.count
        do {
            while true {
                let now = try file.write { writer in
                    var now: [MatrixCheckpoint.WrittenTile] = []
                    try forEach(own.lazy.map { all[$0] }) { tile, sums in
                        let checksum = try write(sums, tile, to: writer)
                        now.append(.init(place: own.removeFirst(), checksum: checksum))
                        progress(Double(count - own.count) / Double(count))
                        return written?.isTime != true
                    }
                    try rows.requireUnchanged()
                    try columns.requireUnchanged()
                    return now
                }
                guard try world.allreduce(own.count, .max) > 0 else { break }
                try written?.add(now, tile: tile, of: all.count, world)
            }
            try file.commit()
        } catch {
            if written?.tile == nil { file.discard() }
            throw error
        }
    }

    /// The properties that must be equal to resume a job. Collective over `world`.
    private func job(world: Communicator) throws -> [JobProperty: String] {
        func fingerprint(_ logits: Logits) throws -> String {
            try logits.fingerprint(transform: transform, threads: threads, world: world)
        }
        return [
            .transform: transform.rawValue, .runs: "\(rows.runs)", .classes: "\(rows.classes)",
            .rows: "\(rows.examples)", .columns: "\(columns.examples)", .rowLogits: try fingerprint(rows),
            .columnLogits: try isSymmetric ? "those of the rows" : fingerprint(columns),
            .unit: "2^-\(unit.fractionBits)",
        ]
    }

    /// The tiles, row by row.
    private var tiles: [Tile] {
        (0..<rows.examples).pieces(ofAtMost: tile).flatMap { rows in
            (0..<columns.examples).pieces(ofAtMost: tile).filter { !isSymmetric || $0.lowerBound >= rows.lowerBound }
                .map { (rows, $0) }
        }
    }

    /// Rows and columns of the matrix that a tile fills: its own, or those of its mirror image.
    private struct Block {
        let rows, columns: Range<Int>
        let isMirrored: Bool
        /// Number of columns of the matrix.
        let stride: Int

        /// The elements of the matrix in a row of the block.
        func elements(ofRow row: Int) -> Range<Int> {
            columns.shifted(by: (rows.lowerBound + row) * stride)
        }
    }

    /// What a tile fills.
    private func blocks(of tile: Tile) -> [Block] {
        let stride = columns.examples
        let own = Block(rows: tile.rows, columns: tile.columns, isMirrored: false, stride: stride)
        guard isSymmetric, tile.rows != tile.columns else { return [own] }
        return [own, Block(rows: tile.columns, columns: tile.rows, isMirrored: true, stride: stride)]
    }

    /// The checksum of all that a tile fills: the CRC-32 of those of its rows, so that threads can share them.
    ///
    /// - Parameter ofRow: Returns the CRC-32 of a row of a block, counted from 0; called on several threads.
    private func checksum(
        of tile: Tile, _ ofRow: @Sendable (_ block: Block, _ row: Int) throws -> UInt32
    ) throws -> UInt32 {
        CRC32.of(
            try blocks(of: tile).flatMap { block in
                var checksums = [UInt32](repeating: 0, count: block.rows.count)
                try checksums.withUnsafeMutableBufferPointer { checksums in
                    nonisolated(unsafe) let checksums = checksums
                    try concurrently(over: block.rows.count, threads: threads) { own in
                        for row in own { checksums[row] = try ofRow(block, row) }
                    }
                }
                return checksums
            })
    }

    /// Writes the values of a tile, and of its mirror image if there is one; returns their checksum.
    private func write(
        _ sums: borrowing AlignedBuffer<Double>, _ tile: Tile, to writer: NPYWriter
    ) throws -> UInt32 {
        nonisolated(unsafe) let sums = sums.start
        return try checksum(of: tile) { block, row in
            let (ofRow, ofColumn) = block.isMirrored ? (1, block.rows.count) : (block.columns.count, 1)
            let values = (0..<block.columns.count).map { Float(unit.similarity(sums[row * ofRow + $0 * ofColumn])) }
            try writer.write(values.span, at: block.elements(ofRow: row).lowerBound)
            return CRC32.of(values)
        }
    }

    /// The values of some tiles, one tile after the other, row-major. Collective over `world`: every rank calls it, and
    /// computes its share of them.
    ///
    /// - Parameter tiles: Tiles of at most ``tile`` rows and columns.
    /// - Throws: `AgreedFailure` on every rank if a logit is not finite, or `MPIError`.
    package func values(of tiles: [Tile], world: Communicator) throws -> [Float] {
        let own = try world.agree {
            var values: [Float] = []
            try forEach(tiles[Partition(tiles.count, world.size).range(of: world.rank)]) { tile, sums in
                values += sums.elements[..<(tile.rows.count * tile.columns.count)].map { Float(unit.similarity($0)) }
                return true
            }
            return values
        }
        return try world.allgather(own).flatMap { $0 }
    }

    /// Calls `body` with each tile and its sums of products, shape (rows, columns), row-major, until it returns false.
    private func forEach(
        _ tiles: some Sequence<Tile>, _ body: (Tile, borrowing AlignedBuffer<Double>) throws -> Bool
    ) throws {
        let depth = runsOfBlock * rows.classes
        var ofRows = WholeNumberPanel(depth: depth, examples: tile)
        var ofColumns = WholeNumberPanel(depth: depth, examples: tile)
        let sums = AlignedBuffer<Double>(count: tile * tile)
        var momentsOfRows: Moments?
        for tile in tiles {
            if momentsOfRows?.examples != tile.rows { momentsOfRows = try moments(of: rows, tile.rows) }
            let isDiagonal = isSymmetric && tile.rows == tile.columns
            guard let momentsOfRows else { continue }
            let momentsOfColumns = isDiagonal ? momentsOfRows : try moments(of: columns, tile.columns)
            for first in stride(from: 0, to: rows.runs, by: runsOfBlock) {
                let runs = first..<min(first + runsOfBlock, rows.runs)
                try fill(&ofRows, rows, runs, tile.rows, momentsOfRows)
                if !isDiagonal { try fill(&ofColumns, columns, runs, tile.columns, momentsOfColumns) }
                if isDiagonal {
                    ofRows.multiply(ofRows, adding: first > 0, into: sums, threads: threads)
                } else {
                    ofRows.multiply(ofColumns, adding: first > 0, into: sums, threads: threads)
                }
            }
            guard try body(tile, sums) else { return }
        }
    }

    private func moments(of logits: Logits, _ examples: Range<Int>) throws -> Moments {
        try Moments(of: logits, examples: examples, transform: transform, threads: threads)
    }

    private func fill(
        _ panel: inout WholeNumberPanel, _ logits: Logits, _ runs: Range<Int>, _ examples: Range<Int>,
        _ moments: Moments
    ) throws {
        try panel.fill(
            from: logits, runs: runs, examples: examples, moments: moments, transform: transform, unit: unit,
            threads: threads)
    }
}
