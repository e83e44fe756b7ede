import MessagePassing

/// What did not come out as it must.
struct CheckFailure: Error, CustomStringConvertible {
    let description: String
}

/// The checks at one `maximumCount`. Files beside this one add them, a subject a file.
///
/// The oracle is the formula `element`: every rank knows what every other rank sent.
struct Checks {
    let world: Communicator

    var rank: Int { world.rank }
    var size: Int { world.size }

    /// Throws unless `actual` is `expected`, naming `what`.
    func expect<Value: Equatable>(_ what: String, _ actual: Value, is expected: Value) throws {
        guard actual != expected else { return }
        throw CheckFailure(
            description: "\(what), \(size) ranks, at most \(world.maximumCount) a call: \(actual) is not \(expected)")
    }

    /// Throws unless `body` throws an error of the type `Failure`.
    func expectFailure<Failure: Error>(_ what: String, _: Failure.Type, _ body: () throws -> Void) throws {
        do {
            try body()
        } catch is Failure {
            return
        }
        throw CheckFailure(description: "\(what), \(size) ranks, at most \(world.maximumCount) a call: no error")
    }

    /// What `rank` has at `index` of its buffer: between 1 and 11, so that 23 ranks can be added in a `UInt8`.
    func element<Element: Numeric>(_ rank: Int, _ index: Int) -> Element {
        Element(exactly: (rank * 7 + index * 3) % 11 + 1)!
    }

    /// The first `count` elements of `rank`.
    func elements<Element: Numeric>(_ rank: Int, _ count: Int) -> [Element] {
        (0..<count).map { element(rank, $0) }
    }

    /// Every check of one type of elements, at lengths about the lowered limit of 3, each with another root.
    ///
    /// Few calls: with more ranks than cores, MPICH spins through a time slice in each of them.
    func checkElements<Element: Transferable & Numeric & Comparable>(_ type: Element.Type, turn: Int) throws {
        for (index, count) in [0, 3, 10].enumerated() {
            let root = (turn * 3 + index) % size
            try checkSum(type, count, root: root)
            try checkReduceScatter(type, count)
            try checkMessages(type, count)
            try checkBroadcast(type, count, root: root)
            try checkGatherAndScatter(type, count, root: root)
            try checkAllgather(type, count)
            try checkAllToAll(type, count)
        }
        try checkOtherReductions(type, 4)
    }

    /// Lengths that differ from rank to rank, zeros among them.
    func unevenCounts(_ count: Int) -> [Int] {
        (0..<size).map { ($0 * 2 + count) % 5 }
    }
}
