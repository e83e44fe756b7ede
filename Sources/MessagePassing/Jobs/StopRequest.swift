import Platform
import Synchronization
import UserMessages

/// A request to stop this process soon and to keep the results so far: SIGTERM, sent by batch systems at the end of the
/// time limit, SIGUSR1, sent earlier by batch systems configured to do so, or SIGINT, sent by Ctrl-C.
///
/// Whoever sends SIGTERM or SIGINT again does not want to wait: the process ends.
public enum StopRequest {
    private static let signals = [SIGTERM, SIGUSR1, SIGINT]
    /// The last signal received; 0 for none.
    private static let received = Atomic<Int32>(0)
    /// The second, of the system's clock, in which SIGTERM or SIGINT was first received; 0 for none.
    private static let asked = Atomic<Int>(0)

    /// Starts to handle these signals: they no longer end the process, but set ``signal``.
    public static func listen() {
        // Initialized here, so that the signal handler finds them initialized.
        received.store(0, ordering: .relaxed)
        asked.store(0, ordering: .relaxed)
        for number in signals {
            // Interrupted system calls are restarted: a write cut short would look like a full disk.
            var action = sigaction()
            action.__sigaction_handler.sa_handler = { StopRequest.receive($0) }
            action.sa_flags = Int32(SA_RESTART)
            sigaction(number, &action, nil)
        }
        // A process inherits what its parent has blocked, for whatever reason.
        var own = sigset_t()
        sigemptyset(&own)
        for number in signals { sigaddset(&own, number) }
        pthread_sigmask(SIG_UNBLOCK, &own, nil)
    }

    /// The signal handler, which may do next to nothing.
    private static func receive(_ signal: Int32) {
        received.store(signal, ordering: .relaxed)
        guard signal != SIGUSR1 else { return }
        // A launcher passes on what its ranks have received already: that is the same request.
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        let first = asked.compareExchange(expected: 0, desired: now.tv_sec, ordering: .relaxed).original
        if first != 0, now.tv_sec > first + 1 { _exit(128 + signal) }
    }

    /// Restores the default handling: these signals end the process again.
    public static func endListening() {
        for number in signals { _ = Platform.signal(number, SIG_DFL) }
    }

    /// Ignores these signals from now on. Call it once it is settled how the process ends: `srun` terminates the
    /// remaining ranks when the first one has ended, and would take their death for the end of the job. So that all
    /// ranks call it in time, `Session.finalize()` lets none return before all have entered it.
    public static func ignore() {
        for number in signals { _ = Platform.signal(number, SIG_IGN) }
    }

    /// The signal that asked this process to stop; nil if there was none.
    public static var signal: Int32? {
        let number = received.load(ordering: .relaxed)
        return number == 0 ? nil : number
    }

    /// Throws if this process was asked to stop.
    ///
    /// - Throws: `Stopped`, with exit code 75.
    package static func check() throws {
        if let signal { throw Stopped(signal: signal) }
    }
}

/// The end of a job that was asked to stop: not a failure, but not the result either.
public struct Stopped: ExitCoded, Equatable, Sendable {
    /// The signal that requested the stop.
    public let signal: Int32
    /// The work that was done and saved, in a few words.
    public var kept = "nothing new was done"

    package init(signal: Int32) { self.signal = signal }

    package init(signal: Int32, kept: String) {
        self.signal = signal
        self.kept = kept
    }

    /// One line: the signal and the saved work.
    public var description: String {
        let name = [SIGTERM: "SIGTERM", SIGUSR1: "SIGUSR1", SIGINT: "SIGINT"][signal] ?? "signal \(signal)"
        return "stopped by \(name); \(kept)"
    }

    /// The exit code 75.
    public var exitCode: ExitCode { .stopped }
}
