import Foundation
import Synchronization

/// The memory of this process that is resident.
///
/// Pages of mapped files are resident while nobody else wants the memory; what the process itself holds is the rest.
package enum ResidentMemory {
    /// The most bytes that were ever resident, pages of mapped files included.
    package static var peak: Int {
        var usage = rusage()
        guard getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 else { return 0 }
        return usage.ru_maxrss * 1024  // Linux counts in KiB
    }

    /// The most bytes without pages of files that ``notePeak()`` met.
    package static var peakWithoutFiles: Int {
        notePeak()
        return largest.load(ordering: .relaxed)
    }

    /// To be called where buffers are largest, since the system keeps no record of this: 0 where it does not tell at
    /// all. Takes some microseconds.
    static func notePeak() {
        let descriptor = open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        let text = withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 256) { buffer in
            String(decoding: buffer[..<max(0, read(descriptor, buffer.baseAddress, buffer.count))], as: UTF8.self)
        }
        // Pages: of the program's size, resident, resident and of files or shared.
        let pages = text.split(separator: " ").prefix(3).compactMap { Int($0) }
        guard pages.count == 3 else { return }
        largest.max((pages[1] - pages[2]) * Int(getpagesize()), ordering: .relaxed)
    }

    private static let largest = Atomic(0)
}
