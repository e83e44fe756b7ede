import ArrayFiles
import MessagePassing
import ParallelRanges
import UserMessages

/// The checkpoint of a search: the exact neighbors of some rows, and partial results of rows that were compared with
/// some of the columns. It does not depend on the grid, so that any grid can resume from it.
struct NeighborCheckpoint {
    /// Rows that were compared with only some of the columns.
    struct Begun {
        let rows: Range<Int>
        /// The columns compared so far, ascending and disjoint: with all of the rows or, in a half square, with those
        /// of their parts.
        let columns: [Range<Int>]
        /// How all pairs of examples among themselves are divided, if the rows are all of them and mirror images count.
        let halfSquare: HalfSquare?
        /// The partial result of each row, among these columns.
        let known: [PartialRow]
    }

    /// The head of a segment. The body has the indices of all rows, followed by their products; for partial rows, the
    /// partial result of each.
    private struct Entry: Codable {
        let rows: [Range<Int>]
        /// For partial rows, the columns compared so far.
        let columns: [Range<Int>]?
        /// For the partial rows of a half square, its blocks.
        var blocks: [Range<Int>]?
    }

    /// This rank's share of the rows whose neighbors were known at the start.
    private(set) var restored: [ExactNeighbors.OfExamples] = []
    /// The rows that remain to be done.
    private(set) var remaining: [Range<Int>]
    /// The partial results of unfinished rows, by rows that have seen the same columns.
    private(set) var begun: [Begun] = []

    private let checkpoint: Checkpoint
    private let stage: CheckpointStage
    private let job: [JobProperty: String]
    private let rows, columns, k: Int
    private let world: Communicator
    private var unsaved: [ExactNeighbors.OfExamples] = []

    /// Reads the checkpoint of a stage. Collective over `world`: every rank calls it.
    ///
    /// - Parameter job: The properties that must be equal to resume.
    /// - Throws: `AgreedFailure` on every rank: 64 if the checkpoint is of another search, 65 if its contents are
    ///   wrong; `MPIError`.
    init(
        _ checkpoint: Checkpoint, stage: CheckpointStage, job: [JobProperty: String], rows: Int, columns: Int, k: Int,
        world: Communicator
    ) throws {
        self.checkpoint = checkpoint
        self.stage = stage
        self.job = job
        self.rows = rows
        self.columns = columns
        self.k = k
        self.world = world
        remaining = [0..<rows]
        for (entry, file) in try checkpoint.finished(stage, of: job) as [(entry: Entry, file: ChecksummedFile?)] {
            try take(entry, file)
        }
    }

    private mutating func take(_ entry: Entry, _ file: ChecksummedFile?) throws {
        try world.agree {
            guard (entry.rows + [0..<0]).allSatisfy({ 0 <= $0.lowerBound && $0.upperBound <= rows }),
                (entry.columns ?? []).allSatisfy({ 0 <= $0.lowerBound && $0.upperBound <= columns })
            else {
                throw UserError.badData("a checkpoint of this job contains rows or columns out of range")
            }
        }
        let count = entry.rows.totalCount
        // The numbers of some rows, the first of which is the `first`-th row of the segment.
        func packed(_ rows: Range<Int>, at first: Int) throws -> [Int64] {
            let numbers = first * k..<(first + rows.count) * k
            return try file.map { try $0.numbers(numbers) + $0.numbers(numbers.shifted(by: count * k)) } ?? []
        }
        if let seen = entry.columns {
            guard let rows = entry.rows.first else { return }
            let numbers = try world.broadcast(world.agree { try file?.numbers() ?? [] }, root: 0)
            begun = [try world.agree { try self.begun(rows, seen, blocks: entry.blocks, numbers) }]
            return
        }
        var first = 0
        for rows in entry.rows {
            let shares = (0..<world.size).map { Partition(rows.count, world.size).range(of: $0) }
            let parts = try world.agree {
                try file == nil ? [] : shares.map { try packed($0, at: first + $0.lowerBound) }
            }
            let numbers = try world.scatter(parts, root: 0)
            restored.append((shares[world.rank].shifted(by: rows.lowerBound), ExactNeighbors(k: k, packed: numbers)))
            remaining = remaining.without([rows])
            first += rows.count
        }
    }

    /// Ranks with the same runs and different training examples have blocks of the same rows.
    private func begun(
        _ rows: Range<Int>, _ seen: [Range<Int>], blocks: [Range<Int>]?, _ numbers: [Int64]
    ) throws -> Begun {
        let halfSquare = blocks.flatMap { HalfSquare(checking: $0, examples: columns) }
        guard blocks == nil || halfSquare != nil && rows == 0..<columns && self.rows == columns else {
            throw UserError.badData("a checkpoint of this job contains blocks of other examples")
        }
        var known = [PartialRow](repeating: PartialRow(), count: rows.count)
        let wrong = UserError.badData("a checkpoint of this job contradicts its own list of rows")
        var place = 0
        while place + 2 <= numbers.count {
            guard rows.lowerBound...rows.upperBound ~= Int(numbers[place]), 0...rows.count ~= Int(numbers[place + 1])
            else { throw wrong }
            let first = Int(numbers[place]) - rows.lowerBound
            let block = first..<first + Int(numbers[place + 1])
            place += 2
            for row in block {
                guard known.indices.contains(row), let more = PartialRow(numbers, at: &place, columns: columns)
                else { throw wrong }
                known[row].append(more)
            }
        }
        return Begun(rows: rows, columns: seen, halfSquare: halfSquare, known: known)
    }

    /// Whether the remaining work can be that of a half square: all of it, or what is left of one.
    var allowsHalfSquare: Bool { remaining == [0..<rows] && begun.allSatisfy { $0.halfSquare != nil } }

    /// Whether the checkpoint knows something of rows after some others.
    func hasBegun(after rows: Range<Int>) -> Bool { begun.contains { $0.rows.upperBound > rows.upperBound } }

    /// Continues a half square as rows that are compared with all columns that they have not seen.
    mutating func divideHalfSquare() {
        begun = begun.flatMap { begun in
            guard let halfSquare = begun.halfSquare else { return [begun] }
            return halfSquare.seen(after: begun.columns).map { rows, columns in
                Begun(rows: rows, columns: columns, halfSquare: nil, known: Array(begun.known[rows]))
            }
        }
    }

    /// The remaining rows, in tiles; each tile either is a part of partial rows that have seen the same columns, or has
    /// no partial rows.
    func tiles(ofAtMost count: Int) -> [Range<Int>] {
        let ends = Set(begun.flatMap { [$0.rows.lowerBound, $0.rows.upperBound] }).sorted()
        return remaining.flatMap { rows in
            let cuts =
                [rows.lowerBound] + ends.filter { rows.lowerBound < $0 && $0 < rows.upperBound } + [rows.upperBound]
            return zip(cuts, cuts.dropFirst()).map { $0..<$1 }
        }.flatMap { $0.pieces(ofAtMost: count) }
    }

    /// Records this rank's part of a finished tile.
    mutating func add(_ part: ExactNeighbors.OfExamples) { unsaved.append(part) }

    /// Saves the finished work if it is time, and ends the job if it was asked to stop. Collective: every rank calls
    /// it.
    ///
    /// - Parameters:
    ///   - check: Throws if the results must not be saved.
    ///   - begun: This rank's part of a tile that all ranks have compared with some of the columns.
    /// - Throws: `AgreedFailure` on every rank: 73 if the checkpoint cannot be written, 75 if the job is asked to stop;
    ///   errors of `check`; `MPIError`.
    mutating func pause(rowsDone: Int, _ check: () throws -> Void, begun: () throws -> Begun?) throws {
        let bytes = unsaved.reduce(0) { $0 + $1.rows.count * k * 2 * MemoryLayout<Int64>.stride }
        let turn = try checkpoint.turn(unsavedBytes: bytes)
        guard turn != .goOn else { return }
        try check()
        try save(unsaved)
        unsaved = []
        var begunColumns: [Range<Int>] = []
        if let begun = try begun() {
            begunColumns = begun.columns
            try save(begun)
        }
        if case .stop(let signal) = turn {
            let seen = begunColumns.totalCount
            let further = seen > 0 ? ", \(100 * seen / columns) % of the next tile" : ""
            try checkpoint.stop(by: signal, kept: "\(rowsDone) of \(rows) rows are done\(further), and")
        }
    }

    /// Saves the finished work between two tiles.
    mutating func pause(rowsDone: Int, _ check: () throws -> Void) throws {
        try pause(rowsDone: rowsDone, check) { nil }
    }

    /// The body has a block for each rank: its first row, the number of rows, and the partial result of each.
    private func save(_ begun: Begun) throws {
        var block = [Int64(begun.rows.lowerBound), Int64(begun.rows.count)]
        for row in begun.known { row.pack(into: &block) }
        let tile = try world.allreduce(begun.rows.isEmpty ? rows : begun.rows.lowerBound, .min)
        let end = try world.allreduce(begun.rows.isEmpty ? 0 : begun.rows.upperBound, .max)
        let blocks = try world.gather(block, root: 0) ?? []
        try checkpoint.save(
            stage, of: job,
            Entry(rows: [tile..<end], columns: begun.columns, blocks: begun.halfSquare?.blocks),
            body: Array(blocks.joined()), isSnapshot: true)
    }

    private func save(_ parts: [ExactNeighbors.OfExamples]) throws {
        let ends = try world.gather(parts.flatMap { [$0.rows.lowerBound, $0.rows.upperBound] }, root: 0)
        let indices = try world.gather(parts.flatMap(\.nearest.indices), root: 0)
        let products = try world.gather(parts.flatMap(\.nearest.products), root: 0)
        let rows = (ends ?? []).joined().pairs.map { $0..<$1 }
        guard try world.broadcast(rows.isEmpty ? 0 : 1, root: 0) == 1 else { return }
        // The ranks' shares of a tile form one range when they are in order.
        let order = rows.indices.sorted { rows[$0].lowerBound < rows[$1].lowerBound }
        let firsts = rows.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.count * k) }
        func inOrder(_ numbers: [[Int64]]?) -> [Int64] {
            let all = Array((numbers ?? []).joined())
            return order.flatMap { all[firsts[$0]..<firsts[$0 + 1]] }
        }
        try checkpoint.save(
            stage, of: job, Entry(rows: order.map { rows[$0] }.merged, columns: nil),
            body: inOrder(indices) + inOrder(products))
    }
}

extension ExactNeighbors {
    /// Lists of `k` neighbors each, from their indices followed by their products.
    fileprivate init(k: Int, packed: [Int64]) {
        let half = packed.count / 2
        self.init(k: k, products: Array(packed[half...]), indices: Array(packed[..<half]))
    }
}

extension Sequence<Int> {
    /// The elements as consecutive, disjoint pairs.
    fileprivate var pairs: [(Int, Int)] {
        let all = Array(self)
        return stride(from: 0, to: all.count - 1, by: 2).map { (all[$0], all[$0 + 1]) }
    }
}
