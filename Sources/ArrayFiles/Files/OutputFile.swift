import Platform

/// A file open for writing and reading at any position, to be renamed once it is complete.
final class OutputFile: Sendable {
    let path: String
    private let descriptor: Int32

    /// Creates `path.partial`, empty, for the future file `path`; a leftover of that name is truncated. No other
    /// process can create it during this object's lifetime.
    ///
    /// - Throws: `ArrayFileError` (cannotWrite), also if another process is writing the same file, or if `path` is a
    ///   folder.
    convenience init(creating path: String) throws {
        try Self.requireName(path)
        while true {
            let partial = path + AtomicFile.partialSuffix
            self.init(partial, try Self.open(partial, O_RDWR | O_CREAT, for: path))
            try claim(as: path)
            // Its former owner may have renamed or removed it in the meantime.
            var (opened, named) = (stat(), stat())
            if fstat(descriptor, &opened) == 0, stat(self.path, &named) == 0, opened.st_ino == named.st_ino { break }
        }
        try setSize(0)
    }

    /// Prevents other jobs from writing this file, whose final name is `path`, while it is open.
    ///
    /// - Throws: `ArrayFileError` (cannotWrite) if another job is writing it.
    func claim(as path: String) throws {
        // Some network file systems cannot lock a file; there, users must take care to start one job at a time.
        if flock(descriptor, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK {
            throw ArrayFileError.cannotWrite(path, "another job is writing this file")
        }
    }

    /// Checks that a file can have this name.
    ///
    /// - Throws: `ArrayFileError` (cannotWrite) if the name is that of a folder, or of a device or pipe: a file would
    ///   replace it.
    static func requireName(_ path: String) throws {
        if FileSystem.kind(of: path) == .other {
            throw ArrayFileError.cannotWrite(path, "is a device or a pipe, not a file")
        }
        if path.isEmpty || path.hasSuffix("/") || FileSystem.kind(of: path) == .folder {
            throw ArrayFileError.cannotWrite(path.isEmpty ? "''" : path, "is a folder, not a file")
        }
    }

    /// Opens an existing file.
    ///
    /// - Throws: `ArrayFileError` (cannotWrite).
    convenience init(opening path: String) throws {
        self.init(path, try Self.open(path, O_RDWR, for: path))
    }

    private init(_ path: String, _ descriptor: Int32) {
        self.path = path
        self.descriptor = descriptor
    }

    /// Opens a file; an error names `named` instead. (Not in an initializer: there `deinit` follows an error, and
    /// closes what was never open.)
    private static func open(_ path: String, _ flags: Int32, for named: String) throws -> Int32 {
        let descriptor = Platform.open(path, flags | O_CLOEXEC, 0o666)
        let code = errno
        // A missing folder is not a missing input, but a place that cannot be written.
        guard descriptor >= 0 else { throw ArrayFileError.writing(named, errno: code) }
        return descriptor
    }

    deinit { close(descriptor) }

    func size() throws -> Int {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw ArrayFileError.writing(path, errno: errno) }
        return Int(status.st_size)
    }

    func setSize(_ byteCount: Int) throws {
        guard ftruncate(descriptor, off_t(byteCount)) == 0 else { throw ArrayFileError.writing(path, errno: errno) }
    }

    /// Reserves the blocks of the first `byteCount` bytes, if the file system supports it.
    ///
    /// - Throws: `ArrayFileError` (cannotWrite), for instance if the disk has too little space.
    func reserve(_ byteCount: Int) throws {
        guard byteCount > 0 else { return }
        // Asked for more than is available, some file systems fill up before they fail, and everybody else who writes
        // to the disk at that moment fails too. So the free space is checked first.
        var status = stat()
        var disk = statvfs()
        if fstat(descriptor, &status) == 0, fstatvfs(descriptor, &disk) == 0 {
            let missing = byteCount - Int(status.st_blocks) * 512
            guard missing <= 0 || UInt(missing) / disk.f_frsize < disk.f_bavail else {
                throw ArrayFileError.writing(path, errno: ENOSPC)
            }
        }
        while true {
            switch posix_fallocate(descriptor, 0, off_t(byteCount)) {
            case 0, EOPNOTSUPP, EINVAL: return
            case EINTR: continue
            case let code: throw ArrayFileError.writing(path, errno: code)
            }
        }
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws {
        var done = 0
        while done < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
            let written = pwrite(descriptor, rest.baseAddress, rest.count, off_t(offset + done))
            if written < 0 && errno == EINTR { continue }
            guard written > 0 else { throw ArrayFileError.writing(path, errno: written < 0 ? errno : ENOSPC) }
            done += written
        }
    }

    /// Fills `bytes` with those at `offset`.
    ///
    /// - Throws: `ArrayFileError` (unreadable), also if the file ends before.
    func read(into bytes: UnsafeMutableRawBufferPointer, at offset: Int) throws {
        var done = 0
        while done < bytes.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: bytes[done...])
            let count = pread(descriptor, rest.baseAddress, rest.count, off_t(offset + done))
            let code = errno
            if count < 0 && code == EINTR { continue }
            guard count >= 0 else { throw ArrayFileError.reading(path, errno: code) }
            guard count > 0 else { throw ArrayFileError.unreadable(path, "it was cut short") }
            done += count
        }
    }

    func synchronize() throws {
        guard fsync(descriptor) == 0 else { throw ArrayFileError.writing(path, errno: errno) }
    }

    /// Flushes the file to the disk, renames it to its final name, and flushes the name.
    ///
    /// - Throws: `ArrayFileError` (cannotWrite).
    func commit(to finalPath: String) throws {
        try synchronize()
        guard rename(path, finalPath) == 0 else { throw ArrayFileError.writing(finalPath, errno: errno) }
        let folder = Platform.open(
            URL(fileURLWithPath: finalPath).deletingLastPathComponent().path, O_RDONLY | O_CLOEXEC)
        guard folder >= 0 else { return }
        defer { close(folder) }
        // Not every file system supports this for a folder; the file itself is safe already.
        _ = fsync(folder)
    }

    /// Removes the unfinished file; it is not an error if it is already gone.
    func remove() {
        unlink(path)
    }
}
