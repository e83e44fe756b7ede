/// The exit codes of the program, after sysexits.h.
public enum ExitCode: Int32, Sendable {
    /// The command was used wrongly (EX_USAGE).
    case usage = 64
    /// An input is damaged, or does not fit the others (EX_DATAERR).
    case badData = 65
    /// An input does not exist (EX_NOINPUT).
    case noInput = 66
    /// A bug (EX_SOFTWARE).
    case software = 70
    /// The system failed the job: a rank is stuck, or cannot be reached (EX_OSERR).
    case system = 71
    /// A file cannot be created or written (EX_CANTCREAT).
    case cannotWrite = 73
    /// A file cannot be read (EX_IOERR).
    case cannotRead = 74
    /// The job was stopped on purpose and can be resumed (EX_TEMPFAIL).
    case stopped = 75
}

/// An error that decides with which exit code the program ends. Its description is one line for the user.
public protocol ExitCoded: Error, CustomStringConvertible {
    /// The exit code.
    var exitCode: ExitCode { get }
}
