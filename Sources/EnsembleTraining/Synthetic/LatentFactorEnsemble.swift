import ArrayFiles
import Ensembles
import MessagePassing
import ParallelRanges
import Platform
import UserMessages

/// A synthetic ensemble of any size, for testing programs at scale: its logits come from a `LatentFactorModel`, without
/// any training.
public struct LatentFactorEnsemble: Sendable {
    /// Number of runs R.
    public let runs: Int
    /// Number of test examples T.
    public let test: Int
    /// Number of training examples N.
    public let train: Int
    /// Number of classes C.
    public let classes: Int
    private let model: LatentFactorModel

    /// An ensemble of the given numbers of runs, examples and classes; another seed makes other logits and labels.
    ///
    /// - Throws: ``TrainingOptionError`` if a number is below 1, or there are fewer than 2 or more than 65,536 classes.
    public init(runs: Int, test: Int, train: Int, classes: Int, seed: UInt64) throws {
        for (name, count) in [("runs", runs), ("test", test), ("train", train)] where count < 1 {
            throw TrainingOptionError.invalid(name, rule: "at least 1")
        }
        guard (2...65_536).contains(classes) else { throw TrainingOptionError.invalid("classes", rule: "2 to 65536") }
        (self.runs, self.test, self.train, self.classes) = (runs, test, train, classes)
        model = LatentFactorModel(classes: classes, seed: seed)
    }

    /// Number of bytes of all logits, in float16.
    public var byteCount: Int { 2 * runs * (test + train) * classes }

    /// Writes `logits.npy` (R, T, C), `logits_train.npy` (R, N, C), `labels.npy` and `labels_train.npy` into a folder.
    /// Collective: every rank calls it with the same arguments; all ranks see the same folder.
    ///
    ///     rank     0          1          2             each rank makes some of the runs, and writes them to their
    ///     runs   0 1 2      3 4 5       6 7            positions in the shared files
    ///
    /// The runs are divided over the ranks, and there over `threads` threads. The bytes are the same for any number of
    /// both, as long as OpenBLAS chooses the same kernels. Memory grows neither with the runs nor with the examples.
    /// The files appear when all of them are complete. OpenBLAS runs on one thread in the meantime, so let nothing else
    /// use it.
    ///
    /// - Parameter progress: Called with the fraction of all ranks' logits that is made.
    /// - Throws: `AgreedFailure` on every rank: 64 if the folder already holds an ensemble, 73 if it cannot be written,
    ///   is in use by another job or has too little space; `MPIError`.
    public func write(
        to folder: String, communicator: Communicator, threads: Int, progress: (Double) -> Void = { _ in }
    ) throws {
        precondition(threads >= 1, "\(threads) threads make no runs")
        let isFirst = communicator.rank == 0
        try communicator.withClaimedFolder(folder) {
            let created = try communicator.agree { isFirst ? try UnfinishedEnsemble(creatingIn: folder, self) : nil }
            do {
                let files = try communicator.agree { try created ?? UnfinishedEnsemble(openingIn: folder) }
                try withOneThreadOfOpenBLAS {
                    try makeShare(of: files, communicator, threads: threads, progress: progress)
                }
                try communicator.agree { try files.synchronize() }
                try communicator.agree { try created?.commit() }
            } catch {
                created?.discard()
                throw error
            }
        }
    }

    /// Makes this rank's runs of all examples; returns when all ranks have made theirs.
    private func makeShare(
        of files: UnfinishedEnsemble, _ communicator: Communicator, threads: Int, progress: (Double) -> Void
    ) throws {
        let share = Partition(runs, communicator.size).range(of: communicator.rank)
        let threads = min(threads, max(1, share.count))
        // Enough runs per step that the threads seldom wait for one another, but few enough for a fraction of a second.
        let step = 16 * threads
        var blocks = blocks.makeIterator()
        var block: LatentFactorModel.Block?
        var next = share.upperBound
        var made = 0
        try communicator.share(progress: { progress(Double($0) / Double(runs * blockCount)) }) {
            if next == share.upperBound {
                guard !share.isEmpty, let (part, examples) = blocks.next() else {
                    return WorkProgress(done: made, isWhole: true)
                }
                block = model.block(part, examples)
                next = share.lowerBound
                if communicator.rank == 0, let block { try files.writeLabels(block) }
            }
            let runs = next..<min(next + step, share.upperBound)
            if let block { try make(runs, block, threads: threads, into: files) }
            next = runs.upperBound
            made += runs.count
            return WorkProgress(done: made)
        }
    }

    /// The blocks of the test examples, then those of the training examples.
    private var blocks: some Sequence<(ExampleSet, Range<Int>)> {
        [(ExampleSet.test, test), (.train, train)].lazy.flatMap { part, count in
            stride(from: 0, to: count, by: model.examplesPerBlock).lazy.map { first in
                (part, first..<min(first + model.examplesPerBlock, count))
            }
        }
    }

    private var blockCount: Int {
        [test, train].reduce(0) { $0 + ($1 + model.examplesPerBlock - 1) / model.examplesPerBlock }
    }

    private func make(
        _ runs: Range<Int>, _ block: LatentFactorModel.Block, threads: Int, into files: UnfinishedEnsemble
    ) throws {
        try concurrently(over: runs.count, threads: threads) { own in
            var workspace = LatentFactorModel.Workspace()
            for index in own {
                let run = runs.lowerBound + index
                model.makeLogits(run: run, block, in: &workspace)
                try files.write(workspace.halves, run: run, block)
            }
        }
    }
}
