import Platform

/// Progress of a rank with its share of the work.
package struct WorkProgress {
    /// Number of pieces that are done.
    package var done: Int
    /// Whether the whole share is done.
    package var isWhole: Bool

    /// Progress of `done` pieces.
    package init(done: Int, isWhole: Bool = false) {
        self.done = done
        self.isWhole = isWhole
    }
}

extension Communicator {
    /// Calls `work` on every rank until all have done their shares. Collective: every rank calls it.
    ///
    ///     rank                    0            1            2
    ///     work() returns       2 of 3       4 of 4       2 of 3       one round: the numbers are summed
    ///     progress                8            8            8         and every rank gets the sum
    ///
    /// `work` computes for a fraction of a second and returns the progress of its rank. The rounds overlap with the
    /// work: no rank waits within MPI, where it would take a processor from those at work. A failure on one rank ends
    /// the work of all ranks within a round.
    ///
    /// - Parameters:
    ///   - progress: Called after each round with the number of pieces done by all ranks.
    ///   - work: Computes a little more, and returns the rank's progress so far.
    /// - Throws: `AgreedFailure` on every rank if `work` threw on one, or `MPIError`.
    package func share(progress: (_ done: Int) -> Void, work: () throws -> WorkProgress) throws {
        var share = WorkProgress(done: 0)
        var failure: (any Error)?
        func advance() {
            guard !share.isWhole && failure == nil else { return _ = usleep(20_000) }
            do {
                share = try work()
            } catch {
                failure = error
            }
        }
        var sum: [Int]
        repeat {
            advance()
            let round = try iallreduce([share.done, share.isWhole ? 1 : 0, failure == nil ? 0 : 1], .sum)
            while try !round.test() { advance() }
            sum = try round.wait()
            progress(sum[0])
        } while sum[1] < size && sum[2] == 0
        try agree { if let failure { throw failure } }
    }
}
