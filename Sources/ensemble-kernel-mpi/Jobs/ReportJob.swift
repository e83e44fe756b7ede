import EnsembleEvaluation
import Ensembles
import KernelPrediction
import MessagePassing
import Reports
import UserMessages

/// An audit with its page and its tables: the work of `report`, which the demo runs too.
struct ReportJob {
    var source: EnsembleSource
    /// The options of the audit; those of the searches are set by `machine`.
    var options = AuditOptions()
    var machine: SearchMachine
    /// The path of the page.
    var out: String
    /// A name for each class; empty for those of the data set.
    var classNames: [String] = []

    private var files: AuditFiles { AuditFiles(page: out) }

    /// Writes all files. Collective: every rank calls it.
    ///
    /// - Returns: The audit on rank 0; nil on the other ranks.
    /// - Throws: `AgreedFailure` on every rank if the ensemble, the options or the files are unsuitable; `MPIError`.
    func run(world: Communicator) throws -> DatasetAudit? {
        // Ranks that share a core would take longer than a single rank on it.
        guard let workers = try machine.parallel.ranksWithCores(world: world) else { return nil }
        let ensemble = try source.open(writing: files.paths, world: workers)
        try workers.agree {
            try files.requirePageName()
            try ensemble.requireNotGiven(files.folder)
            if let test = ensemble.test?.examples, options.duplicates.lowerBound > test {
                throw EvaluationError.duplicateRankOutOfRange(options.duplicates.lowerBound, test: test)
            }
            if let classes = (ensemble.test ?? ensemble.train)?.classes, ![0, classes].contains(classNames.count) {
                throw EvaluationError.wrongNumberOfClassNames(classNames.count, classes: classes)
            }
        }
        return try workers.withClaimedFolder(files.folder) {
            var options = options
            try machine.set(&options.prediction.search, world: workers)
            options.images = try images(of: ensemble, world: workers)
            // Only the first rank writes the page. What it shows is opened before the work is done.
            let shown = try workers.agree { workers.rank == 0 ? try self.shown(of: ensemble, options.images) : nil }
            options.prediction.controls = controls(options.images, world: workers)
            let bars = machine.parallel.progressBars(DatasetAuditor.Stage.allCases, world: workers)
            let found = try DatasetAuditor(ensemble, options: options, world: workers)
                .audit(version: ProgramVersion.current) { bars[$0]?.update($1) }
            try files.write(found, of: ensemble, shown: shown, world: workers)
            return found.audit
        }
    }

    /// What is shown of the examples: the images, if they have been opened, and what else there is.
    private func shown(of ensemble: Ensemble, _ images: PredictionOptions.ExampleImages?) throws -> AuditFiles.Shown {
        let sources = ExampleSources(of: ensemble, dataset: source.dataset, classNames: try names(of: ensemble))
        func shown(_ set: ExampleSet) throws -> ShownExamples {
            try sources.shown(
                set, examples: (set == .test ? ensemble.test : ensemble.train)?.examples ?? 0,
                array: set == .test ? images?.test : images?.train
            ) { Diagnostics.warn($0) }
        }
        return (try shown(.test), try shown(.train), sources)
    }

    /// The images of the examples; nil if there are none. Collective.
    private func images(of ensemble: Ensemble, world: Communicator) throws -> PredictionOptions.ExampleImages? {
        do {
            return try source.images(of: ensemble, world: world)
        } catch let failure as AgreedFailure where failure.exitCode == .badData {
            // The page says so of images that it cannot show.
            return nil
        }
    }

    /// The images for the control by pixels; nil, which is said, if they are no images of one size, or so large that it
    /// would take longer than all else.
    private func controls(
        _ images: PredictionOptions.ExampleImages?, world: Communicator
    ) -> PredictionOptions.ExampleImages? {
        guard let images else { return nil }
        func leaveOut(_ reason: String) -> PredictionOptions.ExampleImages? {
            if world.rank == 0 { Diagnostics.warn(reason) }
            return nil
        }
        let pixels = NumberText.grouped(images.test.pixels)
        guard images.test.isComparable(with: images.train) else {
            return leaveOut(
                "k-NN on pixels and copies are left out: test images have \(pixels) pixels, training images "
                    + "\(NumberText.grouped(images.train.pixels)), or other shapes")
        }
        guard images.test.pixels <= Self.mostPixels else {
            return leaveOut(
                "k-NN on pixels is left out: images have \(pixels) pixels, more than "
                    + "\(NumberText.grouped(Self.mostPixels)) (predict --controls takes any)")
        }
        return images
    }

    /// The names of the classes: those given, or those of the source.
    private func names(of ensemble: Ensemble) throws -> [String] {
        classNames.isEmpty ? try source.classNames(of: ensemble) : classNames
    }

    /// The most pixels of an image that a report compares: 64 x 64 in three colors.
    private static let mostPixels = 12_288

    /// The findings in a few lines.
    func text(_ audit: DatasetAudit) -> String {
        let leak = audit.leak
        var lines: [String] = []
        if let copies = audit.copies {
            lines.append(
                "copies of training images: \(NumberText.grouped(copies.test)) among the test examples, "
                    + "\(NumberText.grouped(copies.train)) among the training examples")
        }
        lines += [
            "test examples with a near-duplicate in the training set: \(NumberText.grouped(leak.with)) "
                + "(similarity >= \(NumberText.number(Double(leak.similarity), 3)))",
            "groups of near-duplicates: \(NumberText.grouped(audit.groups.count))",
        ]
        if let suspects = audit.suspects {
            lines.append("likely label errors in the training set: \(NumberText.grouped(suspects.count))")
            if audit.suspects_by == .vote {
                lines.append(
                    "label errors are sorted by the neighbors alone: the runs get less than half as many training "
                        + "labels right as they do; do the labels belong to these examples?")
            }
        } else {
            lines.append(
                "label errors not shown: there are no training labels: \(CommandLineMessages.waysToLabels(of: .train))")
        }
        lines += [CommandLineMessages.wordsForFewRuns(audit.ensemble.runs)].compactMap(\.self)
        return (lines + [TerminalText.line("page written to \(out), tables to \(files.folder)")]).joined(
            separator: "\n")
    }
}
