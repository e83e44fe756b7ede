import Platform
import Synchronization
import UserMessages

/// The end of a process that lacks memory for a buffer: it cannot go on without, and the other ranks wait for it.
package enum OutOfMemory {
    /// What stands before and after the line that says so.
    private static let words = Mutex((prefix: "", advice: ""))

    /// Has the line on standard error begin with `prefix`, and end with `advice`, on what makes a job need less.
    package static func report(as prefix: String, advice: String) {
        words.withLock { $0 = (prefix, advice) }
    }

    /// Ends the process with exit code 71, for want of `byteCount` bytes.
    static func end(lacking byteCount: Int) -> Never {
        let (prefix, advice) = words.withLock { $0 }
        let line =
            "\(prefix)out of memory: \(ByteCount(byteCount)) more are needed than the system gives, which ulimit -v "
            + "or a control group may limit\(advice)"
        let message = TerminalText.line(line) + "\n"
        _ = write(STDERR_FILENO, message, message.utf8.count)
        fflush(nil)
        _exit(ExitCode.system.rawValue)
    }
}
