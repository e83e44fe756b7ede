import Platform

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
            OutOfMemory.end(lacking: size)
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

    /// Bytes of a cache line and of a huge page on nearly all processors in use, and the least size of a buffer for
    /// which huge pages pay off.
    private static var cacheLine: Int { 64 }
    private static var hugePage: Int { 2 << 20 }
    private static var large: Int { 4 << 20 }
}
