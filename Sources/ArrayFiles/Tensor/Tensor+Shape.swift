extension Tensor {
    /// The shape as numpy prints it: `(16, 60, 10)`, `(60,)`.
    package var shapeText: String { Self.text(ofShape: shape) }

    /// A shape as numpy prints it.
    static func text(ofShape shape: [Int]) -> String {
        "(\(shape.map(String.init).joined(separator: ", "))\(shape.count == 1 ? "," : ""))"
    }

    /// The same elements with a further axis of extent 1. Reads nothing.
    ///
    /// - Precondition: `axis` is at most the number of axes, which is below numpy's limit.
    package func unsqueezed(axis: Int) -> Tensor {
        reshaped(
            Array(shape[..<axis]) + [1] + shape[axis...], strides: Array(strides[..<axis]) + [0] + strides[axis...])
    }

    /// A tensor (M, ...) as (P, M, 1), where P are the places in the other axes. Reads nothing; nil if these do not lie
    /// at equal distances, or if there are no elements.
    package var placesFirst: Tensor? {
        guard count > 0 else { return nil }
        let places = self[0].mergedAxes()
        guard places.count == 1 else { return nil }
        return reshaped([places[0].extent, shape[0], 1], strides: [places[0].stride, strides[0], 0])
    }

    /// The axes behind the first, as numbered here, in the order in which they are stored.
    package var storedAxes: [Int] { (1..<shape.count).sorted { (strides[$1], $0) < (strides[$0], $1) } }

    /// The same elements with the axes behind the first in another order. Reads nothing.
    package func reordered(_ axes: [Int]) -> Tensor {
        let order = [0] + axes
        return reshaped(order.map { shape[$0] }, strides: order.map { strides[$0] })
    }

    /// Bytes of shape `shape` that are computed of this tensor when they are first used.
    ///
    /// - Throws: `ArrayFileError` (malformed) if there are more than any memory holds.
    package func bytes(shape: [Int], _ fill: @escaping @Sendable (UnsafeMutableBufferPointer<UInt8>) throws -> Void)
        throws -> Tensor
    {
        let byteCount = shape.reduce(1, *)
        let backing = TensorStorage(
            byteCount: byteCount, of: "'\(name)', as bytes,",
            budget: ReadingBudget(path: path, storedByteCount: byteCount)
        ) { try fill($0.bindMemory(to: UInt8.self)) }
        return try Tensor(name: name, elementType: .uint8, shape: shape, backing: backing)
    }

    /// The elements of several tensors along the first axis, copied when they are first used.
    ///
    /// - Precondition: There is at least one part.
    /// - Throws: `ArrayFileError` (malformed) naming the first part that differs from the others in type or in the
    ///   extents of the other axes.
    package static func concatenation(of parts: [Tensor], name: String) throws -> Tensor {
        let first = parts[0]
        if parts.count == 1 { return first.named(name) }
        if let other = parts.first(where: {
            $0.elementType != first.elementType || $0.shape.dropFirst() != first.shape.dropFirst()
        }) {
            throw ArrayFileError.malformed(
                other.path, tensor: other.name,
                "is \(other.elementType) of shape \(other.shape), which does not continue "
                    + "\(first.elementType) of shape \(first.shape)")
        }
        let byteCount = parts.reduce(0) { $0 + $1.byteCount }
        let budget = ReadingBudget(path: first.path, storedByteCount: byteCount)
        let backing = TensorStorage(byteCount: byteCount, of: "'\(name)', joined of its parts,", budget: budget) {
            var rest = $0
            for part in parts {
                try part.withContiguousBytes { rest.copyMemory(from: $0) }
                rest = UnsafeMutableRawBufferPointer(rebasing: rest[part.byteCount...])
            }
        }
        return try Tensor(
            name: name, elementType: first.elementType,
            shape: [parts.reduce(0) { $0 + $1.shape[0] }] + first.shape.dropFirst(), backing: backing)
    }
}
