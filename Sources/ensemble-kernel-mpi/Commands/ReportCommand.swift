import ArgumentParser
import ArrayFiles
import EnsembleEvaluation
import EnsembleKernel
import Ensembles
import MessagePassing
import Platform
import Reports
import UserMessages

/// `report`: an audit of a data set, as a page.
struct ReportCommand: RankCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Audit a data set: copies, near-duplicates and likely label errors on one HTML page.",
        discussion: """
            The page is a single file that needs neither a network nor JavaScript. It shows the images of --dataset, \
            or of images.npy and images_train.npy beside the logits ((M, H, W), (M, H, W, colors) or (M, colors, H, \
            W)), or the files named in files.txt and files_train.txt, or texts.txt and texts_train.txt, one a line; \
            without any, it shows the numbers of examples. explore shows all examples.

            The folder report_files beside the page gets report.json (everything on the page), suspects.csv (likely \
            label errors), copies.csv (images that are copies of training images, also moved, mirrored, brightened, \
            compressed or slightly cropped), near_duplicates.csv (groups of examples that the networks treat alike; \
            keep is 0 for copies) and soft targets: the class probabilities of every example by the ensemble and by \
            the kernel (targets_ensemble.npy, targets_kernel.npy, and both for the training examples), and the \
            nearest training examples of every example (neighbors.npy, similarities.npy and others).

            EXAMPLES
              mpirun -n 2 ensemble-kernel-mpi report runs/ -o report.html
              mpirun -n 2 ensemble-kernel-mpi report runs/ --dataset fashion-mnist
              mpirun -n 2 ensemble-kernel-mpi report runs/ --duplicates 601-648
            """)

    @OptionGroup(title: "Input options") var ensemble: EnsembleOptionGroup

    @Option(name: .shortAndLong, help: ArgumentHelp("Output file.", valueName: "file"))
    var out = "report.html"

    @Option(
        help: ArgumentHelp(
            "Which near-duplicates to show, by position in the list; 1 is the most similar.", valueName: "first-last"))
    var duplicates = RankRange(1...24)

    @Option(
        help: ArgumentHelp(
            """
            Threshold of near-duplicates, as a fraction of an example's similarity to itself, (R - 1) / R for R runs.
            """, valueName: "s"))
    var duplicateSimilarity: Float = 0.95

    @Option(
        help: ArgumentHelp("Names of the classes. (default: those of the data set, else numbers)", valueName: "a,b,c"))
    var classNames: String?

    @Option(help: "Random seed of the examples shown at random.")
    var seed: UInt64 = 0

    @OptionGroup(title: "Machine options") var search: SearchOptionGroup
    @OptionGroup var output: OutputOptions

    var parallelOptions: ParallelOptions? { search.parallel }

    func validate() throws {
        guard duplicateSimilarity > 0, duplicateSimilarity <= 1 else {
            throw ValidationError("--duplicate-similarity \(duplicateSimilarity): must be above 0 and at most 1")
        }
        if names.contains(where: \.isEmpty) {
            throw ValidationError("--class-names \(classNames ?? ""): a name is empty")
        }
    }

    private var names: [String] {
        classNames?.split(separator: ",", omittingEmptySubsequences: false).map(String.init) ?? []
    }

    func run(world: Communicator) throws {
        var options = AuditOptions()
        options.duplicates = duplicates.range
        options.duplicateSimilarity = duplicateSimilarity
        options.seed = seed
        let job = ReportJob(
            source: ensemble.source, options: options, machine: search.machine, out: out,
            classNames: names)
        guard let audit = try job.run(world: world) else { return }
        try output.print(text: job.text(audit), json: audit.json())
    }
}

/// A range of positions in a list, such as "601-648".
struct RankRange: ExpressibleByArgument, CustomStringConvertible {
    let range: ClosedRange<Int>

    var description: String { "\(range.lowerBound)-\(range.upperBound)" }

    init(_ range: ClosedRange<Int>) { self.range = range }

    init?(argument: String) {
        let ends = argument.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
        guard ends.count == 2, ends[0] >= 1, ends[1] >= ends[0] else { return nil }
        range = ends[0]...ends[1]
    }
}
