import ArgumentParser
import EnsembleKernel
import Ensembles
import KernelPrediction
import MessagePassing
import ParallelRanges
import UserMessages

/// Methods for choosing a vote.
enum SelectionMethod: String, ExpressibleByArgument, CaseIterable {
    case loo
}

/// `predict`: k-NN with the ensemble kernel.
struct PredictCommand: RankCommand {
    static let configuration = CommandConfiguration(
        commandName: "predict",
        abstract: "Predict by k-NN with the ensemble kernel.",
        discussion: """
            <ensemble> is a file or folder of saved logits: .npy, .npz, PyTorch .pt, pickles or .safetensors, with one \
            or more runs per file. Several are concatenated along the runs. Arrays are found by their usual names, \
            others by the input options; `ensemble-kernel-mpi inspect` shows how files would be read. Labels are \
            optional: without them there are neighbors but no predictions or accuracies. An example with a negative \
            label is unlabeled.

            With --out the folder gets neighbors.npy (int64, most similar first), similarities.npy (float32), \
            predictions.csv and summary.json. With --scaling local, neighbors and similarities are those of the scaled \
            kernel S. predictions.csv has a column for each kind of prediction.

            EXAMPLES
              ensemble-kernel-mpi predict log.pt
              mpirun -n 4 ensemble-kernel-mpi predict runs/ more-runs/ -k 5 -o results
              mpirun -n 4 ensemble-kernel-mpi predict runs/ --scaling local -o results
              mpirun -n 4 ensemble-kernel-mpi predict runs/ --dataset fashion-mnist
            """)

    @OptionGroup(title: "Input options") var ensemble: EnsembleOptionGroup

    @Option(
        name: [.customShort("k", allowingJoined: true), .long],
        help: ArgumentHelp("Number of neighbors of the majority vote. (default: 3)", valueName: "n"))
    var k: Int?

    @Option(help: ArgumentHelp("Which class wins a tied majority vote.", valueName: "rule"))
    var ties = TieRule.smallest

    @Option(
        help: ArgumentHelp(
            "Number of neighbors of the weighted and locally scaled votes. (default: 20)", valueName: "n"))
    var weightedK: Int?

    @Option(
        help: ArgumentHelp("Exponent of the vote weights: K^p, or (1 + S)^p with local scaling.", valueName: "p"))
    var power = 4.0

    @Option(help: ArgumentHelp("Number of neighbors to save for each test example. (default: 101)", valueName: "n"))
    var kMax: Int?

    @OptionGroup var scaling: ScalingOptionGroup

    @Option(
        help: ArgumentHelp(
            """
            Choose k, the kind of vote and its exponent without test labels. loo: by leave-one-out on the training \
            examples.
            """, valueName: "method"))
    var select: SelectionMethod?

    @Flag(
        help: """
            Also predict by the product of the ensemble's mean probabilities and those of k-NN, locally scaled if \
            --scaling is given.
            """)
    var combine = false

    @Flag(
        help: """
            With --scaling: also predict jointly, with the other test examples as neighbors. Over local scaling \
            alone, it gained 0.1 to 0.5 percentage points with 10,000 test examples of Fashion-MNIST, and nothing with \
            250.
            """)
    var joint = false

    @Flag(
        help: """
            Also predict by k-NN on pixel correlation, a baseline without networks. Needs --dataset, or images.npy \
            and images_train.npy beside the logits.
            """)
    var controls = false

    @Option(help: ArgumentHelp("Transform applied to the logits.", valueName: "name"))
    var transform = Transform.logSoftmax

    @Option(
        help: ArgumentHelp(
            """
            Divide the runs into R parts and the training examples into N parts, for R times N ranks. (default: the \
            fastest by a cost model)
            """, valueName: "RxN"))
    var grid: ProcessGrid?

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Output folder. Without it nothing is written.", valueName: "folder"))
    var out: String?

    @Flag(help: "Print the time of each phase on the slowest and the fastest rank.")
    var phases = false

    @OptionGroup(title: "Machine options") var search: SearchOptionGroup
    @OptionGroup(title: "Checkpoint options") var checkpoints: CheckpointOptionGroup
    @OptionGroup var output: OutputOptions

    var parallelOptions: ParallelOptions? { search.parallel }

    func validate() throws {
        try PowerOption.check(power)
        try scaling.require(forJoint: joint)
        for (name, value) in [("--k", k), ("--weighted-k", weightedK), ("--k-max", kMax)] {
            if let value, value < 1 { throw ValidationError("\(name) \(value): must be at least 1") }
            if let value, let kMax, value > kMax {
                throw ValidationError("\(name) \(value): must not exceed --k-max \(kMax)")
            }
        }
    }

    func run(world: Communicator) throws {
        var options = SearchOptions()
        options.transform = transform
        options.grid = grid
        try PredictJob(
            source: ensemble.source,
            votes: .init(
                k: k, weightedK: weightedK, kMax: kMax, power: power, ties: ties, selectsByLeaveOneOut: select == .loo,
                combines: combine, joinsTest: joint, controls: controls, scaling: scaling.requested),
            search: options, machine: search.machine, out: out, checkpoints: checkpoints.use, showsPhases: phases,
            output: output
        ).run(world: world)
    }
}
