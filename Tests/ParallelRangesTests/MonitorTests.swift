import ParallelRanges
import Synchronization
import Testing

@Suite struct MonitorTests {
    @Test func `one thread at a time holds the lock`() {
        let monitor = Monitor()
        nonisolated(unsafe) var sum = 0
        concurrently(over: 80_000, threads: 4) { range in
            for _ in range { monitor.withLock { sum += 1 } }
        }
        #expect(sum == 80_000)
    }

    @Test func `a broadcast wakes those who wait`() {
        let monitor = Monitor()
        nonisolated(unsafe) var isSet = false
        #expect(
            SystemThread.start {
                monitor.withLock {
                    isSet = true
                    monitor.broadcast()
                }
            })
        monitor.withLock {
            while !isSet { monitor.wait() }
        }
        #expect(isSet)
    }

    @Test func `waiting ends at the deadline`() {
        let monitor = Monitor()
        let clock = ContinuousClock()
        let start = clock.now
        monitor.withLock {
            let deadline = Monitor.Deadline(after: 0.05)
            while monitor.wait(until: deadline) {}
        }
        #expect(clock.now - start >= .milliseconds(49))
    }
}
