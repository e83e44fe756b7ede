import ArrayFiles
import MessagePassing

/// The checkpoint of a matrix: the tiles that are in its file already.
struct MatrixCheckpoint {
    /// The head of a segment: tiles by their number, of a cut into tiles of this size.
    private struct Entry: Codable {
        let tile: Int
        let places: [Int]
    }

    /// The size of the tiles that were written; nil where there are none.
    private(set) var tile: Int?
    private var places: Set<Int> = []
    /// Those of this rank that the checkpoint does not have.
    private var unsaved: [Int] = []

    private let checkpoint: Checkpoint
    private let stage = "tiles"
    /// Computed when it is needed: it takes a pass over the logits.
    private let job: () throws -> [JobProperty: String]
    private var knownJob: [JobProperty: String]?

    /// Takes up what the checkpoint has. Collective: every rank calls it.
    ///
    /// - Parameter job: what must be the same to go on; collective, too.
    init(_ checkpoint: Checkpoint, job: @escaping () throws -> [JobProperty: String]) throws {
        self.checkpoint = checkpoint
        self.job = job
        guard checkpoint.holdsAnything else { return }
        let known = try job()
        knownJob = known
        for (entry, _) in try checkpoint.finished(stage, of: known) as [(entry: Entry, file: ChecksummedFile?)] {
            // Of tiles of another size there is no telling which are there.
            if tile != entry.tile { places = [] }
            tile = entry.tile
            places.formUnion(entry.places)
        }
    }

    /// The tiles that are not written, in ascending order.
    func missing(of count: Int) -> [Int] { (0..<count).filter { !places.contains($0) } }

    /// Whether this rank had better see what is to be done now.
    var isTime: Bool { checkpoint.isTime }

    /// Notes the tiles that this rank has put on the disk, saves where it is time to, and ends the job where it was
    /// asked to stop. Collective: every rank calls it.
    ///
    /// - Parameter count: of all tiles, of the size `tile`.
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
