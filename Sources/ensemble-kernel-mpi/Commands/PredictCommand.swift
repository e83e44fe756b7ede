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
        abstract: "Find each test example's nearest training examples by the ensemble kernel, and let them vote.",
        discussion: """
            ENSEMBLE is a file or folder of saved logits: .npy, .npz, PyTorch .pt, pickles or .safetensors, of one run \
            or many a file; several are concatenated along the runs. Arrays are found by the usual names (logits, \
            test_logits, outputs; logits_train, train_logits; labels, targets, y_train), others by --logits and the \
            options below it. `ensemble-kernel-mpi inspect` shows how files would be read. Labels are needed for votes \
            and accuracies only; a negative one leaves its example unlabeled.

            With --out the folder gets summary.json, neighbors.npy (int64, best first), similarities.npy (float32) \
            and predictions.csv, where `ensemble` is the class with the largest mean logit; until they are there, a \
            checkpoint, from which the same command goes on with --resume. With --scaling local neighbors and \
            similarities are those of S, and predictions.csv has the vote of the --weighted-k nearest with weights \
            (1 + S)^power as `kernel_local`; its other columns are by K, except `kernel_selected` where --select \
            chooses that vote. With --combine it also has the column `product`, with --joint the column `kernel_joint`.

            EXAMPLES
              ensemble-kernel-mpi predict log.pt
              mpirun -n 4 ensemble-kernel-mpi predict runs/ more-runs/ --k 5 --out results
              mpirun -n 4 ensemble-kernel-mpi predict logs_saveoutputs_main --dataset cifar-10-batches-py
            """)

    @OptionGroup var ensemble: EnsembleOptionGroup

    @Option(help: "Neighbors of the majority vote. [default: 3, or --k-max if that is fewer]")
    var k: Int?

    @Option(
        help: """
            The class that wins the majority vote of several that are equally frequent: smallest, as torch.mode has \
            it, or nearest, that of the nearest neighbor among them, which is mostly a little better.
            """)
    var ties = TieRule.smallest

    @Option(help: "Neighbors of the weighted and of the scaled vote. [default: 20, or --k-max if that is fewer]")
    var weightedK: Int?

    @Option(help: "Power of the weights in the weighted and in the scaled vote.")
    var power = 4.0

    @Option(help: "Neighbors to keep of each test example. [default: 101, or all training examples if fewer]")
    var kMax: Int?

    @OptionGroup var scaling: ScalingOptionGroup

    @Option(
        help: """
            Choose k, vote and power without a look at test labels: loo, by how well they predict each training \
            example from the others. With --scaling the scaled vote is a candidate, too.
            """)
    var select: SelectionMethod?

    @Flag(
        help: """
            Also predict with the product of the mean probabilities of the runs and those of a vote: of the scaled \
            one with --scaling, else of the weighted one.
            """)
    var combine = false

    @Flag(
        help: """
            With --scaling: also let the other test examples vote, each with the class shares of its own vote. With \
            5,000 training examples this gained about 0.2 percentage points given 1,000 or more test examples, and \
            nothing with 250.
            """)
    var joint = false

    @Flag(
        help: """
            As a baseline, also take the same votes by the correlation of the images' pixels, which needs no network. \
            Images are those of --dataset, or images.npy and images_train.npy beside the logits.
            """)
    var controls = false

    @Option(help: "Transform applied to the logits.")
    var transform = Transform.logSoftmax

    @Option(
        help: ArgumentHelp(
            """
            Ranks that share the runs x ranks that share the training examples. [default: what a cost model finds \
            fastest, with no more ranks than cores]
            """, valueName: "RxT"))
    var grid: ProcessGrid?

    @Option(help: "Folder for the results; nothing is written without it.")
    var out: String?

    @Flag(help: "Show the seconds of each phase, of the slowest and of the fastest rank.")
    var phases = false

    @OptionGroup var search: SearchOptionGroup
    @OptionGroup var checkpoints: CheckpointOptionGroup
    @OptionGroup var output: OutputOptions

    var parallelOptions: ParallelOptions? { search.parallel }

    func validate() throws {
        guard power.isFinite, power >= 0 else { throw ValidationError("--power \(power): must be 0 or more") }
        try scaling.require(forJoint: joint)
        for (name, value) in [("--k", k), ("--weighted-k", weightedK), ("--k-max", kMax)] {
            if let value, value < 1 { throw ValidationError("\(name) \(value): must be at least 1") }
            if let value, let kMax, value > kMax {
                throw ValidationError("\(name) \(value): more than the neighbors that --k-max \(kMax) keeps")
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
