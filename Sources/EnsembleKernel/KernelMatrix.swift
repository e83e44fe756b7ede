import ArrayFiles
import Foundation
import MessagePassing

/// The kernel of all pairs, as a file.
///
/// The matrix is cut into square tiles, which the ranks share; of a symmetric one only those on and above the diagonal, the
/// others being their mirror images. A rank computes a tile whole, runs and moments included, and writes it to its place in
/// the file, so that ranks need nothing of one another. All sums are exact: the file is the same bytes on any number of
/// ranks.
public struct KernelMatrix: Sendable {
    /// Which examples are compared with which.
    public enum Pairs: String, CaseIterable, Sendable {
        /// Test examples (rows) with train examples (columns).
        case testTrain = "test-train"
        /// Train examples with one another.
        case trainTrain = "train-train"
        /// Test examples with one another.
        case testTest = "test-test"
    }

    /// Some rows by some columns.
    package typealias Tile = (rows: Range<Int>, columns: Range<Int>)

    /// Logits of the examples of the rows, and of the columns.
    private let rows, columns: Logits
    private let isSymmetric: Bool
    private let transform: Transform
    private let threads: Int
    /// Rows and columns of a tile, at most.
    package let tile: Int
    private let runsOfBlock: Int
    private let unit: FixedPoint

    /// Rows and columns of the matrix.
    public var shape: [Int] { [rows.examples, columns.examples] }

    /// Numbers of the depth that make the product fast, and rows of a tile beyond which it gets no faster.
    private static let (usefulDepth, usefulTile) = (1024, 4096)

    /// - Parameters:
    ///   - class: the one class whose kernel is wanted; nil for the mean over all.
    ///   - threads: of this rank.
    ///   - memory: bytes for tiles and panels, the same on every rank.
    ///   - ranks: that share the tiles.
    /// - Throws: ``EnsembleError`` where the ensemble has no such examples or class, fewer than 2 runs, or the memory does
    ///   not allow a tile.
    public init(
        of ensemble: Ensemble, pairs: Pairs, class: Int?, transform: Transform, threads: Int, memory: Int, ranks: Int
    ) throws {
        let (rows, columns) = try ensemble.logits(of: pairs)
        try ensemble.requireSeveralRuns()
        if let `class`, !(0..<rows.classes).contains(`class`) {
            throw EnsembleError.usage("--class \(`class`): the classes are 0..<\(rows.classes)")
        }
        self.rows = `class`.map { rows.selecting(class: $0) } ?? rows
        self.columns = `class`.map { columns.selecting(class: $0) } ?? columns
        self.transform = transform
        self.threads = threads
        isSymmetric = pairs != .testTrain
        let classes = self.rows.classes
        unit = FixedPoint(exactInDouble: rows.runs * classes)
        runsOfBlock = max(1, min(rows.runs, Self.usefulDepth / classes))
        tile = try Self.tile(
            shape: (rows.examples, columns.examples), classes: classes, depth: runsOfBlock * classes,
            memory: memory, ranks: ranks)
    }

    /// Rows and columns of a tile: as many as the memory allows, and as leave several tiles for each rank.
    private static func tile(
        shape: (rows: Int, columns: Int), classes: Int, depth: Int, memory: Int, ranks: Int
    ) throws -> Int {
        let number = MemoryLayout<Double>.stride
        func bytes(_ tile: Int) -> Int {
            // Sums and what is written of them; both panels; moments of rows and columns, and their sums in the making.
            let moments = 2 * tile * classes * (3 * number + MomentSums.bytes)
            return tile * tile * (number + 2 * MemoryLayout<Float>.stride) + 2 * tile * depth * number + moments
        }
        let tilesOfRank = 8
        let fair = (Double(shape.rows) * Double(shape.columns) / Double(tilesOfRank * ranks)).squareRoot()
        var tile = min(max(shape.rows, shape.columns), usefulTile, max(256, Int(fair)))
        while tile > 1, bytes(tile) > memory { tile = tile * 7 / 8 }
        guard bytes(tile) <= memory else {
            throw EnsembleError.usage(
                "--memory \(ByteCount(memory)): a rank needs at least \(ByteCount(bytes(tile))) for a single pair")
        }
        return tile
    }

    /// Computes the matrix and writes it, in float32, as an `.npy` file of shape (rows, columns). Collective over `world`:
    /// every rank calls it.
    ///
    /// - Parameter progress: told the fraction done of this rank's tiles, now and then.
    /// - Throws: `AgreedFailure` on every rank where a logit is not finite, or the file cannot be written.
    public func write(to path: String, world: Communicator, progress: (Double) -> Void) throws {
        let own = tiles[Partition(tiles.count, world.size).range(of: world.rank)]
        try world.writeTogether(path, .float32, shape: shape) { try write(own, to: $0, progress) }
    }

    /// The tiles, row after row.
    private var tiles: [Tile] {
        func pieces(_ count: Int) -> [Range<Int>] { Tiling.pieces(of: 0..<count, count: (count + tile - 1) / tile) }
        return pieces(rows.examples).flatMap { rows in
            pieces(columns.examples).filter { !isSymmetric || $0.lowerBound >= rows.lowerBound }.map { (rows, $0) }
        }
    }

    private func write(_ tiles: some Collection<Tile>, to writer: NPYWriter, _ progress: (Double) -> Void) throws {
        var done = 0
        try forEach(tiles) { tile, sums in
            try write(sums, tile.rows, tile.columns, to: writer)
            if isSymmetric, tile.rows != tile.columns {
                try write(sums, tile.columns, tile.rows, isMirrored: true, to: writer)
            }
            done += 1
            progress(Double(done) / Double(tiles.count))
        }
    }

    /// The values of some tiles, one tile after the other, row-major. Collective over `world`: every rank calls it, and
    /// computes its share of them.
    ///
    /// - Parameter tiles: no longer on either side than a tile may be.
    package func values(of tiles: [Tile], world: Communicator) throws -> [Float] {
        let own = try world.agree {
            var values: [Float] = []
            try forEach(tiles[Partition(tiles.count, world.size).range(of: world.rank)]) { tile, sums in
                values += sums.elements[..<(tile.rows.count * tile.columns.count)].map { Float(unit.similarity($0)) }
            }
            return values
        }
        return try world.allgather(own).flatMap { $0 }
    }

    /// Calls `body` with each tile and its sums of products, shape (rows, columns), row-major.
    private func forEach(
        _ tiles: some Collection<Tile>, _ body: (Tile, AlignedBuffer<Double>) throws -> Void
    ) throws {
        let depth = runsOfBlock * rows.classes
        var (ofRows, ofColumns) = (
            WholeNumberPanel(depth: depth, examples: tile), WholeNumberPanel(depth: depth, examples: tile)
        )
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
                ofRows.multiply(isDiagonal ? ofRows : ofColumns, adding: first > 0, into: sums, threads: threads)
            }
            try body(tile, sums)
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

    /// Writes sums of products, or their mirror image, to the place of these rows and columns.
    private func write(
        _ sums: AlignedBuffer<Double>, _ rows: Range<Int>, _ columns: Range<Int>, isMirrored: Bool = false,
        to writer: NPYWriter
    ) throws {
        let (ofRow, ofColumn) = isMirrored ? (1, rows.count) : (columns.count, 1)
        nonisolated(unsafe) let sums = sums.start
        try concurrently(over: rows.count, threads: threads) { own in
            var values = [Float](repeating: 0, count: columns.count)
            for row in own {
                for column in values.indices {
                    values[column] = Float(unit.similarity(sums[row * ofRow + column * ofColumn]))
                }
                try writer.write(
                    values.span, at: (rows.lowerBound + row) * self.columns.examples + columns.lowerBound)
            }
        }
    }
}

extension Ensemble {
    /// - Throws: ``EnsembleError`` where there is one run.
    func requireSeveralRuns() throws {
        guard let runs = (test ?? train)?.runs, runs > 1 else {
            throw EnsembleError.badData(
                "\(sources.joined(separator: ", ")): 1 run; the kernel compares runs and needs at least 2")
        }
    }

    /// The logits of the rows and of the columns of a kernel.
    ///
    /// - Throws: ``EnsembleError`` naming the tensor that is missing.
    package func logits(of pairs: KernelMatrix.Pairs) throws -> (rows: Logits, columns: Logits) {
        func required(_ logits: Logits?, _ name: String) throws -> Logits {
            guard let logits else {
                throw EnsembleError.badData(
                    "\(sources.joined(separator: ", ")): no tensor named \(name), which \(pairs.rawValue) pairs need")
            }
            return logits
        }
        return (
            try required(pairs == .trainTrain ? train : test, pairs == .trainTrain ? "logits_train" : "logits"),
            try required(pairs == .testTest ? test : train, pairs == .testTest ? "logits" : "logits_train")
        )
    }
}
