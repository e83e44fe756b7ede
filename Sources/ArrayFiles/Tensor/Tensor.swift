/// A named array in a file: its type, its shape, and the position of its elements, which are read only on access.
///
/// A tensor is a cheap value. Taking a part of it moves an offset and reads nothing; only `withContiguousBytes` and
/// `integers` touch the file, and only the bytes of that part.
public struct Tensor: Sendable {
    /// The name in the file; nested names are joined by periods.
    public var name: String
    /// The type of the elements.
    public let elementType: ElementType
    /// The extent of each axis; empty for a single number.
    public private(set) var shape: [Int]
    /// Distances in the file, in elements, between neighbors along each axis.
    public private(set) var strides: [Int]
    /// The byte order of the elements in the file; `withContiguousBytes` always lends native order.
    public let byteOrder: ByteOrder
    let backing: TensorStorage
    /// The position of the first element in `backing`.
    private(set) var byteOffset: Int

    /// The largest number of dimensions of a tensor: numpy's limit.
    static let maximumRank = 64

    /// Describes a tensor after checking that all of its elements are within `backing`: the only place where sizes
    /// claimed by a file are accepted.
    ///
    /// - Parameter strides: Distances in elements; C order if nil.
    /// - Throws: `ArrayFileError` (malformed) naming the tensor.
    init(
        name: String, elementType: ElementType, shape: [Int], strides: [Int]? = nil, byteOrder: ByteOrder = .native,
        backing: TensorStorage, byteOffset: Int = 0
    ) throws {
        func refused(_ reason: String) -> ArrayFileError { .malformed(backing.path, tensor: name, reason) }
        guard shape.count <= Self.maximumRank else { throw refused("has \(shape.count) dimensions") }
        guard shape.allSatisfy({ $0 >= 0 }) else { throw refused("has a negative extent in shape \(shape)") }
        guard let cOrder = Self.strides(ofShape: shape), let elements = Self.product(shape),
            let logicalBytes = Self.product([elements, elementType.size])
        else { throw refused("shape \(shape) has more elements than any memory") }
        let strides = strides ?? cOrder
        guard strides.count == shape.count, strides.allSatisfy({ $0 >= 0 }) else {
            throw refused("strides \(strides) do not fit shape \(shape)")
        }
        guard byteOffset >= 0, byteOffset <= backing.byteCount else {
            throw refused("begins at byte \(byteOffset) of \(backing.byteCount)")
        }
        if elements > 0 {
            guard let last = Self.lastElement(shape: shape, strides: strides),
                last < (backing.byteCount - byteOffset) / elementType.size
            else {
                let available = backing.byteCount - byteOffset
                throw refused(
                    strides == cOrder
                        ? "is cut short: shape \(shape) of \(elementType) takes \(logicalBytes) bytes, "
                            + "\(available) are there"
                        : "shape \(shape), strides \(strides) of \(elementType) pass the end of the \(available) "
                            + "bytes there are")
            }
        }
        // A stride of 0 legitimately repeats elements, but a small file must not claim all memory.
        guard logicalBytes / Deflate.maximumRatio <= backing.byteCount else {
            throw refused("shape \(shape) repeats its \(backing.byteCount) stored bytes too often")
        }
        self.name = name
        self.elementType = elementType
        self.shape = shape
        // Those of an empty tensor may be anything in a file: nothing is ever looked for by them.
        self.strides = elements > 0 ? strides : cOrder
        self.byteOrder = byteOrder
        self.backing = backing
        self.byteOffset = byteOffset
    }

    /// Numbers in memory, of the file at `path`, as a tensor of one axis or of shape `shape` in C order.
    ///
    /// - Throws: `ArrayFileError` (malformed).
    package init<Number: TensorElement>(
        name: String, numbers: [Number], shape: [Int]? = nil, path: String
    ) throws {
        let bytes = numbers.withUnsafeBytes { [UInt8]($0) }
        let budget = ReadingBudget(path: path, storedByteCount: bytes.count)
        let backing = TensorStorage(bytes, budget: budget)
        try self.init(
            name: name, elementType: Number.elementType, shape: shape ?? [numbers.count], backing: backing)
    }

    /// The path of the file.
    public var path: String { backing.path }
    /// Number of elements.
    public var count: Int { shape.reduce(1, *) }
    /// Number of bytes of all elements.
    public var byteCount: Int { count * elementType.size }

    /// Whether the elements are contiguous in C order in the file.
    public var isContiguous: Bool {
        var expected = 1
        for axis in shape.indices.reversed() where shape[axis] != 1 {
            if shape[axis] == 0 { return true }
            if strides[axis] != expected { return false }
            expected *= shape[axis]
        }
        return true
    }

    /// The part with indices in `range` along `axis`; the other axes stay whole. Reads nothing.
    public func slice(axis: Int, _ range: Range<Int>) -> Tensor {
        precondition(
            range.lowerBound >= 0 && range.upperBound <= shape[axis], "\(name): \(range) of axis \(axis) of \(shape)")
        var part = self
        part.shape[axis] = range.count
        // An empty part must not point past the end.
        if part.count > 0 { part.byteOffset += range.lowerBound * strides[axis] * elementType.size }
        return part
    }

    /// The part at `index` along `axis`, without that axis. Reads nothing.
    public func select(axis: Int, _ index: Int) -> Tensor {
        precondition(index >= 0 && index < shape[axis], "\(name): index \(index) of axis \(axis) of \(shape)")
        var part = self
        part.byteOffset += count == 0 ? 0 : index * strides[axis] * elementType.size
        part.shape.remove(at: axis)
        part.strides.remove(at: axis)
        return part
    }

    /// The part at `index` along the first axis, without that axis.
    public subscript(index: Int) -> Tensor { select(axis: 0, index) }

    /// The part with indices in `range` along the first axis.
    public subscript(range: Range<Int>) -> Tensor { slice(axis: 0, range) }

    /// The same elements under another shape, whose strides must lead to no others.
    func reshaped(_ shape: [Int], strides: [Int]) -> Tensor {
        var copy = self
        (copy.shape, copy.strides) = (shape, strides)
        return copy
    }

    /// The same tensor under another name.
    public func named(_ name: String) -> Tensor {
        var copy = self
        copy.name = name
        return copy
    }
}

extension Tensor {
    /// The product of non-negative numbers; nil if it overflows.
    static func product(_ factors: [Int]) -> Int? {
        var product = 1
        for factor in factors {
            let (next, overflow) = product.multipliedReportingOverflow(by: factor)
            if overflow { return nil }
            product = next
        }
        return product
    }

    /// C-order strides of `shape`, in elements; nil if they overflow.
    static func strides(ofShape shape: [Int]) -> [Int]? {
        // An empty axis counts as 1: the other extents must be valid all the same.
        guard product(shape.map { max($0, 1) }) != nil else { return nil }
        var strides = shape
        var stride = 1
        for axis in shape.indices.reversed() {
            strides[axis] = stride
            stride *= max(shape[axis], 1)
        }
        return strides
    }

    /// The position of the last element of a non-empty tensor; nil if it overflows.
    private static func lastElement(shape: [Int], strides: [Int]) -> Int? {
        var last = 0
        for (extent, stride) in zip(shape, strides) {
            guard let step = product([extent - 1, stride]) else { return nil }
            let (next, overflow) = last.addingReportingOverflow(step)
            if overflow { return nil }
            last = next
        }
        return last
    }
}

extension Tensor {
    /// Throws if the file of the elements has changed since it was opened, and with it perhaps the elements.
    ///
    /// - Throws: `ArrayFileError` (unreadable).
    public func requireUnchanged() throws { try backing.requireUnchanged() }
}
