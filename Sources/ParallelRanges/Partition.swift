/// A number of items divided into parts: contiguous ranges that differ by at most one in length.
///
///     Partition(8, 3)    0 1 2 | 3 4 5 | 6 7
///
/// The first `count % parts` parts have one item more than the others. There may be more parts than items: the last
/// parts are then empty. Pure arithmetic, the same on every rank.
public struct Partition: Equatable, Sendable {
    /// Number of items.
    public let count: Int
    /// Number of parts.
    public let parts: Int

    /// A partition of `count` items into `parts` parts.
    ///
    /// - Precondition: `count >= 0` and `parts >= 1`.
    public init(_ count: Int, _ parts: Int) {
        precondition(count >= 0 && parts >= 1, "cannot divide \(count) things over \(parts) parts")
        self.count = count
        self.parts = parts
    }

    /// The range of items in `part`, which is in 0..<parts.
    public func range(of part: Int) -> Range<Int> {
        precondition((0..<parts).contains(part), "part \(part) is not one of \(parts)")
        let (length, longer) = count.quotientAndRemainder(dividingBy: parts)
        let start = part * length + min(part, longer)
        return start..<start + length + (part < longer ? 1 : 0)
    }

    /// The length of the longest part.
    public var longest: Int { range(of: 0).count }

    /// The ranges of all parts, in order.
    public var ranges: [Range<Int>] { (0..<parts).map { range(of: $0) } }

    /// The lengths of all parts: the `counts` of a gather or scatter over `parts` ranks.
    public var counts: [Int] { ranges.map(\.count) }

    /// The starts of all parts.
    public var displacements: [Int] { ranges.map(\.lowerBound) }
}
