import Platform

/// An exclusive claim of a folder: no other job, not even of another program, claims it during this object's lifetime.
/// A crash releases it.
public final class FolderClaim: Sendable {
    private let descriptor: Int32

    /// Claims the folder at `path`, creating it if it is missing.
    ///
    /// - Throws: `ArrayFileError` (cannotWrite) if another job holds the folder, or if it cannot be created or written.
    public init(_ path: String) throws {
        try AtomicFile.makeFolder(path)
        guard access(path, W_OK | X_OK) == 0 else { throw ArrayFileError.writing(path, errno: errno) }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw ArrayFileError.writing(path, errno: errno) }
        // Some network file systems cannot lock a folder; there, users must take care to start one job at a time.
        if flock(descriptor, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK {
            close(descriptor)
            throw ArrayFileError.cannotWrite(path, "another job is using this folder")
        }
        // Only now: after an error thrown from here on, `deinit` closes it.
        self.descriptor = descriptor
    }

    deinit {
        // A child process being started has a copy of the descriptor until it runs: closing ours would not release the
        // lock.
        flock(descriptor, LOCK_UN)
        close(descriptor)
    }
}
