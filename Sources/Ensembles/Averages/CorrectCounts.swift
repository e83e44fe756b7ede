import MessagePassing
import ParallelRanges
import Synchronization

/// Numbers of correct predictions: of each run over the examples, and for each example over the runs.
public struct CorrectCounts: Sendable {
    /// Number of labeled examples that each of the R runs predicts correctly.
    public private(set) var ofRun: [Int]
    /// Number of runs that predict each of the M examples correctly; 0 for unlabeled ones, which mean nothing.
    public private(set) var ofExample: [Int]

    /// Counts the correct predictions of all runs. Collective over `world`: every rank calls it, and counts its share
    /// of the examples.
    ///
    /// - Throws: `AgreedFailure` on every rank if a file cannot be read, or `MPIError`.
    public init(of logits: Logits, labels: [Int], world: Communicator, threads: Int) throws {
        let own = Partition(logits.examples, world.size).range(of: world.rank)
        let counts = try world.agree { try CorrectCounts(of: logits, examples: own, labels: labels, threads: threads) }
        ofRun = try world.allreduce(counts.ofRun, .sum)
        ofExample = try world.allgather(counts.ofExample).flatMap { $0 }
    }

    /// Counts the correct predictions for some of the examples.
    private init(of logits: Logits, examples: Range<Int>, labels: [Int], threads: Int) throws {
        ofRun = Array(repeating: 0, count: logits.runs)
        ofExample = Array(repeating: 0, count: examples.count)
        guard !examples.isEmpty else { return }
        let total = Mutex(self)
        try concurrently(over: logits.runs, threads: threads) { runs in
            var top = [Int32](repeating: 0, count: examples.count)
            var ofExample = [Int](repeating: 0, count: examples.count)
            for run in runs {
                try logits.topClasses(run: run, examples: examples, into: &top)
                var right = 0
                for place in top.indices where Int(top[place]) == labels[examples.lowerBound + place] {
                    ofExample[place] += 1
                    right += 1
                }
                total.withLock { $0.ofRun[run] = right }
            }
            total.withLock { total in for place in ofExample.indices { total.ofExample[place] += ofExample[place] } }
        }
        self = total.withLock { $0 }
    }
}
