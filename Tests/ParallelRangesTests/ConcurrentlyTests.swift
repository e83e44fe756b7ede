import ParallelRanges
import Synchronization
import Testing

struct ConcurrentlyTests {
    private struct Failure: Error {}

    private final class Sum: Sendable {
        let value = Atomic(0)
    }

    @Test(arguments: [1, 2, 3, 16])
    func `every index is worked on once, whatever the number of threads`(threads: Int) {
        for count in [0, 1, 2, 15, 16, 1000] {
            let seen = Mutex([Int](repeating: 0, count: count))
            let calls = Atomic(0)
            concurrently(over: count, threads: threads) { own in
                calls.add(1, ordering: .relaxed)
                seen.withLock { seen in for index in own { seen[index] += 1 } }
            }
            #expect(seen.withLock { $0.allSatisfy { $0 == 1 } })
            #expect(calls.load(ordering: .relaxed) == max(1, min(threads, count)))
        }
    }

    @Test func `a piece of work may itself be divided, and several callers share the threads`() async {
        let sum = Sum()
        await withTaskGroup { group in
            for _ in 0..<4 {
                group.addTask {
                    concurrently(over: 8, threads: 8) { outer in
                        for _ in outer {
                            concurrently(over: 100, threads: 4) { sum.value.add($0.count, ordering: .relaxed) }
                        }
                    }
                }
            }
        }
        #expect(sum.value.load(ordering: .relaxed) == 4 * 8 * 100)
    }

    @Test func `an error of one piece is thrown once all have ended`() {
        let ended = Atomic(0)
        #expect(throws: Failure.self) {
            try concurrently(over: 4, threads: 4) { own in
                defer { ended.add(1, ordering: .relaxed) }
                if own.contains(2) { throw Failure() }
            }
        }
        #expect(ended.load(ordering: .relaxed) == 4)
    }
}
