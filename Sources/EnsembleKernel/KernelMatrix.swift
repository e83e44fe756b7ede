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
    package private(set) var tile: Int
    private let memory: Int
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
        self.memory = memory
        tile = 1
        tile = try fittingTile(ranks: ranks)
    }

    /// Rows and columns of a tile: as many as the memory allows, and as leave several tiles for each rank.
    private func fittingTile(ranks: Int) throws -> Int {
        let tilesOfRank = 8
        let fair = (Double(rows.examples) * Double(columns.examples) / Double(tilesOfRank * ranks)).squareRoot()
        var tile = min(max(rows.examples, columns.examples), Self.usefulTile, max(256, Int(fair)))
        while tile > 1, bytes(ofTile: tile) > memory { tile = tile * 7 / 8 }
        try requireMemory(forTile: tile, "a single pair")
        return tile
    }

    private func bytes(ofTile tile: Int) -> Int {
        let number = MemoryLayout<Double>.stride
        // Sums and what is written of them; both panels; moments of rows and columns, and their sums in the making.
        let moments = 2 * tile * rows.classes * (3 * number + MomentSums.bytes)
        let panels = 2 * tile * runsOfBlock * rows.classes * number
        return tile * tile * (number + 2 * MemoryLayout<Float>.stride) + panels + moments
    }

    private func requireMemory(forTile tile: Int, _ what: String) throws {
        guard bytes(ofTile: tile) <= memory else {
            throw EnsembleError.usage(
                "--memory \(ByteCount(memory)): a rank needs at least \(ByteCount(bytes(ofTile: tile))) for \(what)")
        }
    }

    /// Computes the matrix and writes it, in float32, as an `.npy` file of shape (rows, columns). Collective over `world`:
    /// every rank calls it.
    ///
    /// - Parameters:
    ///   - checkpoint: where to keep which tiles are written, and to go on from; nil for nowhere.
    ///   - progress: told the fraction done of this rank's tiles, now and then.
    /// - Throws: `AgreedFailure` on every rank where a logit is not finite, the file cannot be written, the checkpoint is of
    ///   another kernel, or (75) where the job is asked to stop.
    public func write(
        to path: String, checkpoint: Checkpoint? = nil, world: Communicator, progress: (Double) -> Void
    ) throws {
        var written = try checkpoint.map { try WrittenTiles($0) { try job(world: world) } }
        var matrix = self
        if let tile = written?.tile {
            try requireMemory(forTile: tile, "the tiles of the checkpoint")
            matrix.tile = tile
        }
        try matrix.write(to: path, &written, world, progress)
    }

    /// Writes what is missing, tile by tile, and notes now and then what is there.
    private func write(
        to path: String, _ written: inout WrittenTiles?, _ world: Communicator, _ progress: (Double) -> Void
    ) throws {
        let all = tiles
        let missing = written?.missing(of: all.count) ?? Array(all.indices)
        var own = missing[Partition(missing.count, world.size).range(of: world.rank)]
        let count = own.count
        let file = try SharedArrayFile(
            path, .float32, shape: shape, goesOn: written?.tile != nil, world: world)
        do {
            while true {
                let now = try file.write { writer in
                    var now: [Int] = []
                    try forEach(own.lazy.map { all[$0] }) { tile, sums in
                        try write(sums, tile, to: writer)
                        now.append(own.removeFirst())
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

    /// What must be the same for one job to go on where another stopped. Collective over `world`.
    private func job(world: Communicator) throws -> [String: String] {
        func fingerprint(_ logits: Logits) throws -> String {
            try logits.fingerprint(transform: transform, threads: threads, world: world)
        }
        return [
            "--transform": transform.rawValue, "number of runs": "\(rows.runs)", "number of classes": "\(rows.classes)",
            "number of rows": "\(rows.examples)", "number of columns": "\(columns.examples)",
            "values of the logits of the rows": try fingerprint(rows),
            "values of the logits of the columns": try isSymmetric ? "those of the rows" : fingerprint(columns),
        ]
    }

    /// The tiles, row after row.
    private var tiles: [Tile] {
        func pieces(_ count: Int) -> [Range<Int>] { Tiling.pieces(of: 0..<count, count: (count + tile - 1) / tile) }
        return pieces(rows.examples).flatMap { rows in
            pieces(columns.examples).filter { !isSymmetric || $0.lowerBound >= rows.lowerBound }.map { (rows, $0) }
        }
    }

    /// Writes the values of a tile, and of its mirror image where there is one.
    private func write(_ sums: AlignedBuffer<Double>, _ tile: Tile, to writer: NPYWriter) throws {
        try write(sums, tile.rows, tile.columns, to: writer)
        if isSymmetric, tile.rows != tile.columns {
            try write(sums, tile.columns, tile.rows, isMirrored: true, to: writer)
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
                return true
            }
            return values
        }
        return try world.allgather(own).flatMap { $0 }
    }

    /// Calls `body` with each tile and its sums of products, shape (rows, columns), row-major, as long as it wants more.
    private func forEach(
        _ tiles: some Sequence<Tile>, _ body: (Tile, AlignedBuffer<Double>) throws -> Bool
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
