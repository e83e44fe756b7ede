import Foundation
import Synchronization
import UserMessages

/// A request to stop this process soon and to keep the results so far: SIGTERM, sent by batch systems at the end of the
/// time limit, or SIGUSR1, sent earlier by batch systems configured to do so.
public enum StopRequest {
    private static let signals = [SIGTERM, SIGUSR1]
    /// The last signal received; 0 for none.
    private static let received = Atomic<Int32>(0)

    /// Starts to handle these signals: they no longer end the process, but set ``signal``.
    public static func listen() {
        // Initialized here, so that the signal handler finds it initialized.
        received.store(0, ordering: .relaxed)
        for number in signals {
            // Interrupted system calls are restarted: a write cut short would look like a full disk.
            var action = sigaction()
            action.__sigaction_handler.sa_handler = { StopRequest.received.store($0, ordering: .relaxed) }
            action.sa_flags = Int32(SA_RESTART)
            sigaction(number, &action, nil)
        }
    }

    /// Restores the default handling: these signals end the process again.
    public static func endListening() {
        for number in signals { _ = Foundation.signal(number, SIG_DFL) }
    }

    /// Ignores these signals from now on. Call it once it is settled how the process ends: `srun` terminates the
    /// remaining ranks when the first one has ended, and would take their death for the end of the job. So that all
    /// ranks call it in time, `Session.finalize()` lets none return before all have entered it.
    public static func ignore() {
        for number in signals { _ = Foundation.signal(number, SIG_IGN) }
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
        let name = [SIGTERM: "SIGTERM", SIGUSR1: "SIGUSR1"][signal] ?? "signal \(signal)"
        return "stopped by \(name); \(kept)"
    }

    /// The exit code 75.
    public var exitCode: ExitCode { .stopped }
}
