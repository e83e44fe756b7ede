import ArgumentParser
import ArrayFiles
import EnsembleEvaluation
import EnsembleKernel
import Ensembles
import Foundation
import MessagePassing
import Reports
import UserMessages

/// `report`: an audit of a data set, as a page.
struct ReportCommand: RankCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Audit a data set: near-duplicates, likely label errors, failures and accuracies on one HTML page.",
        discussion: """
            The page is one file: images are inside, and it needs no network and no JavaScript. Images are those of \
            --dataset or, without it, of images.npy and images_train.npy (bytes, (M, H, W) or (M, H, W, 3)) beside the \
            logits; without either numbers stand for examples. Names of classes are those of --class-names, else of \
            --dataset, else those that train has kept in ensemble.json.

            The folder report_files beside the page gets report.json (all that is shown), suspects.csv (likely label \
            errors), near_duplicates.csv (groups of near-duplicates, and which to keep), and soft targets, the class \
            probabilities of every example by the ensemble and by the kernel: targets_ensemble.npy, \
            targets_kernel.npy, and both with _train.

            EXAMPLES
              mpirun -n 2 ensemble-kernel-mpi report ensemble --out report.html
              mpirun -n 2 ensemble-kernel-mpi report logits/ --duplicates 601-648 --out report.html
              mpirun -n 2 ensemble-kernel-mpi report logits/ --dataset cifar-10-batches-py
            """)

    @OptionGroup var ensemble: EnsembleOptionGroup

    @Option(help: "File of the page.")
    var out = "report.html"

    @Option(
        help: ArgumentHelp(
            "Ranks of the near-duplicates to show, the most similar being 1.", valueName: "first-last"))
    var duplicates = RankRange(1...24)

    @Option(
        help: """
            Pairs with at least this similarity count as near-duplicates, as a share of the similarity of an example \
            with itself, (R - 1) / R for R runs.
            """)
    var duplicateSimilarity: Float = 0.95

    @Option(
        help: ArgumentHelp("Names of the classes. [default: those of the data set, else numbers]", valueName: "a,b,c"))
    var classNames: String?

    @Option(help: "Seed of the random examples.")
    var seed: UInt64 = 0

    @OptionGroup var search: SearchOptionGroup
    @OptionGroup var output: OutputOptions

    var parallelOptions: ParallelOptions? { search.parallel }

    func validate() throws {
        guard duplicateSimilarity > 0, duplicateSimilarity <= 1 else {
            throw ValidationError("--duplicate-similarity \(duplicateSimilarity): must be above 0 and at most 1")
        }
    }

    func run(world: Communicator) throws {
        var options = AuditOptions()
        options.duplicates = duplicates.range
        options.duplicateSimilarity = duplicateSimilarity
        options.seed = seed
        let job = ReportJob(
            source: ensemble.source, options: options, machine: search.machine, out: out,
            classNames: classNames?.split(separator: ",").map(String.init) ?? [])
        guard let audit = try job.run(world: world) else { return }
        try output.print(text: job.text(audit), json: audit.json())
    }
}

/// A range of ranks, such as "601-648".
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
