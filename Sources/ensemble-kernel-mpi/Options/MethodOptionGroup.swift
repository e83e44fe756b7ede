import ArgumentParser
import EnsembleTraining

extension TrainingMethod.Name: ExpressibleByArgument {
    /// What the help says of each value.
    public static var allValueDescriptions: [String: String] {
        [
            "deep": "independent runs: a deep ensemble",
            "snapshot": "snapshots at the ends of cosine cycles",
            "nocycle": "snapshots of one training without cycles, whose rate is 0 after --samples",
            "single-cycle": "networks of their own, each trained for one cosine cycle",
            "fge": "fast geometric ensembling: triangular cycles from a trained network",
            "dropout": "Monte Carlo dropout",
            "swag": "SWAG: a Gaussian fitted to the iterates of SGD",
            "csgld": "cyclical stochastic gradient Langevin dynamics",
            "vi": "mean-field variational inference; only with --network mlp",
            "laplace": "Kronecker-factored Laplace approximation; only with --network mlp",
        ]
    }
}

/// Options of the method by which the runs of an ensemble come to differ.
struct MethodOptionGroup: ParsableArguments {
    @Option(help: "Ensemble method.")
    var method = TrainingMethod.Name.deep

    @Option(
        help: ArgumentHelp(
            "Runs per chain. Runs 0 to n - 1 are the first chain, and so on. (default: 20; 1 for deep)",
            valueName: "n"))
    var samples: Int?

    @Option(
        help: ArgumentHelp(
            """
            Epochs per cycle, or from one snapshot to the next. (snapshot, nocycle, single-cycle, fge, csgld only; \
            default: 6, 6, 6, 2, 12)
            """, valueName: "n"))
    var cycleEpochs: Int?

    @Option(
        help: ArgumentHelp("Dropout probability of a hidden unit. (dropout only; default: 0.2)", valueName: "p"))
    var dropout: Float?

    @Option(
        help: ArgumentHelp(
            "Minimum learning rate of a cycle. (fge only; default: --learning-rate / 100)", valueName: "rate"))
    var minLearningRate: Float?

    @Option(
        help: ArgumentHelp(
            "Samples per cycle, one at the end of each of its last epochs. (csgld only; default: 3)", valueName: "n"))
    var samplesPerCycle: Int?

    @Option(
        help: ArgumentHelp(
            """
            Temperature of the posterior; 1 is the Bayes posterior. For vi it multiplies the divergence from the \
            prior. (csgld and vi only; default: 1)
            """, valueName: "value"))
    var temperature: Float?

    @Option(
        help: ArgumentHelp("Epochs after the training itself. (swag and vi only; default: 12)", valueName: "n"))
    var extraEpochs: Int?

    func validate() throws {
        if let samples, samples < 1 { throw ValidationError("--samples \(samples): must be at least 1") }
        if method == .deep, let samples, samples != 1 {
            throw ValidationError("--samples \(samples): every run of a deep ensemble is a chain of its own")
        }
        let given: [(option: String, isGiven: Bool, methods: [TrainingMethod.Name])] = [
            ("--cycle-epochs", cycleEpochs != nil, [.snapshot, .nocycle, .singleCycle, .fge, .csgld]),
            ("--dropout", dropout != nil, [.dropout]),
            ("--min-learning-rate", minLearningRate != nil, [.fge]),
            ("--samples-per-cycle", samplesPerCycle != nil, [.csgld]),
            ("--temperature", temperature != nil, [.csgld, .vi]), ("--extra-epochs", extraEpochs != nil, [.swag, .vi]),
        ]
        if let option = given.first(where: { $0.isGiven && !$0.methods.contains(method) }) {
            let methods = option.methods.map(\.rawValue).joined(separator: " or ")
            throw ValidationError("\(option.option) requires --method \(methods), not \(method.rawValue)")
        }
    }

    /// Number of runs per chain.
    var runsOfChain: Int { method == .deep ? 1 : samples ?? 20 }

    /// The method with its values.
    func trainingMethod(learningRate: Float) -> TrainingMethod {
        switch method {
        case .deep: .deep
        case .snapshot: .snapshot(cycleEpochs: cycleEpochs ?? 6)
        case .nocycle: .nocycle(cycleEpochs: cycleEpochs ?? 6)
        case .singleCycle: .singleCycle(cycleEpochs: cycleEpochs ?? 6)
        case .fge: .fge(cycleEpochs: cycleEpochs ?? 2, lowRate: minLearningRate ?? learningRate / 100)
        case .dropout: .dropout(rate: dropout ?? 0.2)
        case .swag: .swag(extraEpochs: extraEpochs ?? 12)
        case .csgld: langevin(cycleEpochs: cycleEpochs ?? 12)
        case .vi: .vi(extraEpochs: extraEpochs ?? 12, temperature: temperature == 1 ? nil : temperature)
        case .laplace: .laplace
        }
    }
    private func langevin(cycleEpochs: Int) -> TrainingMethod {
        .csgld(
            cycleEpochs: cycleEpochs, samplesACycle: samplesPerCycle ?? min(3, cycleEpochs),
            temperature: temperature ?? 1)
    }
}
