import ArrayFiles
import Platform
import UserMessages

/// Marks runs as finished in a journal, into which other processes write as well.
final class JournalWriter {
    private let path: String
    private let descriptor: Int32
    private let linesOffset: Int

    /// Opens the existing journal at `path`.
    ///
    /// - Throws: `UserError` if it is missing or damaged, `ArrayFileError` if it is not readable or writable.
    init(_ path: String) throws {
        linesOffset = try TrainingJournal(existing: path).linesOffset
        self.path = path
        let descriptor = open(path, O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw ArrayFileError.writing(path, errno: errno) }
        // Only now: after an error thrown from here on, `deinit` closes it.
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    /// Marks `run`, whose logits have reached the disk, as finished.
    ///
    /// - Throws: `ArrayFileError` (73).
    func mark(_ run: Int, _ finished: FinishedRun) throws {
        let line = TrainingJournal.line(finished)
        let written = pwrite(descriptor, line, line.count, off_t(linesOffset + run * line.count))
        guard written == line.count else {
            throw ArrayFileError.writing(path, errno: written < 0 ? errno : ENOSPC)
        }
    }
}
