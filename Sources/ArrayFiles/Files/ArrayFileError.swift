import Platform
import UserMessages

/// The reason why a file could not be read or written, in one line that names the file, the tensor and the position.
public struct ArrayFileError: Error, Equatable, Sendable {
    /// The kind of an error, which determines the exit code of a program that ends with it.
    public enum Kind: Sendable {
        /// The file is damaged, or has contents that this program does not read.
        case malformed
        /// There is no such file.
        case notFound
        /// The system refuses to create, write or rename the file.
        case cannotWrite
        /// The system refuses to read the file.
        case unreadable
        /// The file needs more memory than there is.
        case outOfMemory
    }

    /// The kind of the error.
    public var kind: Kind
    /// The file, as the caller named it.
    public var path: String
    /// The tensor or archive member concerned, if there is one.
    public var tensor: String?
    /// The position in the file, for instance `byte 128`.
    public var place: String?
    /// A description of the problem.
    public var reason: String

    /// A damaged file, or one with contents that are not read (exit code 65).
    public static func malformed(
        _ path: String, tensor: String? = nil, place: String? = nil, _ reason: String
    ) -> ArrayFileError {
        ArrayFileError(kind: .malformed, path: path, tensor: tensor, place: place, reason: reason)
    }

    /// A file that does not exist (exit code 66).
    public static func notFound(_ path: String) -> ArrayFileError {
        ArrayFileError(kind: .notFound, path: path, reason: "no such file or directory")
    }

    /// A file that the system does not allow to be read (exit code 74).
    public static func unreadable(_ path: String, _ reason: String) -> ArrayFileError {
        ArrayFileError(kind: .unreadable, path: path, reason: "cannot be read: \(reason)")
    }

    /// A file that the system does not allow to be written (exit code 73).
    public static func cannotWrite(_ path: String, _ reason: String) -> ArrayFileError {
        ArrayFileError(kind: .cannotWrite, path: path, reason: "cannot be written: \(reason)")
    }

    /// The error of the system call that just failed while opening or reading `path`.
    package static func reading(_ path: String, errno code: Int32) -> ArrayFileError {
        switch code {
        case ENOENT: .notFound(path)
        case ENOTDIR: ArrayFileError(kind: .notFound, path: path, reason: "no such file: \(reason(errno: code))")
        default: .unreadable(path, reason(errno: code))
        }
    }

    /// The error of the system call that just failed while creating or writing `path`.
    package static func writing(_ path: String, errno code: Int32) -> ArrayFileError {
        .cannotWrite(path, reason(errno: code))
    }

    /// The system's reason, in its words or, where these leave open which limit is reached or what to do, in plainer
    /// ones.
    package static func reason(errno code: Int32) -> String {
        switch code {
        case ENOTDIR: "a part of its path is a file, not a folder"
        case EISDIR: "it is a folder, not a file"
        case EMFILE: "too many files are open: raise the limit with ulimit -n"
        case ENFILE: "too many files are open on this machine: raise the limit with sysctl fs.file-max"
        case EFBIG: "it would be larger than the file system or ulimit -f allows"
        default: String(cString: strerror(code))
        }
    }
}

extension ArrayFileError: CustomStringConvertible {
    /// One line: `path: tensor 'name': place: reason`.
    public var description: String {
        var parts = [path]
        if let tensor { parts.append("tensor '\(TerminalText.name(tensor))'") }
        if let place { parts.append(place) }
        parts.append(reason)
        // Names come from the file: whatever they contain, the message stays one line and cannot control a terminal.
        return TerminalText.line(parts.joined(separator: ": "))
    }
}

extension ArrayFileError: ExitCoded, LocalizedError {
    /// The exit code of the kind: 65, 66, 71, 73 or 74.
    public var exitCode: ExitCode {
        switch kind {
        case .malformed: .badData
        case .notFound: .noInput
        case .cannotWrite: .cannotWrite
        case .unreadable: .cannotRead
        case .outOfMemory: .system
        }
    }

    /// The same line as `description`.
    public var errorDescription: String? { description }
}
