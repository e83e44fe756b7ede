import Platform

/// An `.npy` file filled by one or several processes, each its own part, that appears under its name once all parts are
/// complete.
///
/// Until `commit` the file is called `path.partial`; it is left there if the program ends before that. With several
/// processes: one creates the file, all others open it after that, each writes its parts and calls `synchronize`, and
/// when all have done so, one commits.
public final class NPYWriter: Sendable {
    /// The name of the file after `commit`.
    public let path: String
    /// The type of the elements.
    public let elementType: ElementType
    /// The extent of each axis; the elements are in C order.
    public let shape: [Int]
    /// Number of elements of the whole file.
    public let count: Int
    private let dataOffset: Int
    private let file: OutputFile

    /// Creates `path.partial` with its header and its full size; a leftover of that name is replaced.
    ///
    /// - Throws: `ArrayFileError` (cannotWrite).
    public convenience init(creating path: String, elementType: ElementType, shape: [Int]) throws {
        try self.init(path, elementType, shape) { header, byteCount in
            let file = try OutputFile(creating: path)
            do {
                try file.setSize(byteCount)
                try header.withUnsafeBytes { try file.write($0, at: 0) }
            } catch {
                file.remove()
                throw error
            }
            return file
        }
    }

    /// Opens `path.partial`, left by an earlier job, to go on with it in this one. Its header is written anew; its
    /// elements may be damaged, and are for the caller to verify.
    ///
    /// - Throws: `ArrayFileError`: notFound if there is no such file, malformed if it is shorter or longer than one of
    ///   this shape, cannotWrite also if another job is writing it.
    package convenience init(resuming path: String, elementType: ElementType, shape: [Int]) throws {
        try self.init(path, elementType, shape) { header, byteCount in
            let partial = path + AtomicFile.partialSuffix
            _ = try FileSystem.existingKind(of: partial)
            let file = try OutputFile(opening: partial)
            try file.claim(as: path)
            let size = try file.size()
            guard size == byteCount else {
                throw ArrayFileError.malformed(partial, "has \(size) bytes, not \(byteCount)")
            }
            try header.withUnsafeBytes { try file.write($0, at: 0) }
            return file
        }
    }

    /// - Parameter open: Opens the file, which gets this header and this size.
    private init(
        _ path: String, _ elementType: ElementType, _ shape: [Int],
        open: (_ header: [UInt8], _ byteCount: Int) throws -> OutputFile
    ) throws {
        guard let header = NPYHeader(elementType: elementType, shape: shape).encoded() else {
            throw ArrayFileError.cannotWrite(path, ".npy has no dtype for \(elementType)")
        }
        guard let count = Tensor.product(shape), Tensor.product([count, elementType.size, 2]) != nil else {
            throw ArrayFileError.cannotWrite(path, "shape \(shape) has more elements than any file")
        }
        self.path = path
        self.elementType = elementType
        self.shape = shape
        self.count = count
        dataOffset = header.count
        file = try open(header, header.count + count * elementType.size)
    }

    /// Opens `path.partial`, created by another process, to write parts of it.
    ///
    /// - Throws: `ArrayFileError` if it is missing, damaged, or not writable.
    public init(openingPartial path: String) throws {
        let partial = path + AtomicFile.partialSuffix
        guard case .tensor(let tensor) = try ArrayFile(partial).root, tensor.isContiguous,
            tensor.byteOrder == .native
        else {
            throw ArrayFileError.malformed(partial, "was not written by this program")
        }
        self.path = path
        elementType = tensor.elementType
        shape = tensor.shape
        count = tensor.count
        file = try OutputFile(opening: partial)
        dataOffset = try file.size() - tensor.byteCount
    }

    /// Reserves the disk space of the whole file now, so that a full disk is noticed before any work is spent. Does
    /// nothing on file systems without support for it. Call it in the process that created the file, before any other
    /// process writes: if the file system has no such call, the C library touches every block instead.
    ///
    /// - Throws: `ArrayFileError` (cannotWrite).
    public func reserve() throws {
        try file.reserve(dataOffset + count * elementType.size)
    }

    /// Writes elements, in native byte order, starting at element `offset` of the file. Parts may be written in any
    /// order and by any thread.
    ///
    /// - Parameter elements: Whole elements of `elementType`, within the file.
    /// - Throws: `ArrayFileError` (cannotWrite).
    public func write(_ elements: UnsafeRawBufferPointer, atElement offset: Int) throws {
        let size = elementType.size
        precondition(
            elements.count % size == 0 && offset >= 0 && offset <= count && elements.count / size <= count - offset,
            "\(elements.count) bytes at element \(offset) are not within the \(count) elements of \(path)")
        try file.write(elements, at: dataOffset + offset * size)
    }

    /// Writes `elements`, starting at element `offset` of the file.
    ///
    /// - Throws: `ArrayFileError` (cannotWrite).
    public func write<Element: TensorElement>(_ elements: Span<Element>, at offset: Int) throws {
        precondition(Element.elementType == elementType, "\(Element.self) written into \(elementType)")
        try elements.withUnsafeBytes { try write($0, atElement: offset) }
    }

    /// The CRC-32 of a range of elements, as they are in the file now. Any thread may call it.
    ///
    /// - Throws: `ArrayFileError` (unreadable).
    package func crc32(of elements: Range<Int>) throws -> UInt32 {
        precondition(
            0 <= elements.lowerBound && elements.upperBound <= count,
            "\(elements) are not within the \(count) elements of \(path)")
        let size = elementType.size
        let (start, end) = (dataOffset + elements.lowerBound * size, dataOffset + elements.upperBound * size)
        var checksum: UInt32 = 0
        try withUnsafeTemporaryAllocation(byteCount: min(end - start, 1 << 18), alignment: 1) { buffer in
            for first in stride(from: start, to: end, by: 1 << 18) {
                let piece = UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(buffer.count, end - first)])
                try file.read(into: piece, at: first)
                checksum = Deflate.crc32(checksum, UnsafeRawBufferPointer(piece))
            }
        }
        return checksum
    }

    /// Waits until the data written by this process has reached the disk.
    ///
    /// - Throws: `ArrayFileError` (cannotWrite): an error of an earlier write may show only here.
    public func synchronize() throws {
        try file.synchronize()
    }

    /// Renames the file to its final name, replacing an existing file. Call it in one process, after all have written
    /// and synchronized their parts.
    ///
    /// - Throws: `ArrayFileError` (cannotWrite).
    public func commit() throws {
        try file.commit(to: path)
    }

    /// Removes the unfinished file.
    public func discard() {
        file.remove()
    }
}
