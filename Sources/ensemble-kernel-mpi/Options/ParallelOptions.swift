import ArgumentParser
import MessagePassing
import ParallelRanges
import Platform

/// Options for the use of the machine.
struct ParallelOptions: ParsableArguments {
    @Option(
        name: [.customShort("j", allowingJoined: true), .long],
        help: ArgumentHelp(
            "Threads of each rank. (default: the cores of the host divided by its ranks)", valueName: "n"))
    var threads: Int?

    @Flag(help: "Show progress even if stderr is not a terminal, in lines instead of a bar.")
    var progress = false

    @Option(help: "Messages on stderr: warnings and errors as text, or one JSON line per event of a rank.")
    var log = LogFormat.text

    @Option(
        help: ArgumentHelp(
            """
            Abort (exit code 71) if a rank is unresponsive or all ranks are deadlocked for this long; four times as \
            long while a rank waits for a file. "off" disables it.
            """, valueName: "time"))
    var watchdog = WatchdogLimit(duration: .seconds(300), description: "5min")

    @Flag(help: "Report wait time separately (adds a barrier before each collective).")
    var separateWaiting = false

    func validate() throws {
        if let threads, !(1...65_536 ~= threads) {
            throw ValidationError("--threads \(threads): must be between 1 and 65,536")
        }
    }

    /// Number of threads of each rank. Collective over `world`: every rank calls it.
    ///
    /// A rank that its launcher bound to some of the cores fills those; ranks that may use all cores share them.
    func threadsPerRank(world: Communicator) throws -> Int {
        let ranksOnHost = try world.splitByHost().size
        if let threads { return threads }
        let usable = ProcessInfo.processInfo.activeProcessorCount
        let isBound = usable < ProcessInfo.processInfo.processorCount
        return isBound ? usable : max(1, usable / ranksOnHost)
    }

    /// The same number, or fewer if the system gives this rank no more, which is warned of. Collective over `world`.
    func workersPerRank(world: Communicator) throws -> Int {
        let wanted = try threadsPerRank(world: world)
        let given = WorkerThreads.ofProcess.prepare(for: wanted)
        if given < wanted {
            Diagnostics.warn(
                "rank \(world.rank) has \(given) of \(wanted) threads: the system gives no more (ulimit -u, ulimit -v)")
        }
        return given
    }

    /// The ranks with a core of their own, on every host as many as it has cores; nil on the others, which should leave
    /// the work to these. Collective over `world`: every rank calls it.
    func ranksWithCores(world: Communicator) throws -> Communicator? {
        let hasCore = try world.splitByHost().rank < ProcessInfo.processInfo.processorCount
        return try world.split(color: hasCore ? 0 : nil, key: world.rank)
    }

    /// The log of this rank.
    func eventLog(world: Communicator) -> EventLog { EventLog(isOn: log == .json, rank: world.rank) }

    /// A progress bar for each stage of a command, with titles padded to one width.
    func progressBars<Stage: RawRepresentable<String> & Hashable>(
        _ stages: [Stage], world: Communicator
    ) -> [Stage: ProgressBar] {
        let width = stages.map(\.rawValue.count).max() ?? 0
        return stages.reduce(into: [:]) { bars, stage in
            let title = stage.rawValue + String(repeating: " ", count: width - stage.rawValue.count)
            bars[stage] = progressBar(title, world: world)
        }
    }

    /// A progress bar for this rank: shown by rank 0, on a terminal or on request.
    func progressBar(_ title: String, world: Communicator) -> ProgressBar {
        guard world.rank == 0 else { return ProgressBar(title, at: .nowhere) }
        return ProgressBar(title, at: isatty(STDERR_FILENO) == 1 ? .terminal : progress ? .log : .nowhere)
    }
}

/// The longest time without progress.
struct WatchdogLimit: ExpressibleByArgument, CustomStringConvertible {
    /// The limit; nil for none.
    let duration: Duration?
    let description: String

    init(duration: Duration?, description: String) {
        self.duration = duration
        self.description = description
    }

    init?(argument: String) {
        let span = TimeSpan(argument: argument)
        guard argument == "off" || span != nil else { return nil }
        self.init(duration: span?.duration, description: argument)
    }
}
