/// Memory that the vector loops work on. It begins with a cache line, so that no vector straddles two of them, and holds
/// no promise before it is written.
final class AlignedBuffer<Element: BitwiseCopyable> {
    let elements: UnsafeMutableBufferPointer<Element>

    /// The first element.
    var start: UnsafeMutablePointer<Element> { elements.baseAddress! }

    /// Room for `count` elements.
    init(count: Int) {
        let bytes = UnsafeMutableRawBufferPointer.allocate(
            byteCount: max(1, count) * MemoryLayout<Element>.stride, alignment: cacheLine)
        elements = UnsafeMutableBufferPointer(
            start: bytes.baseAddress!.bindMemory(to: Element.self, capacity: max(1, count)), count: count)
    }

    deinit { UnsafeMutableRawPointer(start).deallocate() }
}

/// Bytes of a line of the caches of all processors in use.
let cacheLine = 64
