import Platform

/// The threads that help whoever calls ``concurrently(over:threads:_:)``: made when they are first needed, and kept.
///
/// The caller does its share of the work, and whatever nobody else has taken. So all work is done although the system
/// gives fewer threads than were asked for, and a piece of work may itself be divided.
package final class WorkerThreads: @unchecked Sendable {
    /// The threads of this process.
    package static let ofProcess = WorkerThreads()

    /// Work in pieces, numbered from 0. All but the body is guarded by `mutex`.
    private final class Job {
        let body: (Int) -> Void
        /// The pieces that nobody has begun.
        var left: Range<Int>
        /// Number of pieces that somebody is working on.
        var running = 0

        init(_ pieces: Int, _ body: @escaping (Int) -> Void) {
            self.body = body
            left = 0..<pieces
        }
    }

    // Two conditions for one lock, which a `Monitor` does not have. They live as long as the process.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let thereIsWork = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private let pieceIsDone = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    // Guarded by `mutex`: work with pieces left, the number of threads made, and whether the system gives no more.
    private var jobs: [Job] = []
    private var made = 0
    private var isExhausted = false

    private init() {
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(thereIsWork, nil)
        pthread_cond_init(pieceIsDone, nil)
    }

    /// Makes threads for work on `threads` pieces at once, of which the caller does one.
    ///
    /// - Returns: The number of pieces that are worked on at once: fewer if the system gives no more threads.
    @discardableResult
    package func prepare(for threads: Int) -> Int {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while made < threads - 1, !isExhausted {
            if SystemThread.start({ [self] in help() }) { made += 1 } else { isExhausted = true }
        }
        return min(threads, made + 1)
    }

    /// Calls `body` with each number below `pieces`, on several threads at once, and returns when all calls have.
    func perform(_ pieces: Int, _ body: (Int) -> Void) {
        prepare(for: pieces)
        withoutActuallyEscaping(body) { body in
            let job = Job(pieces, body)
            pthread_mutex_lock(mutex)
            jobs.append(job)
            pthread_cond_broadcast(thereIsWork)
            while work(on: job) {}
            while job.running > 0 { pthread_cond_wait(pieceIsDone, mutex) }
            pthread_mutex_unlock(mutex)
        }
    }

    /// Does one piece of a job; false if there is none left. The lock is held before and after, and not meanwhile.
    private func work(on job: Job) -> Bool {
        guard let piece = job.left.popFirst() else { return false }
        if job.left.isEmpty { jobs.removeAll { $0 === job } }
        job.running += 1
        pthread_mutex_unlock(mutex)
        job.body(piece)
        pthread_mutex_lock(mutex)
        job.running -= 1
        if job.running == 0 { pthread_cond_broadcast(pieceIsDone) }
        return true
    }

    /// What a thread does until the process ends.
    private func help() {
        pthread_mutex_lock(mutex)
        while true {
            if let job = jobs.first { _ = work(on: job) } else { pthread_cond_wait(thereIsWork, mutex) }
        }
    }
}
