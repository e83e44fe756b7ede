import Synchronization

/// Splits a range of indices into a piece a thread and calls `body` with all pieces at once, or with some of them after
/// others where the system gives fewer threads.
///
/// `body` gets disjoint ranges in no particular order.
///
/// - Throws: The first error thrown by `body`, once all calls have ended.
package func concurrently<Failure>(
    over count: Int, threads: Int, _ body: @Sendable (Range<Int>) throws(Failure) -> Void
) throws(Failure) {
    let partition = Partition(count, max(1, min(threads, count)))
    guard partition.parts > 1 else { return try body(0..<count) }
    let failure = Mutex<Failure?>(nil)
    WorkerThreads.ofProcess.perform(partition.parts) { part in
        do throws(Failure) {
            try body(partition.range(of: part))
        } catch {
            failure.withLock { $0 = $0 ?? error }
        }
    }
    if let error = failure.withLock({ $0 }) { throw error }
}
