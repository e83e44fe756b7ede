import ArgumentParser
import ArrayFiles
import EnsembleEvaluation
import EnsembleKernel
import Foundation
import MessagePassing
import Reports

/// `report`: what the kernel shows of a data set, as a page.
struct ReportCommand: RankCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Show near-duplicates, label suspects, failures and accuracies on one page of HTML.",
        discussion: """
            The page is one file: images are inside, and it needs no network and no JavaScript. Images are those of \
            images.npy and images_train.npy (bytes, (M, H, W) or (M, H, W, 3)) beside the logits; without them numbers \
            stand for examples.

            Beside the page, in report_files, stand report.json (all that is shown), suspects.csv (training examples \
            whose label the others contradict), near_duplicates.csv (groups of near-duplicates, and which to keep), and the \
            class probabilities of every example by the ensemble and by the kernel, to train others by: targets_ensemble.npy, \
            targets_kernel.npy, and both with _train.

            EXAMPLES
              mpirun -n 2 ensemble-kernel-mpi report ensemble --out report.html
              mpirun -n 2 ensemble-kernel-mpi report logits/ --duplicates 601-648 --out report.html
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
            Similarity from which on two examples count as near-duplicates, as a share of an example's with itself, which is \
            (R - 1) / R of R runs.
            """)
    var duplicateSimilarity: Float = 0.95

    @Option(help: ArgumentHelp("Names of the classes. [default: their numbers]", valueName: "a,b,c"))
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
        guard let inspection = try write(world: world) else { return }
        try output.print(text: text(inspection), json: inspection.json())
    }

    /// Writes all files. Collective: every rank calls it.
    ///
    /// - Returns: what they show, on rank 0; nil on the others.
    func write(world: Communicator) throws -> Inspection? {
        // Ranks that share a core take longer than one rank there.
        guard let workers = try search.parallel.ranksWithCores(world: world) else { return nil }
        let ensemble = try self.ensemble.open(world: workers)
        let claim = try workers.agree { workers.rank == 0 ? try claimFolder(ensemble) : nil }
        defer { withExtendedLifetime(claim) {} }
        var options = InspectionOptions()
        options.duplicates = duplicates.range
        options.duplicateSimilarity = duplicateSimilarity
        options.seed = seed
        try search.set(&options.prediction, world: workers)
        let bars = ["kernel", "sweep "].reduce(into: [:]) { bars, stage in
            bars[stage] = search.parallel.progressBar(stage, world: workers)
        }
        let (inspection, targets) = try Inspector(ensemble, options: options, world: workers)
            .inspect(version: RootCommand.version) { stage, fraction in bars[stage]?.update(fraction) }
        try workers.agree { if workers.rank == 0 { try AtomicFile.remove([out]) } }
        try targets.write(into: folder)
        try workers.agree { if let inspection { try write(inspection, of: ensemble) } }
        return inspection
    }

    /// Sees that everything can be written before hours are spent on it.
    private func claimFolder(_ ensemble: Ensemble) throws -> FolderClaim {
        try AtomicFile.requireName(out)
        if let test = ensemble.test?.examples, duplicates.range.lowerBound > test {
            throw EnsembleError.usage("--duplicates \(duplicates): there are \(test) test examples")
        }
        return try FolderClaim(folder)
    }

    /// The folder of the tables: named as browsers name what belongs to a page, and never that of an ensemble.
    private var folder: String { (out as NSString).deletingPathExtension + "_files" }

    /// The page comes last: where it is, the files in the folder belong to it.
    private func write(_ inspection: Inspection, of ensemble: Ensemble) throws {
        let page = InspectionPage(
            inspection, labels: (ensemble.testLabels, ensemble.trainLabels),
            images: (
                try images("images", inspection.ensemble.test, of: ensemble),
                try images("images_train", inspection.ensemble.train, of: ensemble)
            ), classNames: classNames?.split(separator: ",").map(String.init) ?? [])
        try AtomicFile.write(
            [
                ("\(folder)/suspects.csv", inspection.suspectsTable(labels: ensemble.trainLabels)),
                ("\(folder)/near_duplicates.csv", inspection.duplicatesTable),
                ("\(folder)/report.json", try inspection.json()),
            ], then: (out, try page.html()))
    }

    private func images(_ name: String, _ examples: Int, of ensemble: Ensemble) throws -> ExampleImages? {
        guard let tensor = try ensemble.attachment(named: name) else { return nil }
        let images = ExampleImages(tensor, examples: examples)
        if images == nil {
            Diagnostics.warn(
                "\(tensor.path) has shape \(tensor.shape) of \(tensor.elementType), and not \(examples) images of bytes: left out"
            )
        }
        return images
    }

    /// What is said of the page.
    func text(_ inspection: Inspection) -> String {
        let leak = inspection.leak
        var lines = [
            "test examples with a near-duplicate among the training examples: \(NumberText.grouped(leak.with)) "
                + "(similarity of \(NumberText.number(Double(leak.similarity), 3)) or more)",
            "groups of near-duplicates: \(NumberText.grouped(inspection.groups.count))",
        ]
        if let suspects = inspection.suspects {
            lines.append(
                "training examples whose label the others contradict: \(NumberText.grouped(suspects.count))")
        }
        return (lines + ["\(out) shows them; the tables are in \(folder)"]).joined(separator: "\n")
    }
}

/// Ranks from one to another, as "601-648".
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
