import MessagePassing

extension Checks {
    private var next: Int { (rank + 1) % size }
    private var previous: Int { (rank + size - 1) % size }

    func checkMessages<Element: Transferable & Numeric>(_ type: Element.Type, _ count: Int) throws {
        let mine: [Element] = elements(rank, count)
        let expected: [Element] = elements(previous, count)

        var buffer = [Element](repeating: 0, count: count)
        try world.sendReceive(mine.span, to: next, into: buffer.mutableSpan, from: previous)
        try expect("sendReceive of \(type)", buffer, is: expected)

        let receiving = try world.ireceive(type, count: count, from: previous, tag: 5)
        let sending = try world.isend(mine, to: next, tag: 5)
        try expect("ireceive of \(type)", receiving.wait(), is: expected)
        try expect("ireceive of \(type), waited for again", receiving.wait(), is: expected)
        try expect("isend of \(type)", sending.wait(), is: mine)

        guard size > 1 else { return }
        // The even ranks send first. With an odd number of ranks two even ones are neighbors: the last waits.
        let sendsFirst = rank.isMultiple(of: 2) && rank != size - 1
        if sendsFirst { try world.send(mine, to: next) }
        buffer = [Element](repeating: 0, count: count)
        try world.receive(into: buffer.mutableSpan, from: previous)
        if !sendsFirst { try world.send(mine.span, to: next) }
        try expect("receive of \(type)", buffer, is: expected)
    }

    func checkRequests() throws {
        // Messages with one tag stay in order, whatever the pieces; tags are told apart.
        let messages: [[Int]] = [[1, 2, 3, 4, 5], [6], [], [7, 8, 9, 10]]
        let sends = try messages.map { try world.isend($0, to: next, tag: 1) }
        let other = try world.isend([rank], to: next, tag: 2)
        try expect("message with another tag", world.receive(count: 1, from: previous, tag: 2), is: [previous])
        for message in messages {
            let received = try world.receive(Int.self, count: message.count, from: previous, tag: 1)
            try expect("message in order", received, is: message)
        }
        for send in sends + [other] { try send.wait() }

        let request = try world.iallreduce([Double](repeating: 1, count: 20), .sum)
        while try !request.test() {}
        try expect("tested request", request.wait(), is: [Double](repeating: Double(size), count: 20))
        try checkDroppedRequests()
    }

    /// What is dropped before it is complete neither crashes nor disturbs what comes after it.
    private func checkDroppedRequests() throws {
        _ = try world.ireceive(Float.self, count: 1000, from: previous, tag: 3)
        // A rank that is ahead must not send yet: a receive that has its message takes it along when it is dropped.
        try world.barrier()
        _ = try world.iallreduce([Int](repeating: rank, count: 1000), .sum)
        _ = try world.ireduce([Int](repeating: rank, count: 1000), .max, root: 0)
        // Longer than what libraries buffer: the send is under way when its request goes.
        let long = [Int32](repeating: Int32(rank), count: world.maximumCount == 3 ? 300 : 300_000)
        _ = try world.isend(long, to: next, tag: 4)
        let received = try world.receive(Int32.self, count: long.count, from: previous, tag: 4)
        try expect("send whose request was dropped", Set(received), is: [Int32(previous)])
        // The cancelled receive must not take this message.
        let message = try world.isend([Float(rank)], to: next, tag: 3)
        try expect(
            "receive after a dropped one", world.receive(Float.self, count: 1, from: previous, tag: 3),
            is: [Float(previous)])
        try message.wait()
    }
}
