import Platform
import Synchronization

/// The resident memory of this process.
///
/// Pages of mapped files stay resident as long as the memory is not needed otherwise; the rest is held by the process
/// itself.
package enum ResidentMemory {
    /// The peak resident memory in bytes, including pages of mapped files.
    package static var peak: Int {
        var usage = rusage()
        guard getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 else { return 0 }
        return usage.ru_maxrss * 1024  // Linux counts in KiB
    }

    /// The peak resident memory in bytes without pages of files, among the moments at which ``notePeak()`` was called.
    package static var peakWithoutFiles: Int {
        notePeak()
        return largest.load(ordering: .relaxed)
    }

    /// Records the current resident memory without pages of files. Call it when buffers are largest, since the system
    /// keeps no such record; without system support it stays 0. Takes a few microseconds.
    static func notePeak() {
        let descriptor = open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        let text = withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 256) { buffer in
            String(decoding: buffer[..<max(0, read(descriptor, buffer.baseAddress, buffer.count))], as: UTF8.self)
        }
        // Numbers of pages: the size of the program, resident, and resident pages of files or shared memory.
        let pages = text.split(separator: " ").prefix(3).compactMap { Int($0) }
        guard pages.count == 3 else { return }
        largest.max((pages[1] - pages[2]) * Int(getpagesize()), ordering: .relaxed)
    }

    private static let largest = Atomic(0)
}
