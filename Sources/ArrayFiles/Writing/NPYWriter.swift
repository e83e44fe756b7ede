import Foundation

/// An `.npy` file that one or several processes fill, each its own part, and that appears under its name when
/// all of it is there.
///
/// Until `commit` the file is called `path.partial`; it is left there when the program ends before that. With
/// several processes: one creates, all others open after that, each writes its parts and calls `synchronize`,
/// and when all have done so, one commits.
public final class NPYWriter: Sendable {
    /// The name the file gets by `commit`.
    public let path: String
    /// What one element is.
    public let elementType: ElementType
    /// The extent of each axis; elements are in C order.
    public let shape: [Int]
    /// The number of elements of the whole file.
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

    /// Opens `path.partial`, which another process has created or an earlier one has left, to write parts of it.
    ///
    /// - Throws: `ArrayFileError`: not there, damaged, or not writable.
    public init(openingPartial path: String) throws {
        let partial = path + AtomicFile.partialSuffix
        guard let tensor = try NPY.read(try MappedFile(partial)).first, tensor.isContiguous,
            tensor.byteOrder == .native
        else { throw ArrayFileError.malformed(partial, "was not begun by this program") }
        self.path = path
        elementType = tensor.elementType
        shape = tensor.shape
        count = tensor.count
        file = try OutputFile(opening: partial)
        dataOffset = try file.size() - tensor.byteCount
    }

    /// Claims a file that was begun earlier for this job, as who creates one does.
    ///
    /// - Throws: `ArrayFileError` (cannotWrite) where another job is writing it.
    public func claim() throws { try file.claim(as: path) }

    /// Claims the disk space of the whole file now, so that a full disk shows before work is spent.
    /// Does nothing on file systems that cannot. To be called by the process that created the file, before
    /// any other writes: where the file system has no such call, the C library touches every block instead.
    ///
    /// - Throws: `ArrayFileError` (cannotWrite).
    public func reserve() throws {
        try file.reserve(dataOffset + count * elementType.size)
    }

    /// Writes elements, in native byte order, from element `offset` of the file on. Parts may be written in
    /// any order and by any thread.
    ///
    /// - Parameter elements: whole elements of `elementType`, within the file.
    /// - Throws: `ArrayFileError` (cannotWrite).
    public func write(_ elements: UnsafeRawBufferPointer, atElement offset: Int) throws {
        let size = elementType.size
        precondition(
            elements.count % size == 0 && offset >= 0 && offset <= count && elements.count / size <= count - offset,
            "\(elements.count) bytes at element \(offset) are not within the \(count) elements of \(path)")
        try file.write(elements, at: dataOffset + offset * size)
    }

    /// Writes `elements` from element `offset` of the file on.
    ///
    /// - Throws: `ArrayFileError` (cannotWrite).
    public func write<Element: TensorElement>(_ elements: Span<Element>, at offset: Int) throws {
        precondition(Element.elementType == elementType, "\(Element.self) written into \(elementType)")
        try elements.withUnsafeBytes { try write($0, atElement: offset) }
    }

    /// Waits until what this process wrote has reached the disk.
    ///
    /// - Throws: `ArrayFileError` (cannotWrite): an error of an earlier write can show only here.
    public func synchronize() throws {
        try file.synchronize()
    }

    /// Gives the file its name, replacing one of that name. To be called by one process, after all have
    /// written and synchronized their parts.
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
