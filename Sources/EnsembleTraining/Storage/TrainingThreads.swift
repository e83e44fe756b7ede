import ParallelRanges
import Platform
import UserMessages

/// Threads that train chains, each in its own memory, for one thread that takes the finished runs.
final class TrainingThreads: @unchecked Sendable {
    // All mutable state is guarded by `changed`.
    private let changed = Monitor()
    private var chainsToStart: ArraySlice<(chain: Int, runs: [Int])>
    private var runsToTake: Int
    private var made: [RunLogits] = []
    private var failure: (any Error)?
    private var isCancelled = false
    private var running = 0
    /// The largest number of runs waiting to be taken before the threads pause, so that a slow disk does not fill the
    /// memory.
    private let room: Int

    /// Starts up to `threads` threads that make the given runs of chains; each starts with a copy of `logits`.
    ///
    /// - Throws: `UserError` (71) if the system gives no thread.
    init(_ chains: [(chain: Int, runs: [Int])], threads: Int, logits: ChainLogits) throws {
        chainsToStart = chains[...]
        runsToTake = chains.reduce(0) { $0 + $1.runs.count }
        room = 2 * threads
        let wanted = min(threads, chains.count)
        var made = 0
        while made < wanted {
            changed.withLock { running += 1 }
            guard SystemThread.start({ [self] in train(logits) }) else {
                // Fewer threads make the same runs.
                changed.withLock { running -= 1 }
                break
            }
            made += 1
        }
        guard made > 0 || wanted == 0 else {
            throw UserError.system("the system gives no thread to train on: ulimit -u and ulimit -v are its limits")
        }
    }

    private func train(_ logits: ChainLogits) {
        var logits = logits
        while let (chain, runs) = nextChain() {
            do {
                try logits.train(
                    chain: chain, runs: runs, isCancelled: { [self] in changed.withLock { isCancelled } }, take: give)
            } catch is CancellationError {
                break
            } catch {
                fail(error)
            }
        }
        end()
    }

    /// The runs made since the last call; waits at most `timeout` seconds for one. Nil when all have been taken.
    ///
    /// - Throws: The first error thrown on a thread.
    func take(timeout: Double) throws -> [RunLogits]? {
        try changed.withLock {
            let deadline = Monitor.Deadline(after: timeout)
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

    /// Ends the threads, in the middle of their runs if necessary, and waits until they have ended: a process that
    /// exits while one of them is executing in OpenBLAS may crash on exit.
    func cancel() {
        changed.withLock {
            isCancelled = true
            changed.broadcast()
            while running > 0 { changed.wait() }
        }
    }

    private func nextChain() -> (chain: Int, runs: [Int])? {
        changed.withLock { isCancelled || failure != nil ? nil : chainsToStart.popFirst() }
    }

    /// Hands over a run, once there is room for it.
    ///
    /// - Throws: `CancellationError` if the threads are being ended.
    private func give(_ run: RunLogits) throws {
        try changed.withLock {
            while made.count >= room && !isCancelled { changed.wait() }
            if isCancelled { throw CancellationError() }
            made.append(run)
            changed.broadcast()
        }
    }

    private func fail(_ error: any Error) {
        changed.withLock {
            failure = failure ?? error
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
