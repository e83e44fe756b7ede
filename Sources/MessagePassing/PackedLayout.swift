/// The ranges of the ranks' parts in a buffer that holds them one after another.
struct PackedLayout {
    /// The range of each rank's part.
    let ranges: [Range<Int>]

    /// - Throws: `MPIError` naming `call` unless there is a count >= 0 for each of `size` ranks.
    init(_ call: StaticString, counts: [Int], size: Int) throws {
        try MPIError.checkCounts(call, counts, size: size)
        var ranges: [Range<Int>] = []
        for count in counts {
            let start = ranges.last?.upperBound ?? 0
            ranges.append(start..<start + count)
        }
        self.ranges = ranges
    }

    /// The length of the whole buffer.
    var total: Int { ranges.last?.upperBound ?? 0 }

    /// The counts as MPI takes them; valid only if the total fits in an `Int32`.
    var counts32: [Int32] { ranges.map { Int32($0.count) } }

    /// The starts (MPI's displacements) as MPI takes them; valid only if the total fits in an `Int32`.
    var starts32: [Int32] { ranges.map { Int32($0.lowerBound) } }
}
