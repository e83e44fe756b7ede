import Foundation

/// The most memory that this process ever had resident.
enum PeakResidentMemory {
    /// Bytes, pages of mapped files included.
    static func bytes() throws -> Int {
        var usage = rusage()
        guard getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 else { return 0 }
        return usage.ru_maxrss * 1024  // Linux counts in KiB
    }
}
