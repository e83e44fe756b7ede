import ArgumentParser

/// Options for resuming a stopped job.
struct CheckpointOptionGroup: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            How often to save what is done, beside the results, such as 30s, 5min or 1h. SIGTERM and SIGUSR1 have it \
            saved, too, and end the job with exit code 75.
            """, valueName: "time"))
    var checkpointEvery = TimeSpan(minutes: 5)

    @Flag(
        help: "Resume from the checkpoint of a stopped job, on any number of ranks; start where there is none.")
    var resume = false

    /// The requested use of checkpoints.
    var use: CheckpointUse { CheckpointUse(interval: checkpointEvery.duration, resumes: resume) }
}
