import Dispatch
import Synchronization

/// Splits a range of indices over threads and runs `body` on the pieces, one call a thread, all at once.
///
/// `body` gets disjoint ranges in no order; the first error thrown is thrown again when all have ended.
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
