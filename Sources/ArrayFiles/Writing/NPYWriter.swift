import Foundation

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
    public init(creating path: String, elementType: ElementType, shape: [Int]) throws {
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
        file = try OutputFile(creating: path)
        do {
            try file.setSize(header.count + count * elementType.size)
            try header.withUnsafeBytes { try file.write($0, at: 0) }
        } catch {
            file.remove()
            throw error
        }
    }

    /// Opens `path.partial`, created by another process or left by an earlier one, to write parts of it.
    ///
    /// - Throws: `ArrayFileError` if it is missing, damaged, or not writable.
    public init(openingPartial path: String) throws {
        let partial = path + AtomicFile.partialSuffix
        guard case .tensor(let tensor) = try ArrayFile(partial).root, tensor.isContiguous,
            tensor.byteOrder == .native
        else {
            throw ArrayFileError.malformed(partial, "was not begun by this program")
        }
        self.path = path
        elementType = tensor.elementType
        shape = tensor.shape
        count = tensor.count
        file = try OutputFile(opening: partial)
        dataOffset = try file.size() - tensor.byteCount
    }

    /// Claims a file begun by an earlier job for this job, like the initializer that creates one.
    ///
    /// - Throws: `ArrayFileError` (cannotWrite) if another job is writing it.
    public func claim() throws { try file.claim(as: path) }

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
