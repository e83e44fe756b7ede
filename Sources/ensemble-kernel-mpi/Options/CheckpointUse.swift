import EnsembleKernel
import MessagePassing

/// The schedule of a job's checkpoints, and whether the job resumes.
struct CheckpointUse {
    /// The time from one segment to the next.
    var interval = Duration.seconds(300)
    /// Whether to resume from an existing checkpoint.
    var resumes = false

    /// Makes signals requests to stop from now on, including on ranks left idle. Call it first of all: an earlier
    /// signal ends the job without a message.
    func listen() { StopRequest.listen() }

    /// Opens the checkpoint in `folder`. Collective over `world`: every rank calls it.
    ///
    /// - Throws: `AgreedFailure` on every rank: 73 if it cannot be written, 64 if it has another format; `MPIError`.
    func open(_ folder: String, world: Communicator) throws -> Checkpoint {
        let checkpoint = try Checkpoint(
            .init(folder: folder, interval: interval, resumes: resumes), world: world)
        checkpoint.remarks.forEach(warn)
        return checkpoint
    }

    /// Warns the user of a finding.
    func warn(_ remark: Checkpoint.Remark) { Diagnostics.warn(CommandLineMessages.words(for: remark)) }
}
