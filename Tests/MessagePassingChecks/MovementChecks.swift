import Foundation
import MessagePassing

extension Checks {
    func checkBroadcast<Element: Transferable & Numeric>(_ type: Element.Type, _ count: Int, root: Int) throws {
        var buffer: [Element] = elements(rank, count)
        try world.broadcast(buffer.mutableSpan, root: root)
        try expect("broadcast of \(type)", buffer, is: elements(root, count))
        let ofUnknownLength: [Element] = try world.broadcast(elements(rank, rank == root ? count : rank), root: root)
        try expect("broadcast of unknown length of \(type)", ofUnknownLength, is: elements(root, count))
        let value: Element = try world.broadcast(element(rank, count), root: root)
        try expect("broadcast of one \(type)", value, is: element(root, count))
    }

    func checkGatherAndScatter<Element: Transferable & Numeric>(
        _ type: Element.Type, _ count: Int, root: Int
    ) throws {
        for (counts, areEqual) in [([Int](repeating: count, count: size), true), (unevenCounts(count), false)] {
            let mine: [Element] = elements(rank, counts[rank])
            let packed: [Element] = counts.enumerated().flatMap { elements($0, $1) }
            var gathered = [Element](repeating: 0, count: rank == root ? packed.count : 0)
            var scattered = [Element](repeating: 0, count: counts[rank])
            let source = rank == root ? packed : []
            if areEqual {
                try world.gather(mine.span, into: gathered.mutableSpan, root: root)
                try world.scatter(source.span, into: scattered.mutableSpan, root: root)
            } else {
                try world.gather(mine.span, counts: counts, into: gathered.mutableSpan, root: root)
                try world.scatter(source.span, counts: counts, into: scattered.mutableSpan, root: root)
            }
            try expect("gather of \(counts) \(type)", gathered, is: source)
            try expect("scatter of \(counts) \(type)", scattered, is: mine)
        }
    }

    func checkAllgather<Element: Transferable & Numeric>(_ type: Element.Type, _ count: Int) throws {
        for (counts, areEqual) in [([Int](repeating: count, count: size), true), (unevenCounts(count), false)] {
            let mine: [Element] = elements(rank, counts[rank])
            let packed: [Element] = counts.enumerated().flatMap { elements($0, $1) }
            var gathered = [Element](repeating: 0, count: packed.count)
            if areEqual {
                try world.allgather(mine.span, into: gathered.mutableSpan)
            } else {
                try world.allgather(mine.span, counts: counts, into: gathered.mutableSpan)
            }
            try expect("allgather of \(counts) \(type)", gathered, is: packed)
            var inPlace = [Element](repeating: 0, count: packed.count)
            let own = counts[..<rank].reduce(0, +)
            inPlace.replaceSubrange(own..<own + counts[rank], with: mine)
            try world.allgather(inPlace: inPlace.mutableSpan, counts: counts)
            try expect("allgather in place of \(counts) \(type)", inPlace, is: packed)
        }
    }

    func checkAllToAll<Element: Transferable & Numeric>(_ type: Element.Type, _ count: Int) throws {
        let values: [Element] = elements(rank, count * size)
        var result = [Element](repeating: 0, count: count * size)
        try world.allToAll(values.span, into: result.mutableSpan)
        let expected: [Element] = (0..<size).flatMap { source in
            (rank * count..<(rank + 1) * count).map { element(source, $0) }
        }
        try expect("allToAll of \(type)", result, is: expected)

        // From source to destination go (source + 2 destination + count) % 5 elements.
        let sent = (0..<size).map { (rank + 2 * $0 + count) % 5 }
        let received = (0..<size).map { ($0 + 2 * rank + count) % 5 }
        let parts: [[Element]] = sent.enumerated().map { elements(rank + $0, $1) }
        let expectedParts: [[Element]] = received.enumerated().map { elements($0 + rank, $1) }
        result = [Element](repeating: 0, count: received.reduce(0, +))
        let packed = Array(parts.joined())
        try world.allToAll(packed.span, counts: sent, into: result.mutableSpan, counts: received)
        try expect("allToAll by counts of \(type)", result, is: Array(expectedParts.joined()))
        try expect("allToAll of arrays of \(type)", world.allToAll(parts), is: expectedParts)
    }

    /// The forms that return values and arrays.
    func checkArrays() throws {
        let counts = unevenCounts(1)
        let parts: [[Int32]] = counts.enumerated().map { elements($0, $1) }
        try expect("allgather of a value", world.allgather(rank * 10), is: (0..<size).map { $0 * 10 })
        try expect("allgather of arrays", world.allgather(parts[rank]), is: parts)
        for root in 0..<size {
            let isRoot = rank == root
            let text = try world.broadcast(isRoot ? "Ränge: \(root) 🙂" : "", root: root)
            try expect("broadcast of a text", text, is: "Ränge: \(root) 🙂")
            let values = try world.gather(rank * 10, root: root)
            try expect("gather of a value", values, is: isRoot ? (0..<size).map { $0 * 10 } : nil)
            try expect("gather of arrays", world.gather(parts[rank], root: root), is: isRoot ? parts : nil)
            try expect("scatter of arrays", world.scatter(isRoot ? parts : [], root: root), is: parts[rank])
            let sum = try world.reduce(rank, .sum, root: root)
            try expect("reduce of a value", sum, is: isRoot ? size * (size - 1) / 2 : nil)
        }
    }

    /// Nobody leaves a barrier before the last has come. The clock is the host's, the same for all ranks here.
    func checkBarrier() throws {
        usleep(UInt32(10_000 * rank))
        let came = DispatchTime.now().uptimeNanoseconds
        try world.barrier()
        let left = DispatchTime.now().uptimeNanoseconds
        let last = try world.allreduce(Int(came), .max)
        try expect("barrier holds until the last rank comes", Int(left) >= last, is: true)
    }
}
