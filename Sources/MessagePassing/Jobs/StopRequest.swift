import Foundation
import Synchronization
import UserMessages

/// The wish that this process may stop soon, and keep what it has: SIGTERM, which batch systems send when the time is
/// over, and SIGUSR1, which they send before that where they are asked to.
public enum StopRequest {
    private static let signals = [SIGTERM, SIGUSR1]
    /// The signal that came last; 0 for none.
    private static let received = Atomic<Int32>(0)

    /// From now on these signals no longer end the process: they are a request, which ``signal`` tells of.
    public static func listen() {
        // Touched here, so that the handler finds it made.
        received.store(0, ordering: .relaxed)
        for number in signals {
            // System calls go on: a write that was cut short would look like a full disk.
            var action = sigaction()
            action.__sigaction_handler.sa_handler = { StopRequest.received.store($0, ordering: .relaxed) }
            action.sa_flags = Int32(SA_RESTART)
            sigaction(number, &action, nil)
        }
    }

    /// From now on they end the process again, as they do of themselves.
    public static func endListening() {
        for number in signals { _ = Foundation.signal(number, SIG_DFL) }
    }

    /// From now on they change nothing any more. To be called once it is settled how the process ends: `srun`
    /// terminates the ranks that have not ended when the first one has, and would take their death for the end of the
    /// job. So that all ranks do so in time, `Session.finalize()` lets none through before all have come.
    public static func ignore() {
        for number in signals { _ = Foundation.signal(number, SIG_IGN) }
    }

    /// The signal that asked this process to stop, if one did.
    public static var signal: Int32? {
        let number = received.load(ordering: .relaxed)
        return number == 0 ? nil : number
    }

    /// Throws where this process was asked to stop.
    package static func check() throws {
        if let signal { throw Stopped(signal: signal) }
    }
}

/// The end of a job that was asked to stop: no failure, but not the result either.
public struct Stopped: ExitCoded, Equatable, Sendable {
    /// The signal that asked for it.
    public let signal: Int32
    /// What was done and is kept, in a few words.
    public var kept = "nothing new was done"

    package init(signal: Int32) { self.signal = signal }

    package init(signal: Int32, kept: String) {
        self.signal = signal
        self.kept = kept
    }

    /// One line: the signal, and what is kept.
    public var description: String {
        let name = [SIGTERM: "SIGTERM", SIGUSR1: "SIGUSR1"][signal] ?? "signal \(signal)"
        return "stopped by \(name); \(kept)"
    }

    /// 75.
    public var exitCode: ExitCode { .stopped }
}
