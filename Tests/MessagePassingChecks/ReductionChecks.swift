import MessagePassing

extension Checks {
    func checkSum<Element: Transferable & Numeric>(_ type: Element.Type, _ count: Int, root: Int) throws {
        let mine: [Element] = elements(rank, count)
        let sum: [Element] = combined(count) { $0 + $1 }
        try expect("allreduce of \(type)", world.allreduce(mine, .sum), is: sum)
        try expect("iallreduce of \(type)", world.iallreduce(mine, .sum).wait(), is: sum)
        let onRoot = rank == root ? sum : mine
        var buffer = mine
        try world.reduce(buffer.mutableSpan, .sum, root: root)
        try expect("reduce of \(type)", buffer, is: onRoot)
        try expect("ireduce of \(type)", world.ireduce(mine, .sum, root: root).wait(), is: onRoot)
    }

    func checkOtherReductions<Element: Transferable & Numeric & Comparable>(
        _ type: Element.Type, _ count: Int
    ) throws {
        let mine: [Element] = elements(rank, count)
        let smallest: [Element] = combined(count) { Swift.min($0, $1) }
        let largest: [Element] = combined(count) { Swift.max($0, $1) }
        try expect("smallest of \(type)", world.allreduce(mine, .min), is: smallest)
        try expect("largest of \(type)", world.allreduce(mine, .max), is: largest)
        // Twos, and ones beyond 7 ranks: the product fits in a UInt8.
        let factors = [Element](repeating: rank < 7 ? 2 : 1, count: count)
        let power = Element(exactly: 1 << Swift.min(size, 7))!
        let product = [Element](repeating: power, count: count)
        try expect("product of \(type)", world.allreduce(factors, .product), is: product)
    }

    func checkReduceScatter<Element: Transferable & Numeric>(_ type: Element.Type, _ count: Int) throws {
        let total: [Element] = combined(count * size) { $0 + $1 }
        let equal: [Element] = elements(rank, count * size)
        var part = [Element](repeating: 0, count: count)
        try world.reduceScatter(equal.span, into: part.mutableSpan, .sum)
        try expect("reduceScatter of \(type)", part, is: Array(total[rank * count..<(rank + 1) * count]))

        let counts = unevenCounts(count)
        let start = counts[..<rank].reduce(0, +)
        let uneven: [Element] = elements(rank, counts.reduce(0, +))
        let unevenTotal: [Element] = combined(uneven.count) { $0 + $1 }
        part = [Element](repeating: 0, count: counts[rank])
        try world.reduceScatter(uneven.span, counts: counts, into: part.mutableSpan, .sum)
        try expect("reduceScatter by counts of \(type)", part, is: Array(unevenTotal[start..<start + counts[rank]]))
    }

    /// The elements of all ranks, combined position by position.
    private func combined<Element: Numeric>(_ count: Int, _ combine: (Element, Element) -> Element) -> [Element] {
        (0..<count).map { index in
            (1..<size).reduce(element(0, index)) { combine($0, element($1, index)) }
        }
    }
}
