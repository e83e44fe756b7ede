import ArgumentParser

/// Options for resuming a stopped job.
struct CheckpointOptionGroup: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            Time between checkpoints, such as 30s, 5min or 1h. SIGTERM, SIGUSR1 and Ctrl-C save one, too, and end \
            the job with exit code 75.
            """, valueName: "time"))
    var checkpointEvery = TimeSpan(minutes: 5)

    @Flag(
        help: "Resume from the checkpoint of a stopped job, if there is one; any number of ranks will do.")
    var resume = false

    /// The requested use of checkpoints.
    var use: CheckpointUse { CheckpointUse(interval: checkpointEvery.duration, resumes: resume) }
}
