/// Collectives of single values, texts, and arrays whose lengths the other ranks need not know.
///
/// They exchange the lengths first, which costs one more round of messages: for what is small.
extension Communicator {
    /// The value of `root`, on every rank. Collective: every rank calls it.
    ///
    ///     a    b    c    ->    a    a    a        root 0
    public func broadcast<Element: Transferable>(_ value: Element, root: Int) throws -> Element {
        var values = [value]
        try broadcast(values.mutableSpan, root: root)
        return values[0]
    }

    /// The array of `root`, on every rank; what the others pass is ignored. Collective: every rank calls it.
    ///
    ///     [a b c]    []    [d]    ->    [a b c]    [a b c]    [a b c]        root 0
    public func broadcast<Element: Transferable>(_ values: [Element], root: Int) throws -> [Element] {
        let count = try broadcast(values.count, root: root)
        if rank == root {
            var values = values
            try broadcast(values.mutableSpan, root: root)
            return values
        }
        return try filled(count) { try broadcast($0, root: root) }
    }

    /// The text of `root`, on every rank; what the others pass is ignored. Collective: every rank calls it.
    ///
    ///     "abc"    ""    "d"    ->    "abc"    "abc"    "abc"        root 0
    public func broadcast(_ text: String, root: Int) throws -> String {
        String(decoding: try broadcast(Array(text.utf8), root: root), as: UTF8.self)
    }

    /// A value of each rank on `root`, nil elsewhere. Collective: every rank calls it.
    ///
    ///     a    b    c    ->    [a b c]    nil    nil        root 0
    public func gather<Element: Transferable>(_ value: Element, root: Int) throws -> [Element]? {
        let result = try filled(rank == root ? size : 0) { try gather([value].span, into: $0, root: root) }
        return rank == root ? result : nil
    }

    /// The arrays of all ranks on `root`, nil elsewhere. Collective: every rank calls it.
    ///
    ///     [a b]    []    [c]    ->    [[a b] [] [c]]    nil    nil        root 0
    public func gather<Element: Transferable>(_ values: [Element], root: Int) throws -> [[Element]]? {
        let counts = try allgather(values.count)
        let packed = try filled(rank == root ? counts.reduce(0, +) : 0) {
            try gather(values.span, counts: counts, into: $0, root: root)
        }
        return rank == root ? split(packed, counts) : nil
    }

    /// A value of each rank, on every rank. Collective: every rank calls it.
    ///
    ///     a    b    c    ->    [a b c]    [a b c]    [a b c]
    public func allgather<Element: Transferable>(_ value: Element) throws -> [Element] {
        try filled(size) { try allgather([value].span, into: $0) }
    }

    /// The arrays of all ranks, on every rank. Collective: every rank calls it.
    ///
    ///     [a b]    []    [c]    ->    [[a b] [] [c]]    [[a b] [] [c]]    [[a b] [] [c]]
    public func allgather<Element: Transferable>(_ values: [Element]) throws -> [[Element]] {
        let counts = try allgather(values.count)
        let packed = try filled(counts.reduce(0, +)) { try allgather(values.span, counts: counts, into: $0) }
        return split(packed, counts)
    }

    /// The part of `root` that is meant for each rank; what the others pass is ignored. Collective: every rank
    /// calls it.
    ///
    ///     [[a b] [] [c]]    []    []    ->    [a b]    []    [c]        root 0
    ///
    /// - Parameter parts: On `root`, an array for every rank.
    public func scatter<Element: Transferable>(_ parts: [[Element]], root: Int) throws -> [Element] {
        let counts = try broadcast(parts.map(\.count), root: root)
        let packed = rank == root ? Array(parts.joined()) : []
        try MPIError.checkCounts("MPI_Scatterv", counts, size: size)
        return try filled(counts[rank]) { try scatter(packed.span, counts: counts, into: $0, root: root) }
    }

    /// An array from every rank to every rank. Collective: every rank calls it.
    ///
    ///     [[a] [b c]]    [[] [d]]    ->    [[a] []]    [[b c] [d]]
    ///
    /// - Parameter parts: An array for every rank.
    /// - Returns: An array from every rank.
    public func allToAll<Element: Transferable>(_ parts: [[Element]]) throws -> [[Element]] {
        try MPIError.checkCounts("MPI_Alltoallv", parts.map(\.count), size: size)
        let sendCounts = parts.map(\.count)
        let receiveCounts = try filled(size) { try allToAll(sendCounts.span, into: $0) }
        let packed = try filled(receiveCounts.reduce(0, +)) {
            try allToAll(Array(parts.joined()).span, counts: sendCounts, into: $0, counts: receiveCounts)
        }
        return split(packed, receiveCounts)
    }

    /// An array of `count` elements that `receive` writes, all of them.
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
