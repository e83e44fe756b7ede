/// Exit codes of the program, after sysexits.h.
public enum ExitCode: Int32, Sendable {
    /// The command line is wrong, or asks for something that cannot be done (EX_USAGE).
    case usage = 64
    /// An input is damaged, or does not match the other inputs (EX_DATAERR).
    case badData = 65
    /// An input does not exist (EX_NOINPUT).
    case noInput = 66
    /// A bug in the program, or an MPI call that failed (EX_SOFTWARE).
    case software = 70
    /// The system does not give what the job needs: memory, a thread, a rank that answers (EX_OSERR).
    case system = 71
    /// A file cannot be created or written (EX_CANTCREAT).
    case cannotWrite = 73
    /// A file cannot be read (EX_IOERR).
    case cannotRead = 74
    /// The job was stopped on purpose and can be resumed (EX_TEMPFAIL).
    case stopped = 75
}

/// An error that determines the exit code of the program. Its description is one line for the user.
public protocol ExitCoded: Error, CustomStringConvertible {
    /// The exit code with which the program ends.
    var exitCode: ExitCode { get }
}
