import ArgumentParser
import EnsembleTraining

extension TrainingMethod.Name: ExpressibleByArgument {}

/// Options of the method by which the runs of an ensemble come to differ.
struct MethodOptionGroup: ParsableArguments {
    @Option(
        help: """
            How the runs are made: deep (independent runs), snapshot (cosine cycles), fge (triangular cycles from a \
            trained network), dropout, swag (Gaussian through SGD's iterates), csgld (cyclical Langevin dynamics), vi \
            (variational, fully factorized), laplace (Kronecker-factored).
            """)
    var method = TrainingMethod.Name.deep

    @Option(
        help: ArgumentHelp(
            """
            Samples per chain. Runs are numbered chain by chain: the first chain has runs 0 to samples - 1. [default: \
            20; 1 for deep]
            """))
    var samples: Int?

    @Option(help: "Epochs of a cycle: snapshot, fge, csgld. [default: 6, 2, 12]")
    var cycleEpochs: Int?

    @Option(help: "Dropout probability of a hidden unit: dropout. [default: 0.2]")
    var dropout: Float?

    @Option(help: "Minimum learning rate of a cycle: fge. [default: a hundredth of --learning-rate]")
    var minLearningRate: Float?

    @Option(help: "Samples per cycle, one at the end of each of its last epochs: csgld. [default: 3]")
    var samplesPerCycle: Int?

    @Option(help: "Temperature of the posterior, 1 for that of Bayes: csgld. [default: 1]")
    var temperature: Float?

    @Option(help: "Epochs after the ordinary training: swag, vi. [default: 12]")
    var extraEpochs: Int?

    func validate() throws {
        if let samples, samples < 1 { throw ValidationError("--samples \(samples): must be at least 1") }
        if method == .deep, let samples, samples != 1 {
            throw ValidationError("--samples \(samples): every run of a deep ensemble is a chain of its own")
        }
        let given: [(option: String, isGiven: Bool, methods: [TrainingMethod.Name])] = [
            ("--cycle-epochs", cycleEpochs != nil, [.snapshot, .fge, .csgld]),
            ("--dropout", dropout != nil, [.dropout]),
            ("--min-learning-rate", minLearningRate != nil, [.fge]),
            ("--samples-per-cycle", samplesPerCycle != nil, [.csgld]),
            ("--temperature", temperature != nil, [.csgld]), ("--extra-epochs", extraEpochs != nil, [.swag, .vi]),
        ]
        if let option = given.first(where: { $0.isGiven && !$0.methods.contains(method) }) {
            let methods = option.methods.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("\(option.option) is an option of \(methods), not of \(method.rawValue)")
        }
    }

    /// Number of runs per chain.
    var runsOfChain: Int { method == .deep ? 1 : samples ?? 20 }

    /// The method with its values.
    func trainingMethod(learningRate: Float) -> TrainingMethod {
        switch method {
        case .deep: .deep
        case .snapshot: .snapshot(cycleEpochs: cycleEpochs ?? 6)
        case .fge: .fge(cycleEpochs: cycleEpochs ?? 2, lowRate: minLearningRate ?? learningRate / 100)
        case .dropout: .dropout(rate: dropout ?? 0.2)
        case .swag: .swag(extraEpochs: extraEpochs ?? 12)
        case .csgld: langevin(cycleEpochs: cycleEpochs ?? 12)
        case .vi: .vi(extraEpochs: extraEpochs ?? 12)
        case .laplace: .laplace
        }
    }
    private func langevin(cycleEpochs: Int) -> TrainingMethod {
        .csgld(
            cycleEpochs: cycleEpochs, samplesACycle: samplesPerCycle ?? min(3, cycleEpochs),
            temperature: temperature ?? 1)
    }
}
