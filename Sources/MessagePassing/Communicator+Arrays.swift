/// Collectives of single values, strings, and arrays whose lengths are unknown to the other ranks.
///
/// They exchange the lengths first, which costs an additional round of messages: meant for small data.
extension Communicator {
    /// Broadcasts the value of `root` to every rank. Collective: every rank calls it.
    ///
    ///     a    b    c    ->    a    a    a        root 0
    ///
    /// - Throws: `MPIError`.
    public func broadcast<Element: Transferable>(_ value: Element, root: Int) throws -> Element {
        var values = [value]
        try broadcast(values.mutableSpan, root: root)
        return values[0]
    }

    /// Broadcasts the array of `root` to every rank; the other ranks' arguments are ignored. Collective: every rank
    /// calls it.
    ///
    ///     [a b c]    []    [d]    ->    [a b c]    [a b c]    [a b c]        root 0
    ///
    /// - Throws: `MPIError`.
    public func broadcast<Element: Transferable>(_ values: [Element], root: Int) throws -> [Element] {
        let count = try broadcast(values.count, root: root)
        if rank == root {
            var values = values
            try broadcast(values.mutableSpan, root: root)
            return values
        }
        return try filled(count) { try broadcast($0, root: root) }
    }

    /// Broadcasts the string of `root` to every rank; the other ranks' arguments are ignored. Collective: every rank
    /// calls it.
    ///
    ///     "abc"    ""    "d"    ->    "abc"    "abc"    "abc"        root 0
    ///
    /// - Throws: `MPIError`.
    public func broadcast(_ text: String, root: Int) throws -> String {
        String(decoding: try broadcast(Array(text.utf8), root: root), as: UTF8.self)
    }

    /// Gathers one value per rank on `root`; returns nil on the other ranks. Collective: every rank calls it.
    ///
    ///     a    b    c    ->    [a b c]    nil    nil        root 0
    ///
    /// - Throws: `MPIError`.
    public func gather<Element: Transferable>(_ value: Element, root: Int) throws -> [Element]? {
        let result = try filled(rank == root ? size : 0) { try gather([value].span, into: $0, root: root) }
        return rank == root ? result : nil
    }

    /// Gathers the arrays of all ranks on `root`; returns nil on the other ranks. Collective: every rank calls it.
    ///
    ///     [a b]    []    [c]    ->    [[a b] [] [c]]    nil    nil        root 0
    ///
    /// - Throws: `MPIError`.
    public func gather<Element: Transferable>(_ values: [Element], root: Int) throws -> [[Element]]? {
        let counts = try allgather(values.count)
        let packed = try filled(rank == root ? counts.reduce(0, +) : 0) {
            try gather(values.span, counts: counts, into: $0, root: root)
        }
        return rank == root ? split(packed, counts) : nil
    }

    /// Gathers one value per rank on every rank. Collective: every rank calls it.
    ///
    ///     a    b    c    ->    [a b c]    [a b c]    [a b c]
    ///
    /// - Throws: `MPIError`.
    public func allgather<Element: Transferable>(_ value: Element) throws -> [Element] {
        try filled(size) { try allgather([value].span, into: $0) }
    }

    /// Gathers the arrays of all ranks on every rank. Collective: every rank calls it.
    ///
    ///     [a b]    []    [c]    ->    [[a b] [] [c]]    [[a b] [] [c]]    [[a b] [] [c]]
    ///
    /// - Throws: `MPIError`.
    public func allgather<Element: Transferable>(_ values: [Element]) throws -> [[Element]] {
        let counts = try allgather(values.count)
        let packed = try filled(counts.reduce(0, +)) { try allgather(values.span, counts: counts, into: $0) }
        return split(packed, counts)
    }

    /// Sends each rank its part of the arrays of `root`; the other ranks' arguments are ignored. Collective: every rank
    /// calls it.
    ///
    ///     [[a b] [] [c]]    []    []    ->    [a b]    []    [c]        root 0
    ///
    /// - Parameter parts: On `root`, one array per rank.
    /// - Returns: The part for this rank.
    /// - Throws: `MPIError`, also if `root` does not pass one array per rank.
    public func scatter<Element: Transferable>(_ parts: [[Element]], root: Int) throws -> [Element] {
        let counts = try broadcast(parts.map(\.count), root: root)
        let packed = rank == root ? Array(parts.joined()) : []
        try MPIError.checkCounts("MPI_Scatterv", counts, size: size)
        return try filled(counts[rank]) { try scatter(packed.span, counts: counts, into: $0, root: root) }
    }

    /// Sends an array from every rank to every rank. Collective: every rank calls it.
    ///
    ///     [[a] [b c]]    [[] [d]]    ->    [[a] []]    [[b c] [d]]
    ///
    /// - Parameter parts: One array per rank, in the order of the ranks they go to.
    /// - Returns: One array per rank, in the order of the ranks they come from.
    /// - Throws: `MPIError`, also if `parts` does not have one array per rank.
    public func allToAll<Element: Transferable>(_ parts: [[Element]]) throws -> [[Element]] {
        try MPIError.checkCounts("MPI_Alltoallv", parts.map(\.count), size: size)
        let sendCounts = parts.map(\.count)
        let receiveCounts = try filled(size) { try allToAll(sendCounts.span, into: $0) }
        let packed = try filled(receiveCounts.reduce(0, +)) {
            try allToAll(Array(parts.joined()).span, counts: sendCounts, into: $0, counts: receiveCounts)
        }
        return split(packed, receiveCounts)
    }

    /// An array of `count` elements, all of which `receive` must write.
    private func filled<Element: Transferable>(
        _ count: Int, _ receive: (consuming MutableSpan<Element>) throws -> Void
    ) throws -> [Element] {
        try Array(unsafeUninitializedCapacity: count) { buffer, initialized in
            try receive(MutableSpan(_unsafeElements: buffer))
            initialized = count
        }
    }

    private func split<Element>(_ packed: [Element], _ counts: [Int]) -> [[Element]] {
        var start = 0
        return counts.map { count in
            defer { start += count }
            return Array(packed[start..<start + count])
        }
    }
}
