import Foundation

/// Small files written so that nobody, not even after a crash, sees a part of one.
public enum AtomicFile {
    /// The ending of the name of a file that is not finished.
    public static let partialSuffix = ".partial"

    /// Writes `contents` beside `path`, puts it on the disk, and renames it into place.
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

    /// - Throws: `ArrayFileError` (cannotWrite) where no file can have that name, since a folder has it.
    public static func requireName(_ path: String) throws { try OutputFile.requireName(path) }

    /// Makes a folder, and those that it is in, where they are missing.
    ///
    /// - Throws: `ArrayFileError` (cannotWrite).
    public static func makeFolder(_ path: String) throws {
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            let cause = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
            let reason = cause.map { String(cString: strerror(Int32($0.code))) } ?? "a file is in the way"
            throw ArrayFileError.cannotWrite(path, "cannot make this folder: \(reason)")
        }
    }

    /// Removes files that are not to stand beside newer ones, where they are there.
    ///
    /// - Throws: `ArrayFileError` (cannotWrite).
    public static func remove(_ paths: [String]) throws {
        for path in paths {
            try OutputFile.requireName(path)
            guard unlink(path) == 0 || errno == ENOENT else { throw ArrayFileError.writing(path, errno: errno) }
        }
    }

    /// Writes several files that belong together, and `last` when all the others are there: where it is, it is theirs.
    /// One that was there before is removed first.
    ///
    /// - Throws: `ArrayFileError` (cannotWrite).
    public static func write(
        _ files: [(path: String, contents: String)], then last: (path: String, contents: String)
    ) throws {
        try remove([last.path])
        for file in files { try write(file.contents, to: file.path) }
        try write(last.contents, to: last.path)
    }

    /// Writes `contents` as UTF-8, in the same way.
    ///
    /// - Throws: `ArrayFileError` (cannotWrite); nothing is left behind then.
    public static func write(_ contents: String, to path: String) throws {
        try write(Data(contents.utf8), to: path)
    }
}
