import ArrayFiles
import EnsembleKernel
import Ensembles
import MessagePassing

/// The checkpoint of a sweep: the kernels whose votes are counted.
struct SweepCheckpoint {
    private let checkpoint: Checkpoint
    private let stage = CheckpointStage.sweep
    private let job: [JobProperty: String]
    private var kernels: [Sweep.Kernel] = []
    private var unsaved: [Sweep.Kernel] = []

    /// Reads the checkpoint. Collective: every rank calls it.
    ///
    /// - Parameter job: The properties that must be equal to resume.
    /// - Throws: `AgreedFailure` (64) on every rank if the checkpoint is of another sweep, or `MPIError`.
    init(_ checkpoint: Checkpoint, job: [JobProperty: String]) throws {
        self.checkpoint = checkpoint
        self.job = job
        let segments: [(entry: [Sweep.Kernel], file: ChecksummedFile?)] = try checkpoint.finished(stage, of: job)
        kernels = segments.flatMap(\.entry)
    }

    /// The kernel of some runs, if all that is counted by it is there, with the votes by the locally scaled one if it
    /// has to be; otherwise nil.
    func kernel(_ window: Sweep.Window, _ transform: Transform, _ oneClass: Int?, isScaled: Bool) -> Sweep.Kernel? {
        kernels.first {
            $0.window == window && $0.transform == transform && $0.one_class == oneClass
                && $0.hubness != nil && ($0.local != nil || !isScaled) && (oneClass != nil || $0.less_average != nil)
        }
    }

    /// Records a kernel, saves if it is time, and ends the job if it was asked to stop. Collective: every rank calls
    /// it.
    ///
    /// - Throws: `AgreedFailure` on every rank: 73 if the checkpoint cannot be written, 75 if the job is asked to stop;
    ///   `MPIError`.
    mutating func add(_ kernel: Sweep.Kernel) throws {
        unsaved.append(kernel)
        let turn = try checkpoint.turn(unsavedBytes: 0)
        guard turn != .goOn else { return }
        try save()
        if case .stop(let signal) = turn { try checkpoint.stop(by: signal, kept: "\(kernels.count) kernels are") }
    }

    /// Saves the kernels recorded since the last save. Collective: every rank calls it.
    ///
    /// - Throws: `AgreedFailure` (73) on every rank if the checkpoint cannot be written, or `MPIError`.
    mutating func save() throws {
        guard !unsaved.isEmpty else { return }
        try checkpoint.save(stage, of: job, unsaved)
        kernels += unsaved
        unsaved = []
    }
}
