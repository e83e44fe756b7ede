import ArrayFiles
import EnsembleKernel
import Ensembles
import MessagePassing

/// The checkpoint of a sweep: the kernels whose votes are counted.
struct SweepCheckpoint {
    private let checkpoint: Checkpoint
    private let stage = "kernels"
    private let job: [JobProperty: String]
    private var kernels: [Sweep.Kernel] = []
    private var unsaved: [Sweep.Kernel] = []

    /// Takes up what the checkpoint has. Collective: every rank calls it.
    ///
    /// - Parameter job: what must be the same to go on.
    init(_ checkpoint: Checkpoint, job: [JobProperty: String]) throws {
        self.checkpoint = checkpoint
        self.job = job
        let segments: [(entry: [Sweep.Kernel], file: ChecksummedFile?)] = try checkpoint.finished(stage, of: job)
        kernels = segments.flatMap(\.entry)
    }

    /// The kernel of some runs, where its votes are counted.
    func kernel(_ window: Sweep.Window, _ transform: Transform, _ oneClass: Int?) -> Sweep.Kernel? {
        kernels.first { $0.window == window && $0.transform == transform && $0.one_class == oneClass }
    }

    /// Notes a kernel, saves where it is time to, and ends the job where it was asked to stop. Collective: every rank
    /// calls it.
    mutating func add(_ kernel: Sweep.Kernel) throws {
        unsaved.append(kernel)
        let turn = try checkpoint.turn(unsavedBytes: 0)
        guard turn != .goOn else { return }
        try save()
        if case .stop(let signal) = turn { try checkpoint.stop(by: signal, kept: "\(kernels.count) kernels are") }
    }

    /// Saves what was noted since this was last called. Collective: every rank calls it.
    mutating func save() throws {
        guard !unsaved.isEmpty else { return }
        try checkpoint.save(stage, of: job, unsaved)
        kernels += unsaved
        unsaved = []
    }
}
