import ArrayFiles
import Ensembles
import MessagePassing
import ParallelRanges

/// The checkpoint of a matrix: the tiles that are already in its file, and the checksums that vouch for them.
struct MatrixCheckpoint {
    /// The head of a segment: numbers of tiles, in a division into tiles of the given size.
    private struct Entry: Codable {
        let tile: Int
        let places: [Int]
        /// The checksum of what was written for each; nil in segments of before there were checksums.
        let checksums: [UInt32]?
    }

    /// A tile that is in the file.
    struct WrittenTile {
        /// Its number.
        let place: Int
        /// The checksum of what was written for it.
        let checksum: UInt32
    }

    /// The size of the saved tiles; nil if there are none.
    private(set) var tile: Int?
    /// The checksums of the saved tiles by their numbers, before they are verified.
    private var checksums: [Int: UInt32] = [:]
    /// The numbers of tiles that were saved without a checksum.
    private var unchecked: Set<Int> = []
    /// The numbers of the tiles that are in the file, undamaged.
    private var places: Set<Int> = []
    /// Written tiles of this rank that are not yet in the checkpoint.
    private var unsaved: [WrittenTile] = []

    private let checkpoint: Checkpoint
    private let stage = CheckpointStage.matrix
    /// Computed on demand, since it takes a pass over the logits.
    private let job: () throws -> [JobProperty: String]
    private var knownJob: [JobProperty: String]?

    /// Reads the checkpoint. Collective: every rank calls it.
    ///
    /// - Parameter job: Computes the properties that must be equal to resume; collective as well.
    /// - Throws: `AgreedFailure` (64) on every rank if the checkpoint is of another matrix; errors of `job`;
    ///   `MPIError`.
    init(_ checkpoint: Checkpoint, job: @escaping () throws -> [JobProperty: String]) throws {
        self.checkpoint = checkpoint
        self.job = job
        guard checkpoint.holdsAnything else { return }
        let known = try job()
        knownJob = known
        for (entry, _) in try checkpoint.finished(stage, of: known) as [(entry: Entry, file: ChecksummedFile?)]
        where entry.tile > 0 {
            // With tiles of another size there is no telling which are in the file.
            if tile != entry.tile { (checksums, unchecked) = ([:], []) }
            tile = entry.tile
            if let those = entry.checksums {
                checksums.merge(zip(entry.places, those)) { $1 }
            } else {
                unchecked.formUnion(entry.places)
            }
        }
    }

    /// Reads the saved tiles back, a share of them on each rank: those that are in the file as they were written count
    /// as done, and no others. Collective: every rank calls it.
    ///
    /// - Parameters:
    ///   - count: Number of all tiles, of size `tile`.
    ///   - checksum: Computes the checksum of a tile as it is in the file.
    /// - Returns: What the user may want to know, the same on every rank.
    /// - Throws: `AgreedFailure` (74) on every rank if the file cannot be read; `MPIError`.
    mutating func verify(
        _ count: Int, in file: SharedArrayFile, _ world: Communicator,
        checksum: (_ place: Int, _ file: NPYWriter) throws -> UInt32
    ) throws -> [Checkpoint.Remark] {
        let saved = checksums.keys.filter { 0..<count ~= $0 }.sorted()
        let own = saved[Partition(saved.count, world.size).range(of: world.rank)]
        let whole = try file.read { file in try own.filter { try checksum($0, file) == checksums[$0] } }
        places = Set(try world.allgather(whole).joined())
        var remarks: [Checkpoint.Remark] = []
        if places.count < saved.count {
            remarks.append(.damagedTiles(saved.count - places.count, of: saved.count, path: file.path))
        }
        let others = unchecked.subtracting(saved)
        if !others.isEmpty { remarks.append(.uncheckedTiles(others.count, path: file.path)) }
        return remarks
    }

    /// The tiles that are not yet written, in ascending order.
    func missing(of count: Int) -> [Int] { (0..<count).filter { !places.contains($0) } }

    /// Whether it is time for this rank to ask the others for the next action.
    var isTime: Bool { checkpoint.isTime }

    /// Records the tiles that this rank has put on the disk, saves if it is time, and ends the job if it was asked to
    /// stop. Collective: every rank calls it.
    ///
    /// - Parameter count: Number of all tiles, of size `tile`.
    /// - Throws: `AgreedFailure` on every rank: 73 if the checkpoint cannot be written, 75 if the job is asked to stop;
    ///   `MPIError`.
    mutating func add(_ now: [WrittenTile], tile: Int, of count: Int, _ world: Communicator) throws {
        unsaved += now
        let turn = try checkpoint.turn(unsavedBytes: 0)
        guard turn != .goOn else { return }
        let known = try knownJob ?? job()
        knownJob = known
        let all = try world.allgather(unsaved.map(\.place)).flatMap { $0 }
        let checksums = try world.allgather(unsaved.map { Int($0.checksum) }).flatMap { $0 }
        try checkpoint.save(
            stage, of: known, Entry(tile: tile, places: all, checksums: checksums.map { UInt32($0) }))
        self.tile = tile
        places.formUnion(all)
        unsaved = []
        if case .stop(let signal) = turn {
            try checkpoint.stop(by: signal, kept: "\(places.count) of \(count) tiles are done and")
        }
    }
}
