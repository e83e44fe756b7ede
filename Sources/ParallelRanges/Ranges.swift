extension Range<Int> {
    /// The range shifted up by an offset.
    package func shifted(by offset: Int) -> Range<Int> { lowerBound + offset..<upperBound + offset }

    /// The parts of the range outside another one: up to two ranges, in ascending order.
    package func without(_ other: Range<Int>) -> [Range<Int>] {
        let below = lowerBound..<Swift.max(lowerBound, Swift.min(upperBound, other.lowerBound))
        let above = Swift.min(upperBound, Swift.max(lowerBound, other.upperBound))..<upperBound
        return [below, above].filter { !$0.isEmpty }
    }

    /// The range split into `count` consecutive pieces of nearly equal length.
    ///
    ///     (10..<18).pieces(3)    10 11 12 | 13 14 15 | 16 17
    ///
    /// - Precondition: `count >= 1`.
    package func pieces(_ count: Int) -> [Range<Int>] {
        Partition(self.count, count).ranges.map { $0.shifted(by: lowerBound) }
    }

    /// The range split into the smallest number of nearly equal pieces with at most `length` elements each; no pieces
    /// for an empty range.
    package func pieces(ofAtMost length: Int) -> [Range<Int>] {
        isEmpty ? [] : pieces((count + length - 1) / length)
    }
}

extension [Range<Int>] {
    /// The length of all ranges together.
    package var totalCount: Int { reduce(0) { $0 + $1.count } }

    /// The parts of the ranges outside some others, in the order of the ranges.
    package func without(_ others: [Range<Int>]) -> [Range<Int>] {
        others.reduce(self) { rest, other in rest.flatMap { $0.without(other) } }
    }

    /// The union of ranges in ascending order, as non-empty ranges that do not touch.
    package var merged: [Range<Int>] {
        filter { !$0.isEmpty }.reduce(into: []) { result, range in
            if let last = result.last, last.upperBound >= range.lowerBound {
                result[result.count - 1] = last.lowerBound..<Swift.max(last.upperBound, range.upperBound)
            } else {
                result.append(range)
            }
        }
    }
}
