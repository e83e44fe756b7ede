import ArrayFiles
import MessagePassing

/// The checkpoint of a matrix: the tiles that are already in its file.
struct MatrixCheckpoint {
    /// The head of a segment: numbers of tiles, in a division into tiles of the given size.
    private struct Entry: Codable {
        let tile: Int
        let places: [Int]
    }

    /// The size of the saved tiles; nil if there are none.
    private(set) var tile: Int?
    private var places: Set<Int> = []
    /// Written tiles of this rank that are not yet in the checkpoint.
    private var unsaved: [Int] = []

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
        for (entry, _) in try checkpoint.finished(stage, of: known) as [(entry: Entry, file: ChecksummedFile?)] {
            // With tiles of another size there is no telling which are in the file.
            if tile != entry.tile { places = [] }
            tile = entry.tile
            places.formUnion(entry.places)
        }
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
    mutating func add(_ now: [Int], tile: Int, of count: Int, _ world: Communicator) throws {
        unsaved += now
        let turn = try checkpoint.turn(unsavedBytes: 0)
        guard turn != .goOn else { return }
        let known = try knownJob ?? job()
        knownJob = known
        let all = try world.allgather(unsaved).flatMap { $0 }
        try checkpoint.save(stage, of: known, Entry(tile: tile, places: all))
        self.tile = tile
        places.formUnion(all)
        unsaved = []
        if case .stop(let signal) = turn {
            try checkpoint.stop(by: signal, kept: "\(places.count) of \(count) tiles are done and")
        }
    }
}
