import ArgumentParser
import EnsembleKernel
import MessagePassing

/// Options about going on with a job that was stopped.
struct CheckpointOptionGroup: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            How often to save what is done, beside the results, such as 30s, 5min or 1h. SIGTERM and SIGUSR1 have it saved, too, \
            and end the job with exit code 75.
            """, valueName: "time"))
    var checkpointEvery = TimeSpan(minutes: 5)

    @Flag(
        help: "Go on from what a job that was stopped has saved, on any number of ranks; begin where there is nothing.")
    var resume = false

    /// From now on signals are requests to stop, on ranks that are left idle, too. To be called first of all: a signal before
    /// that ends the job without a word.
    func listen() { StopRequest.listen() }

    /// Opens the checkpoint in `folder`. Collective over `world`: every rank calls it.
    ///
    /// - Throws: `AgreedFailure` (73) where it cannot be written.
    func open(_ folder: String, world: Communicator) throws -> Checkpoint {
        let checkpoint = try Checkpoint(
            .init(folder: folder, interval: checkpointEvery.duration, resumes: resume), world: world)
        for remark in checkpoint.remarks { Diagnostics.warn(remark) }
        return checkpoint
    }
}
