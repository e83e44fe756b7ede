import Foundation

/// The progress of a rank with its share of some work.
package struct WorkProgress {
    /// Pieces that are done.
    package var done: Int
    /// Whether those are all.
    package var isWhole: Bool

    /// So many pieces are done.
    package init(done: Int, isWhole: Bool = false) {
        self.done = done
        self.isWhole = isWhole
    }
}

extension Communicator {
    /// Calls `work` on every rank until all have done their shares. Collective: every rank calls it.
    ///
    ///     rank                    0            1            2
    ///     work() says          2 of 3       4 of 4       2 of 3       a round: they are summed
    ///     progress                8            8            8         and every rank hears of it
    ///
    /// `work` does a little, for a fraction of a second, and says how far its rank is. The rounds go on beside it: no
    /// rank waits within MPI, where it would take a processor from those at work. A rank that fails ends the work of
    /// all of them within a round.
    ///
    /// - Throws: `AgreedFailure` on every rank if `work` threw on one, or `MPIError`.
    package func share(progress: (_ done: Int) -> Void, work: () throws -> WorkProgress) throws {
        var share = WorkProgress(done: 0)
        var failure: (any Error)?
        func advance() {
            guard !share.isWhole && failure == nil else { return Thread.sleep(forTimeInterval: 0.02) }
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
