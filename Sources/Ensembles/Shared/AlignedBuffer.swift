import Foundation
import UserMessages

/// Memory for the vector loops. It starts at a cache line, so that no vector straddles two of them, and is
/// uninitialized.
package struct AlignedBuffer<Element: BitwiseCopyable>: ~Copyable {
    package let elements: UnsafeMutableBufferPointer<Element>

    /// The address of the first element.
    package var start: UnsafeMutablePointer<Element> { elements.baseAddress! }

    /// Uninitialized memory for `count` elements.
    package init(count: Int) {
        let size = max(1, count) * MemoryLayout<Element>.stride
        let isLarge = size >= Self.large
        var address: UnsafeMutableRawPointer?
        guard posix_memalign(&address, isLarge ? Self.hugePage : Self.cacheLine, size) == 0, let address else {
            Self.end(lacking: size)
        }
        let bytes = UnsafeMutableRawBufferPointer(start: address, count: size)
        #if os(Linux)
            // Fewer pages to look up; a system without free huge pages uses small ones.
            if isLarge { madvise(bytes.baseAddress!, size, Int32(MADV_HUGEPAGE)) }
        #endif
        elements = UnsafeMutableBufferPointer(
            start: bytes.baseAddress!.bindMemory(to: Element.self, capacity: max(1, count)), count: count)
    }

    deinit { free(start) }

    /// Ends the process: whoever needs a buffer cannot go on without, and the other ranks wait for this one.
    private static func end(lacking size: Int) -> Never {
        let message =
            "ensemble-kernel-mpi: out of memory: \(ByteCount(size)) more are needed than the system gives; "
            + "--memory makes a job need less, ulimit -v or a control group may be the limit\n"
        _ = write(STDERR_FILENO, message, message.utf8.count)
        fflush(nil)
        _exit(ExitCode.system.rawValue)
    }

    /// Bytes of a cache line and of a huge page on nearly all processors in use, and the least size of a buffer for
    /// which huge pages pay off.
    private static var cacheLine: Int { 64 }
    private static var hugePage: Int { 2 << 20 }
    private static var large: Int { 4 << 20 }
}
