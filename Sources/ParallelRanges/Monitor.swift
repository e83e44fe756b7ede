import Platform

/// A lock with a condition for which threads wait while they hold it.
package final class Monitor: @unchecked Sendable {
    // In memory that never moves, as POSIX wants.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    /// A lock that nobody holds.
    package init() {
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    /// Calls `body` while no other thread holds the lock.
    package func withLock<Result>(_ body: () throws -> Result) rethrows -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body()
    }

    /// Waits for `broadcast()`, or for nothing now and then: look again at what was waited for. The lock is held before
    /// and after, and not meanwhile.
    package func wait() { pthread_cond_wait(condition, mutex) }

    /// Waits like `wait()`, but no longer than to a point in time.
    ///
    /// - Returns: False once that has come.
    package func wait(until deadline: Deadline) -> Bool {
        var time = deadline.time
        return pthread_cond_timedwait(condition, mutex, &time) != ETIMEDOUT
    }

    /// Wakes all threads that wait.
    package func broadcast() { pthread_cond_broadcast(condition) }

    /// A point in time at which waiting ends.
    package struct Deadline {
        fileprivate var time = timespec()

        /// The point `seconds` from now.
        package init(after seconds: Double) {
            clock_gettime(CLOCK_REALTIME, &time)
            let nanoseconds = time.tv_nsec + Int(seconds * 1e9)
            time.tv_sec += nanoseconds / 1_000_000_000
            time.tv_nsec = nanoseconds % 1_000_000_000
        }
    }
}
