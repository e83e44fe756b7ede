import Dispatch
import Synchronization

/// Splits a range of indices over threads and runs `body` on all pieces at once, one call per thread.
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
    DispatchQueue.concurrentPerform(iterations: partition.parts) { part in
        do throws(Failure) {
            try body(partition.range(of: part))
        } catch {
            failure.withLock { $0 = $0 ?? error }
        }
    }
    if let error = failure.withLock({ $0 }) { throw error }
}
