import MessagePassing
import ParallelRanges

extension [NeighborLists.OfExamples] {
    /// This rank's even share of all ranks' rows, which two searches may have divided in two ways. Collective over
    /// `world`: every rank calls it with its own parts, in ascending order of the rows.
    ///
    /// - Parameters:
    ///   - rows: Number of rows of all ranks.
    ///   - k: Number of the first neighbors of each row to keep; all, if there are fewer.
    /// - Throws: `MPIError`.
    package func evenShare(ofRows rows: Int, first k: Int, over world: Communicator) throws -> NeighborLists.OfExamples
    {
        let k = Swift.min(k, try world.allreduce(map(\.lists.k).max() ?? 0, .max))
        let shares = Partition(rows, world.size)
        func exchanged<Value: Transferable>(
            _ values: (_ part: NeighborLists.OfExamples, _ rows: Range<Int>) -> [Value]
        ) throws -> [Value] {
            let sent = shares.ranges.map { share in
                filter { $0.rows.overlaps(share) }.flatMap { values($0, $0.rows.clamped(to: share)) }
            }
            return try world.allToAll(sent).flatMap(\.self)
        }
        func firsts(_ part: NeighborLists.OfExamples, _ rows: Range<Int>) -> [Int] {
            rows.flatMap { row in
                let first = (row - part.rows.lowerBound) * part.lists.k
                return first..<first + k
            }
        }
        let numbers = try exchanged { [Int]($1) }
        let similarities = try exchanged { part, rows in firsts(part, rows).map { part.lists.similarities[$0] } }
        let indices = try exchanged { part, rows in firsts(part, rows).map { part.lists.indices[$0] } }

        let own = shares.range(of: world.rank)
        var ordered = (similarities: similarities, indices: indices)
        for (place, row) in numbers.enumerated() {
            let (from, to) = (place * k, (row - own.lowerBound) * k)
            for n in 0..<k {
                ordered.similarities[to + n] = similarities[from + n]
                ordered.indices[to + n] = indices[from + n]
            }
        }
        return (own, NeighborLists(k: k, similarities: ordered.similarities, indices: ordered.indices))
    }
}

extension NeighborLists {
    /// The `k` nearest of each row among the examples of these lists and of others, whose examples are numbered from
    /// `first` on. Of equal similarities, those of these lists come first.
    ///
    /// - Precondition: Both have the same rows, and together at least `k` neighbors of each.
    func united(with others: NeighborLists, numberedFrom first: Int, k: Int) -> NeighborLists {
        precondition(rows == others.rows && self.k + others.k >= k)
        var (similarities, indices): ([Float], [Int64]) = ([], [])
        similarities.reserveCapacity(rows * k)
        indices.reserveCapacity(rows * k)
        for row in 0..<rows {
            var (own, other) = (row * self.k, row * others.k)
            let (end, endOfOthers) = (own + self.k, other + others.k)
            for _ in 0..<k {
                if own < end, other == endOfOthers || self.similarities[own] >= others.similarities[other] {
                    similarities.append(self.similarities[own])
                    indices.append(self.indices[own])
                    own += 1
                } else {
                    similarities.append(others.similarities[other])
                    indices.append(others.indices[other] + Int64(first))
                    other += 1
                }
            }
        }
        return NeighborLists(k: k, similarities: similarities, indices: indices)
    }

    /// The mean similarity of the first `nearest` of each row, in float64.
    func meansOfNearest(_ nearest: Int) -> [Double] {
        (0..<rows).map { row in
            similarities[row * k..<row * k + nearest].reduce(0) { $0 + Double($1) } / Double(nearest)
        }
    }
}
