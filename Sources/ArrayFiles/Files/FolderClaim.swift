import Foundation

/// A folder that no other job writes into while this lives, not even one of another program; a crash frees it.
public final class FolderClaim: Sendable {
    private let descriptor: Int32

    /// Claims the folder at `path`, making it where it is missing.
    ///
    /// - Throws: `ArrayFileError` (cannotWrite) where another job holds it, or it cannot be made or written.
    public init(_ path: String) throws {
        try AtomicFile.makeFolder(path)
        guard access(path, W_OK | X_OK) == 0 else {
            throw ArrayFileError.cannotWrite(path, String(cString: strerror(errno)))
        }
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw ArrayFileError.cannotWrite(path, String(cString: strerror(errno))) }
        // Some network file systems cannot lock a folder; there it is left to the users to start one at a time.
        if flock(descriptor, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK {
            close(descriptor)
            throw ArrayFileError.cannotWrite(path, "another job is writing into this folder")
        }
    }

    deinit {
        // A process that is being started has a copy of the descriptor until it is running: closing ours is not enough.
        flock(descriptor, LOCK_UN)
        close(descriptor)
    }
}
