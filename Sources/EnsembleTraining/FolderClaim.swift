import Foundation

/// A folder that no other training may use while this lives, not even one of another program; a crash frees it.
final class FolderClaim {
    private let descriptor: Int32

    /// Claims the folder at `path`, making it where it is missing.
    ///
    /// Throws a `TrainingError` (73) where another training holds it or it cannot be made.
    init(_ path: String) throws {
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw TrainingError.cannotWrite("\(path): cannot be made a folder")
        }
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw TrainingError.cannotWrite("\(path): \(String(cString: strerror(errno)))") }
        // Some network file systems cannot lock a folder; there it is left to the users to start one at a time.
        if flock(descriptor, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK {
            close(descriptor)
            throw TrainingError.cannotWrite("\(path): another training is at work there")
        }
    }

    deinit { close(descriptor) }
}
