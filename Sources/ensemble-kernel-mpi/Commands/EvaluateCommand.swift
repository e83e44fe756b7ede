import ArgumentParser
import EnsembleEvaluation
import EnsembleKernel
import Ensembles
import KernelPrediction
import MessagePassing
import Reports
import UserMessages

/// `evaluate`: metrics of ensembles of the runs.
struct EvaluateCommand: RankCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate",
        abstract: "Measure error, likelihood, calibration and diversity by ensemble size.",
        discussion: """
            Forms ensembles of 1, 2, 5, 10 ... runs: disjoint sets of independent runs, or the first runs of each \
            chain if ensemble.json describes chains. Test labels are required. With training logits and labels, also \
            measures the probabilities of k-NN with the kernel, and their product with the ensemble's.

            With --against, each calibrated likelihood is also given as the size of the deep ensemble that reaches it \
            (its deep-ensemble equivalent).

            With --test, other labeled examples are measured, too, such as shifted ones: each path is a file or folder \
            with logits of the same runs, and labels.

            With --ood, confidence, entropy, the kernel's similarity and other scores also tell the test examples from \
            those of other distributions: each path is a file or folder with logits of the same runs on other inputs.

            With --out the folder gets evaluation.json, evaluation.csv, classes.csv, confusions.csv, \
            error_detection.csv (how well scores detect errors), risk_by_coverage.csv, charts (SVG) and, if requested, \
            test_sets.csv, out_of_distribution.csv, calibration.csv, conformal.csv, settled.csv, budgets.csv and \
            cascade.csv.

            EXAMPLES
              mpirun -n 2 ensemble-kernel-mpi evaluate snapshots --against deep
              ensemble-kernel-mpi evaluate deep --sizes 1,4,16 --cascade -o evaluation
              ensemble-kernel-mpi evaluate deep --ood svhn textures --conformal 0.1 -o evaluation
            """)

    @OptionGroup(title: "Input options") var ensemble: EnsembleOptionGroup

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("Files or folders of a deep ensemble to compare with.", valueName: "ensemble"))
    var against: [String] = []

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "Files or folders with logits of the same runs on other labeled examples, one for each set.",
            valueName: "set"))
    var test: [String] = []

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "Files or folders with logits of the same runs on examples of other distributions, one for each set.",
            valueName: "set"))
    var ood: [String] = []

    @Option(
        help: ArgumentHelp(
            "Ensemble sizes. (default: 1,2,5,10,20,50,... and all)", valueName: "numbers"))
    var sizes: NumberList?

    @Option(
        help: ArgumentHelp(
            """
            Also compare the largest ensembles whose training costs no more than so many epochs, with those of \
            --against. ensemble.json must have cost_epochs.
            """, valueName: "epochs"))
    var budgets: NumberList?

    @Option(help: ArgumentHelp("Maximum number of ensembles of each size.", valueName: "n"))
    var subsets = 10

    @Option(
        help: """
            Random seed of the sets of runs, of the cross-validation splits for calibrators, conformal sets and the \
            cascade, and of the random shares of conformal sets.
            """)
    var seed: UInt64 = 0

    @Flag(inversion: .prefixedNo, help: "Also measure k-NN with the kernel.")
    var kernel = true

    @Option(
        name: [.customShort("k", allowingJoined: true), .customLong("weighted-k")],
        help: ArgumentHelp(
            """
            Number of neighbors. Good probabilities need more neighbors than good predictions. (default: 101; 50 with \
            --scaling)
            """, valueName: "n"))
    var weightedK: Int?

    @Option(
        help: ArgumentHelp(
            "Exponent of the vote weights: K^p, or (1 + S)^p with local scaling. (default: 8; 4 with --scaling)",
            valueName: "p"))
    var power: Double?

    @OptionGroup var scaling: ScalingOptionGroup

    @Option(help: ArgumentHelp("Transform applied to the logits.", valueName: "name"))
    var transform = Transform.logSoftmax

    @Option(
        help: ArgumentHelp(
            """
            Calibrators to compare, fitted to one half of the test examples and measured on the other: temperature, \
            vector, isotonic, beta, histogram, or all.
            """, valueName: "names"))
    var calibrate: CalibratorList?

    @Option(
        help: ArgumentHelp(
            "Conformal prediction sets; the fraction of sets that may miss the label, such as 0.1.",
            valueName: "error"))
    var conformal: Double?

    @Option(
        help: ArgumentHelp(
            """
            Also measure how many runs it takes until the majority vote for each example is that of all runs (of the \
            first 1,000, if there are more); the probability, such as 0.01, with which it may be another.
            """, valueName: "error"))
    var settled: Double?

    @OptionGroup(title: "Cascade options") var cascade: CascadeOptionGroup

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Output folder. Without it nothing is written.", valueName: "folder"))
    var out: String?

    @OptionGroup(title: "Machine options") var search: SearchOptionGroup
    @OptionGroup var output: OutputOptions

    var parallelOptions: ParallelOptions? { search.parallel }

    func validate() throws {
        if let power { try PowerOption.check(power) }
        guard 1...10_000 ~= subsets else {
            throw ValidationError("--subsets \(subsets): must be between 1 and 10,000")
        }
        if let conformal, !(0..<1).contains(conformal) {
            throw ValidationError("--conformal \(conformal): must be at least 0 and below 1")
        }
        if let settled, !(0..<1).contains(settled) {
            throw ValidationError("--settled \(settled): must be at least 0 and below 1")
        }
        if let weightedK, weightedK < 1 { throw ValidationError("--weighted-k \(weightedK): must be at least 1") }
    }

    func run(world: Communicator) throws {
        let outputs = out.map(EvaluationCharts.files) ?? []
        let pool = try ensemble.open(writing: outputs, world: world)
        let deepSource = EnsembleSource(paths: against, choice: ensemble.input.choice)
        let deep = against.isEmpty ? nil : try deepSource.open(writing: outputs, world: world)
        /// The same runs on other examples, whose labels are beside them.
        func others(_ paths: [String], readsLabels: Bool) throws -> [Evaluator.NamedEnsemble] {
            try paths.map { path in
                var source = ensemble.source
                (source.paths, source.dataset, source.mayDisagree) = ([path], nil, !readsLabels)
                // What is said of the ensemble's training logits, labels and files is not of these.
                source.choice = InputChoice(inputs: source.choice.inputs)
                (source.choice.logits, source.choice.readsLabels) = (ensemble.source.choice.logits, readsLabels)
                if source.distinct, let numbers = pool.test?.numbers {
                    (source.distinct, source.leftOut) = (false, [])
                    source.runs = .numbers(numbers.map { $0...$0 })
                }
                return (name: path, ensemble: try source.open(writing: outputs, world: world))
            }
        }
        let tests = try others(test, readsLabels: true)
        let outliers = try others(ood, readsLabels: false)
        var options = EvaluationOptions()
        options.sizes = sizes?.numbers
        options.budgets = (budgets?.numbers ?? []).map(Double.init)
        options.subsets = subsets
        options.seed = seed
        options.kernel = kernel
        options.calibrators = calibrate?.calibrators ?? []
        options.conformalError = conformal
        options.settledError = settled
        options.cascade = try cascade.cascade(runs: pool.test?.runs ?? 0)
        let scaling = scaling.requested
        options.scaling = scaling?.nearest(of: pool.train?.examples ?? .max)
        options.vote = scaling == nil ? EvaluationOptions.usualVote : EvaluationOptions.usualLocalVote
        options.vote.k = weightedK ?? options.vote.k
        if let power { options.vote.vote = scaling == nil ? .weighted(power: power) : .local(power: power) }
        options.search.transform = transform
        try search.machine.set(&options.search, world: world)
        let bars = search.parallel.progressBars(Evaluator.Stage.allCases, world: world)
        let evaluator = try Evaluator(
            pool, against: deep, tests: tests, outliers: outliers, options: options, world: world,
            searchers: search.parallel.ranksWithCores(world: world))
        try world.withClaimedFolder(out) {
            var evaluation = try evaluator.evaluate(version: ProgramVersion.current) { bars[$0]?.update($1) }
            let names = try world.agree { world.rank == 0 ? try ensemble.source.classNames(of: pool) : [] }
            // Those beside the logits may be of other networks.
            if names.count == evaluation.ensemble.classes { evaluation.by_class?.names = names }
            try world.agree { if world.rank == 0, let out { try EvaluationCharts(evaluation).write(into: out) } }
            guard world.rank == 0 else { return }
            warnOfOtherMethods(evaluation)
            try output.print(text: EvaluationReport(evaluation, out: out).text, json: evaluation.json())
        }
    }

    private func warnOfOtherMethods(_ evaluation: Evaluation) {
        guard let methods = evaluation.against?.pool.methods, !methods.allSatisfy({ $0 == "deep" }) else { return }
        Diagnostics.warn(
            """
            --against \(against.joined(separator: " ")): not a deep ensemble, its runs were made by \
            \(methods.joined(separator: ", "))
            """)
    }
}
