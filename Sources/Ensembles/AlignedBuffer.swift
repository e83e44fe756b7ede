import Foundation
import UserMessages

/// Memory that the vector loops work on. It begins with a cache line, so that no vector straddles two of them, and
/// holds no promise before it is written.
package struct AlignedBuffer<Element: BitwiseCopyable>: ~Copyable {
    package let elements: UnsafeMutableBufferPointer<Element>

    /// The first element.
    package var start: UnsafeMutablePointer<Element> { elements.baseAddress! }

    /// Room for `count` elements.
    package init(count: Int) {
        let size = max(1, count) * MemoryLayout<Element>.stride
        let isLarge = size >= Self.large
        var address: UnsafeMutableRawPointer?
        guard posix_memalign(&address, isLarge ? Self.hugePage : Self.cacheLine, size) == 0, let address else {
            fatalError("out of memory: there are no \(ByteCount(size)) more")
        }
        let bytes = UnsafeMutableRawBufferPointer(start: address, count: size)
        #if os(Linux)
            // Fewer pages to look up; a system that has none to give serves it in small ones.
            if isLarge { madvise(bytes.baseAddress!, size, Int32(MADV_HUGEPAGE)) }
        #endif
        elements = UnsafeMutableBufferPointer(
            start: bytes.baseAddress!.bindMemory(to: Element.self, capacity: max(1, count)), count: count)
    }

    deinit { free(start) }

    /// Bytes of a line of the caches and of a huge page on nearly all processors in use, and from which on a buffer is
    /// worth such pages.
    private static var cacheLine: Int { 64 }
    private static var hugePage: Int { 2 << 20 }
    private static var large: Int { 4 << 20 }
}
