import EnsembleKernel
import Ensembles
import KernelPrediction
import MessagePassing
import UserMessages

/// A prediction with its files and its table: the work of `predict`, which the demo runs too.
struct PredictJob {
    /// Requested numbers of neighbors; those not requested follow from the others and from the training examples.
    struct Votes {
        var k, weightedK, kMax: Int?
        var power = PredictionOptions.Votes().power
        var ties = TieRule.smallest
        var selectsByLeaveOneOut = false
        var combines = false
        var joinsTest = false
        /// Whether the same votes are held by pixels.
        var controls = false
        /// The scaling of the kernel; nil to leave it as it is.
        var scaling: RequestedScaling?

        /// The votes for the given number of training examples.
        func votes(training: Int) -> PredictionOptions.Votes {
            var votes = PredictionOptions.Votes()
            votes.kMax = kMax ?? max(k ?? 0, weightedK ?? 0, scaling?.k ?? 0, min(votes.kMax, training))
            votes.k = k ?? min(votes.k, votes.kMax, training)
            votes.weightedK = weightedK ?? min(votes.weightedK, votes.kMax, training)
            votes.power = power
            votes.ties = ties
            votes.selectsByLeaveOneOut = selectsByLeaveOneOut
            (votes.combines, votes.joinsTest) = (combines, joinsTest)
            return votes
        }
    }

    var source: EnsembleSource
    var votes = Votes()
    /// The transform and the grid; the other options are set by `machine`.
    var search = SearchOptions()
    var machine: SearchMachine
    /// The folder for the results; nil to write nothing.
    var out: String?
    var checkpoints = CheckpointUse()
    /// Whether to print the table of seconds by phase.
    var showsPhases = false
    var output: OutputOptions

    /// Predicts, writes and prints. Collective over `world`: every rank calls it.
    ///
    /// - Throws: `AgreedFailure` on every rank if the ensemble, the options or the folder are unsuitable, or (75) if
    ///   the job is asked to stop; `MPIError`.
    func run(world: Communicator) throws {
        if out != nil { checkpoints.listen() }
        // Ranks that share a core would take longer than a single rank on it; a requested grid is used all the same.
        let workers = search.grid == nil ? try machine.parallel.ranksWithCores(world: world) : world
        if let workers { try run(workers: workers, idleRanks: world.size - workers.size) }
    }

    private func run(workers world: Communicator, idleRanks: Int) throws {
        let ensemble = try source.open(writing: out.map(PredictionFolder.files) ?? [], world: world)
        let results = try out.map { try PredictionFolder($0, world: world) }
        var options = PredictionOptions()
        let training = ensemble.train?.examples ?? .max
        options.votes = votes.votes(training: training)
        options.scaling = votes.scaling?.nearest(of: training, kept: options.votes.kMax)
        options.controls = votes.controls ? try source.controls(of: ensemble, world: world) : nil
        options.search = search
        options.idleRanks = idleRanks
        try machine.set(&options.search, world: world)
        let bar = machine.parallel.progressBar("kernel", world: world)
        let checkpoint = try out.map { try checkpoints.open("\($0)/checkpoint", world: world) }
        let prediction = try Prediction(
            of: ensemble, options: options, checkpoint: checkpoint, world: world, version: ProgramVersion.current
        ) { bar.update($0) }
        try results?.write(prediction)
        try checkpoint?.remove()
        let summary = prediction.summary
        machine.parallel.eventLog(world: world).write("rank_activity", summary.rank_activity[world.rank])
        guard world.rank == 0 else { return }
        warnOfIdleRanks(summary, withoutCores: idleRanks)
        let table = AccuracyTable(summary, out: out).text
        let text = showsPhases ? "\(table)\n\n\(PhaseTable(summary.rank_activity).text)" : table
        try output.print(text: text, json: summary.json())
    }

    private func warnOfIdleRanks(_ summary: Summary, withoutCores: Int) {
        if withoutCores > 0 {
            Diagnostics.warn(
                """
                \(withoutCores) of \(summary.ranks) ranks were idle because there are fewer cores: mpirun -n \
                \(summary.ranks - withoutCores) does the same (--grid RxN uses all ranks)
                """)
        } else if summary.idleRanks > 0 {
            Diagnostics.warn(
                """
                \(summary.idleRanks) of \(summary.ranks) ranks were idle: the grid divides \(summary.ensemble.runs) \
                runs by \(summary.grid.runs) and \(summary.ensemble.train) training examples by \(summary.grid.train)
                """)
        }
    }
}
