import ArrayFiles
import MessagePassing
import ParallelRanges
import Platform
import UserMessages

/// The result of a training, for all runs in the folder.
public struct TrainingSummary: Equatable, Sendable {
    /// Number of runs in the folder.
    public let runs: Int
    /// Number of runs made by this training; 0 if there was nothing to do.
    public let made: Int
    /// Wall time of making them, in seconds.
    public let seconds: Double
    /// Mean test accuracy of the single runs.
    public let testAccuracy: Double
    /// Mean accuracy of the single runs on the training examples.
    public let trainAccuracy: Double
}

/// A finding of a training that the user may want to know about.
public enum TrainingRemark: Equatable, Sendable {
    /// Of so many finished runs of an unfinished training in `folder`, some are damaged; they are made again.
    case damagedRuns(Int, of: Int, folder: String)
}

/// An ensemble of networks of one shape on one data set, made by one ``TrainingMethod``.
public struct NetworkEnsemble: Sendable {
    private let dataset: Dataset
    private let targets: TrainingTargets?
    private let options: TrainingOptions

    /// The ensemble of the networks trained with `options` on `dataset`, cut to the numbers of examples in the options.
    ///
    /// - Parameter targets: What networks learn in place of the labels, a row for each training example that is used;
    ///   nil for the labels.
    /// - Throws: ``TrainingOptionError`` if an option is invalid, the targets do not fit, the images are too small for
    ///   the convolutions or the network has more than a billion weights.
    public init(
        dataset: Dataset, targets: TrainingTargets? = nil, options: TrainingOptions = TrainingOptions()
    ) throws {
        var options = options
        options.targets = targets?.checksum
        try options.validate()
        self.dataset = try dataset.used(with: options)
        try TrainingTask.check(self.dataset, options)
        try targets?.check(self.dataset)
        self.targets = targets
        self.options = options
    }

    /// Makes the runs that are missing for `folder` to hold at least `runs` runs. Collective: every rank calls it, from
    /// its main thread, with the same arguments; all ranks see the same folder.
    ///
    /// The chains with missing runs are divided over the ranks, and there over `threads` threads; the logits of a run
    /// are the same bits wherever it is made, as long as OpenBLAS chooses the same kernels there. Each run is safe once
    /// it is made: after a crash, a call with the same arguments makes only the missing runs, although an unfinished
    /// chain is repeated up to its last finished run. Runs that are damaged by then are made again. If more runs are
    /// requested than exist, the others are added; if fewer, nothing is done. OpenBLAS runs on one thread in the
    /// meantime, so let nothing else use it.
    ///
    /// - Parameters:
    ///   - remark: Called on rank 0 only with what the user may want to know.
    ///   - progress: Called on rank 0 only with the number of existing runs, on all ranks, and the final number: at
    ///     once, and whenever the first has grown.
    ///   - finished: Called with the number of each run made by this rank, once it is safe.
    /// - Returns: The same summary on every rank.
    /// - Throws: `AgreedFailure` on every rank: 64 if the folder's runs were made with other options, 65 if it is
    ///   damaged or a run diverges, 75 if the process was asked to stop, 73 if it cannot be written, is in use by
    ///   another training or has too little space for all runs. Runs made before are kept for resuming. `MPIError`.
    public func train(
        runs: Int, into folder: String, communicator: Communicator, threads: Int,
        remark: (TrainingRemark) -> Void = { _ in },
        progress: (_ finished: Int, _ total: Int) -> Void = { _, _ in }, finished: (_ run: Int) -> Void = { _ in }
    ) throws -> TrainingSummary {
        try communicator.agree {
            guard runs >= 1 else { throw TrainingOptionError.invalid("runs", rule: "at least 1") }
            guard threads >= 1 else { throw TrainingOptionError.invalid("threads", rule: "at least 1") }
        }
        return try communicator.withClaimedFolder(folder) {
            try trainMissing(
                runs: runs, into: folder, communicator, threads: threads, remark: remark, progress: progress,
                finished: finished)
        }
    }

    private func trainMissing(
        runs: Int, into folder: String, _ communicator: Communicator, threads: Int, remark: (TrainingRemark) -> Void,
        progress: (Int, Int) -> Void, finished: (Int) -> Void
    ) throws -> TrainingSummary {
        let start = ContinuousClock.now
        let folder = EnsembleFolder(
            path: folder, recipe: EnsembleRecipe(dataset: dataset, options: options), classNames: dataset.classNames,
            parameterCount: NetworkLayout(of: dataset, options).parameterCount)
        var plan: EnsembleFolder.Plan
        var made = 0
        repeat {
            // Repeated if an earlier training of fewer runs must be finished first.
            plan = try agreedPlan(folder, runs: runs, communicator)
            if plan.state == .resumed {
                try verify(&plan, in: folder, communicator, threads: threads, remark: remark)
            }
            made += plan.missing.count
            if plan.state != .complete {
                if !plan.missing.isEmpty {
                    try withOneThreadOfOpenBLAS {
                        try makeMissing(
                            &plan, in: folder, communicator, threads: threads, progress: progress, finished: finished)
                    }
                }
                let finished = plan.finished.compactMap { $0 }
                try communicator.agree { if communicator.rank == 0 { try folder.commit(finished) } }
            }
        } while plan.runs < runs
        let elapsed = start.duration(to: .now) / .seconds(1)
        return summary(plan, made: made, seconds: try communicator.broadcast(elapsed, root: 0))
    }

    /// The plan that rank 0 makes from the contents of the folder, on every rank.
    private func agreedPlan(
        _ folder: EnsembleFolder, runs: Int, _ communicator: Communicator
    ) throws -> EnsembleFolder.Plan {
        var plan: EnsembleFolder.Plan?
        try communicator.agree {
            if communicator.rank == 0 { plan = try folder.prepare(runs: runs, dataset: dataset) }
        }
        let message = [plan?.state.rawValue ?? 0] + (plan?.finished ?? []).flatMap(Self.numbers)
        let received = try communicator.broadcast(message, root: 0)
        let finished = stride(from: 1, to: received.count, by: 2).map { Self.answers(received[$0], received[$0 + 1]) }
        return EnsembleFolder.Plan(
            runs: finished.count, finished: finished, state: .init(rawValue: received[0]) ?? .complete)
    }

    private static func numbers(_ correct: CorrectPredictions?) -> [Int] {
        [correct?.test ?? -1, correct?.train ?? -1]
    }

    private static func answers(_ test: Int, _ train: Int) -> CorrectPredictions? {
        test < 0 ? nil : CorrectPredictions(test: test, train: train)
    }

    /// Reads the finished runs of an earlier training back, which the ranks share; the damaged ones become missing.
    private func verify(
        _ plan: inout EnsembleFolder.Plan, in folder: EnsembleFolder, _ communicator: Communicator, threads: Int,
        remark: (TrainingRemark) -> Void
    ) throws {
        let own = try communicator.agree {
            try folder.damagedRuns(inPart: communicator.rank, of: communicator.size, threads: threads)
        }
        let damaged = try communicator.allgather(own).flatMap { $0 }
        guard !damaged.isEmpty else { return }
        for run in damaged { plan.finished[run] = nil }
        let finished = plan.runs - plan.missing.count + damaged.count
        if communicator.rank == 0 { remark(.damagedRuns(damaged.count, of: finished, folder: folder.path)) }
    }

    /// Makes this rank's share of the missing runs; returns when all ranks have made theirs.
    private func makeMissing(
        _ plan: inout EnsembleFolder.Plan, in folder: EnsembleFolder, _ communicator: Communicator, threads: Int,
        progress: (Int, Int) -> Void, finished: (Int) -> Void
    ) throws {
        let (files, journal) = try communicator.agree {
            (try folder.openRuns(), try JournalWriter(folder.journalFile))
        }
        let chains = Self.chains(of: plan.missing, samples: options.samples)
        let own = chains[Partition(chains.count, communicator.size).range(of: communicator.rank)]
        let ownRuns = own.reduce(0) { $0 + $1.runs.count }
        let training = try TrainingThreads(
            Array(own), threads: threads,
            logits: ChainLogits(TrainingTask(dataset: dataset, targets: targets, options: options)))
        defer { training.cancel() }

        let (total, before) = (plan.runs, plan.runs - plan.missing.count)
        var reported = -1
        func report(_ made: Int) {
            guard communicator.rank == 0, before + made > reported else { return }
            reported = before + made
            progress(reported, total)
        }
        report(0)
        var made: [Int] = []
        try communicator.share(progress: report) {
            guard let runs = try training.take(timeout: 0.05) else {
                return WorkProgress(done: ownRuns, isWhole: true)
            }
            try files.write(runs)
            for run in runs {
                try journal.mark(run.run, folder.writeFeatures(of: run))
                made += [run.run, run.correct.test, run.correct.train]
                finished(run.run)
            }
            if let signal = StopRequest.signal {
                throw Stopped(signal: signal, kept: "the runs that are finished are kept in \(folder.path)")
            }
            return WorkProgress(done: made.count / 3)
        }

        for made in try communicator.allgather(made) {
            for first in stride(from: 0, to: made.count, by: 3) {
                plan.finished[made[first]] = CorrectPredictions(test: made[first + 1], train: made[first + 2])
            }
        }
    }

    /// The chains that contain the given runs, which ascend, each with its runs.
    static func chains(of runs: [Int], samples: Int) -> [(chain: Int, runs: [Int])] {
        runs.reduce(into: []) { chains, run in
            if chains.last?.chain == run / samples {
                chains[chains.count - 1].runs.append(run)
            } else {
                chains.append((run / samples, [run]))
            }
        }
    }

    private func summary(_ plan: EnsembleFolder.Plan, made: Int, seconds: Double) -> TrainingSummary {
        let correct = plan.finished.compactMap { $0 }
        func share(_ part: Dataset.Split, _ count: (CorrectPredictions) -> Int) -> Double {
            Double(correct.reduce(0) { $0 + count($1) }) / Double(correct.count * part.count)
        }
        return TrainingSummary(
            runs: plan.runs, made: made, seconds: seconds,
            testAccuracy: share(dataset.test) { $0.test }, trainAccuracy: share(dataset.train) { $0.train })
    }
}
