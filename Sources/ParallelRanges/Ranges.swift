extension Range<Int> {
    /// The range moved up by an offset.
    package func shifted(by offset: Int) -> Range<Int> { lowerBound + offset..<upperBound + offset }

    /// The range without another one: up to two ranges, in ascending order.
    package func without(_ other: Range<Int>) -> [Range<Int>] {
        let below = lowerBound..<Swift.max(lowerBound, Swift.min(upperBound, other.lowerBound))
        let above = Swift.min(upperBound, Swift.max(lowerBound, other.upperBound))..<upperBound
        return [below, above].filter { !$0.isEmpty }
    }

    /// `count` consecutive pieces of nearly the same length.
    ///
    ///     (10..<18).pieces(3)    10 11 12 | 13 14 15 | 16 17
    ///
    /// - Precondition: `count >= 1`.
    package func pieces(_ count: Int) -> [Range<Int>] {
        Partition(self.count, count).ranges.map { $0.shifted(by: lowerBound) }
    }

    /// As few pieces of nearly the same length as have at most `length` numbers each; none of an empty range.
    package func pieces(ofAtMost length: Int) -> [Range<Int>] {
        isEmpty ? [] : pieces((count + length - 1) / length)
    }
}

extension [Range<Int>] {
    /// The same numbers, in ranges that neither touch nor are empty, of ranges in ascending order.
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
