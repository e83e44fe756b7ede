import Platform

/// Small files written atomically: nobody sees a partial file, not even after a crash.
public enum AtomicFile {
    /// The name suffix of an unfinished file.
    public static let partialSuffix = ".partial"

    /// Writes `contents` to a file beside `path`, flushes it to the disk, and renames it to `path`.
    ///
    /// - Throws: `ArrayFileError` (cannotWrite); nothing is left behind then.
    public static func write(_ contents: Data, to path: String) throws {
        let file = try OutputFile(creating: path)
        do {
            try contents.withUnsafeBytes { try file.write($0, at: 0) }
            try file.commit(to: path)
        } catch {
            file.remove()
            throw error
        }
    }

    /// Checks that a file can have this name.
    ///
    /// - Throws: `ArrayFileError` (cannotWrite) if the name is that of a folder.
    public static func requireName(_ path: String) throws { try OutputFile.requireName(path) }

    /// Creates a folder and its missing parents.
    ///
    /// - Throws: `ArrayFileError` (cannotWrite).
    public static func makeFolder(_ path: String) throws {
        try makeFolder(path, for: path)
    }

    /// - Parameter wanted: The folder that needs this one, for the error.
    private static func makeFolder(_ path: String, for wanted: String) throws {
        func failed(_ reason: String) -> ArrayFileError {
            .cannotWrite(
                wanted.isEmpty ? "''" : wanted, "cannot make \(path == wanted ? "this folder" : path): \(reason)")
        }
        if FileSystem.kind(of: path) == .folder || mkdir(path, 0o777) == 0 { return }
        let code = errno
        switch code {
        case EEXIST where FileSystem.kind(of: path) == .folder:
            // Another process has just made it.
            return
        case EEXIST: throw failed(FileSystem.kind(of: path) == nil ? "a link to nothing is there" : "a file is there")
        case ENOENT:
            let above = path[..<(path.dropLast(path.hasSuffix("/") ? 1 : 0).lastIndex(of: "/") ?? path.startIndex)]
            guard !above.isEmpty else { throw failed(ArrayFileError.reason(errno: code)) }
            try makeFolder(String(above), for: wanted)
            guard mkdir(path, 0o777) == 0 || FileSystem.kind(of: path) == .folder else {
                throw failed(ArrayFileError.reason(errno: errno))
            }
        default: throw failed(ArrayFileError.reason(errno: code))
        }
    }

    /// Removes outdated files, if they exist, which must not remain beside newer ones.
    ///
    /// - Throws: `ArrayFileError` (cannotWrite).
    public static func remove(_ paths: [String]) throws {
        for path in paths {
            try OutputFile.requireName(path)
            guard unlink(path) == 0 || errno == ENOENT else { throw ArrayFileError.writing(path, errno: errno) }
        }
    }

    /// Writes several files that belong together, and `last` once all others are complete: if it exists, the others
    /// belong to it. An older version of `last` is removed first.
    ///
    /// - Throws: `ArrayFileError` (cannotWrite).
    public static func write(
        _ files: [(path: String, contents: String)], then last: (path: String, contents: String)
    ) throws {
        try remove([last.path])
        for file in files { try write(file.contents, to: file.path) }
        try write(last.contents, to: last.path)
    }

    /// Writes `contents` as UTF-8, in the same way as data.
    ///
    /// - Throws: `ArrayFileError` (cannotWrite); nothing is left behind then.
    public static func write(_ contents: String, to path: String) throws {
        try write(Data(contents.utf8), to: path)
    }
}
