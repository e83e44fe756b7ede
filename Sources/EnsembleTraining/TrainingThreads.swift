import Foundation

/// Threads that train runs, each in its own memory, for one thread that takes what they have made.
final class TrainingThreads: @unchecked Sendable {
    // All that changes is guarded by `changed`.
    private let changed = NSCondition()
    private var runsToStart: ArraySlice<Int>
    private var runsToTake: Int
    private var made: [RunLogits] = []
    private var failure: (any Error)?
    private var isCancelled = false
    private var running = 0
    /// Most runs that wait to be taken before the threads pause, so that a slow disk does not fill the memory.
    private let room: Int

    /// Starts up to `threads` threads that train `runs`; each begins with a copy of `trainer`.
    init(_ runs: [Int], threads: Int, trainer: TrainingRun) {
        runsToStart = runs[...]
        runsToTake = runs.count
        room = 2 * threads
        running = min(threads, runs.count)
        for _ in 0..<running {
            let thread = Thread { [self] in
                var trainer = trainer
                while let run = nextRun() {
                    finish(
                        Result { try trainer.train(run: run, isCancelled: { self.changed.withLock { isCancelled } }) })
                }
                end()
            }
            thread.stackSize = 8 << 20
            thread.start()
        }
    }

    /// The runs that have been made since the last call; waits at most `timeout` seconds for one. Nil when all have
    /// been taken. Throws what a thread threw.
    func take(timeout: TimeInterval) throws -> [RunLogits]? {
        try changed.withLock {
            let deadline = Date(timeIntervalSinceNow: timeout)
            while made.isEmpty && failure == nil && runsToTake > 0 {
                if !changed.wait(until: deadline) { break }
            }
            if let failure { throw failure }
            guard runsToTake > 0 else { return nil }
            defer { made = [] }
            runsToTake -= made.count
            changed.broadcast()
            return made
        }
    }

    /// Ends the threads, in the middle of their runs if need be, and waits until they have ended: a process that
    /// exits while one of them is at work in OpenBLAS may crash on the way out.
    func cancel() {
        changed.withLock {
            isCancelled = true
            changed.broadcast()
            while running > 0 { changed.wait() }
        }
    }

    private func nextRun() -> Int? {
        changed.withLock {
            while made.count >= room && !isCancelled { changed.wait() }
            return isCancelled || failure != nil ? nil : runsToStart.popFirst()
        }
    }

    private func finish(_ result: Result<RunLogits?, any Error>) {
        changed.withLock {
            switch result {
            case .success(let logits?): made.append(logits)
            case .success(nil): break
            case .failure(let error): failure = failure ?? error
            }
            changed.broadcast()
        }
    }

    private func end() {
        changed.withLock {
            running -= 1
            changed.broadcast()
        }
    }
}
