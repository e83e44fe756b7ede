import EnsembleKernel
import MessagePassing

/// When a job saves its work, and whether it goes on from what is there.
struct CheckpointUse {
    /// From one segment to the next.
    var interval = Duration.seconds(300)
    /// Whether to go on from what is there.
    var resumes = false

    /// From now on signals are requests to stop, on ranks that are left idle, too. To be called first of all: a signal
    /// before that ends the job without a word.
    func listen() { StopRequest.listen() }

    /// Opens the checkpoint in `folder`. Collective over `world`: every rank calls it.
    ///
    /// - Throws: `AgreedFailure` (73) where it cannot be written, (64) where it is of another version.
    func open(_ folder: String, world: Communicator) throws -> Checkpoint {
        let checkpoint = try Checkpoint(
            .init(folder: folder, interval: interval, resumes: resumes), world: world)
        for remark in checkpoint.remarks { Diagnostics.warn(CommandLineMessages.words(for: remark)) }
        return checkpoint
    }
}
