import ArgumentParser
import ArrayFiles
import EnsembleTraining
import Ensembles
import MessagePassing
import Platform
import Reports
import UserMessages

/// `apply`: the logits of an ensemble's networks for other images.
struct ApplyCommand: RankCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply",
        abstract: "Save the logits of trained networks for other images.",
        discussion: """
            The networks are those of train --keep-weights. The images are those of a data set, or an array of your \
            own, such as corrupted ones, of the same size as the training images. The folder gets logits.npy (runs, \
            images, classes) in float16, images.npy and ensemble.json, and labels.npy for --labels, the data set of \
            the training, or one with the same class names. Labels are numbered as the outputs of the networks; an \
            image of another class gets -1.

            With --interpolate 0,19 the networks are on the straight line between the weights of runs 0 and 19, such \
            as two snapshots of a chain. If labels are known, the folder gets a chart of the error, interpolation.svg.

            EXAMPLES
              ensemble-kernel-mpi apply ensemble --images noisy.npy -o noisy
              ensemble-kernel-mpi apply ensemble --classes 8,9 -o held-out
              mpirun -n 2 ensemble-kernel-mpi apply ensemble --dataset kmnist -o kmnist
              ensemble-kernel-mpi apply snapshots --interpolate 0,19 -o line
            """)

    @Argument(help: ArgumentHelp("Folder of an ensemble made by train --keep-weights.", valueName: "ensemble"))
    var ensemble: String

    @Option(help: "Data set: \(DatasetHelp.values) By default that of the training.")
    var dataset: String?

    @Option(help: "Which examples of the data set. (default: test)")
    var split: ExampleSet?

    @Option(
        help: ArgumentHelp(
            """
            Images instead of a data set: a file with one array (images, height, width) or (images, height, width, \
            channels), also with the channels first. Bytes, or numbers from 0 to 1.
            """, valueName: "file"))
    var images: String?

    @Option(
        help: ArgumentHelp(
            "Labels of --images, numbered as in the labels.npy of the ensemble; negative for none.", valueName: "file"))
    var labels: String?

    @Option(
        help: ArgumentHelp(
            "Only these classes of the data set, by number from 0, such as those left out of the training.",
            valueName: "numbers"))
    var classes: NumberList?

    @Option(
        help: ArgumentHelp(
            "Shift each image of the data set by up to this many pixels, as train --shift does.", valueName: "pixels"))
    var shift: Int?

    @Option(help: "Random seed of --shift. (default: 0)")
    var seed: UInt64?

    @Option(
        help: ArgumentHelp(
            "Instead of the networks of all runs: networks on the line between the weights of these two.",
            valueName: "run,run"))
    var interpolate: RunPair?

    @Option(help: ArgumentHelp("Number of networks on that line, both runs included. (default: 21)", valueName: "n"))
    var points: Int?

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Output folder, without files of an ensemble.", valueName: "folder"))
    var out: String

    @OptionGroup(title: "Machine options") var parallel: ParallelOptions
    @OptionGroup var output: OutputOptions

    var parallelOptions: ParallelOptions? { parallel }

    func validate() throws {
        if let shift, !(0...1_000_000).contains(shift) {
            throw ValidationError("--shift \(shift): must be between 0 and 1,000,000")
        }
        if seed != nil, shift == nil { throw ValidationError("--seed requires --shift") }
        if points != nil, interpolate == nil { throw ValidationError("--points requires --interpolate") }
        guard images != nil else {
            if labels != nil { throw ValidationError("--labels requires --images: a data set has its own") }
            return
        }
        let ofDatasets = [
            ("--dataset", dataset != nil), ("--split", split != nil), ("--classes", classes != nil),
            ("--shift", shift != nil),
        ]
        if let (option, _) = ofDatasets.first(where: \.1) {
            throw ValidationError("\(option) is for data sets: give it or --images")
        }
    }

    private func chosenImages(for networks: KeptNetworks) throws -> LabeledImages {
        if let images { return try networks.images(file: images, labels: labels) }
        return try networks.images(
            split ?? .test, of: Dataset.load(dataset ?? networks.dataset), classes: classes?.numbers, shift: shift ?? 0,
            seed: seed ?? 0)
    }

    func run(world: Communicator) throws {
        let start = ContinuousClock.now
        let (networks, images, line) = try world.agree {
            let line = try interpolate.map {
                try WeightInterpolation(from: $0.first, to: $0.second, points: points ?? 21)
            }
            let networks = try KeptNetworks(folder: ensemble)
            return (networks, try chosenImages(for: networks), line)
        }
        let bar = parallel.progressBar("apply", world: world)
        let summary = try networks.apply(
            to: images, along: line, into: out, communicator: world, threads: parallel.threadsPerRank(world: world)
        ) { bar.update($0) }
        let report = Report(summary, along: line, out: out, seconds: (ContinuousClock.now - start) / .seconds(1))
        try world.agree { if world.rank == 0 { try report.writeChart() } }
        guard world.rank == 0 else { return }
        try output.print(text: report.text, json: report.json())
    }
}

extension ExampleSet: ExpressibleByArgument {}

/// The numbers of two runs, separated by a comma.
struct RunPair: ExpressibleByArgument {
    let first, second: Int

    init?(argument: String) {
        guard let numbers = [Int](separatedByCommas: argument), numbers.count == 2 else { return nil }
        (first, second) = (numbers[0], numbers[1])
    }
}

extension ApplyCommand {
    /// The output about the files written.
    private struct Report: Codable {
        var command = "apply"
        var version = ProgramVersion.current
        var out: String
        var runs, examples: Int
        var seconds: Double
        var single_model_mean: Double?
        var interpolation: Line?

        /// Networks on the line between those of two runs.
        struct Line: Codable {
            var from, to: Int
            var positions: [Double]
            var accuracies: [Double]?
        }

        init(_ summary: KeptNetworks.Summary, along line: WeightInterpolation?, out: String, seconds: Double) {
            (runs, examples) = (summary.runs, summary.examples)
            single_model_mean = line == nil ? summary.accuracies.map { $0.reduce(0, +) / Double($0.count) } : nil
            interpolation = line.map {
                Line(from: $0.from, to: $0.to, positions: $0.positions, accuracies: summary.accuracies)
            }
            (self.out, self.seconds) = (out, seconds)
        }

        var text: String {
            let done = """
                \(NumberText.count(runs, interpolation == nil ? "run" : "network")) applied to \
                \(NumberText.count(examples, "image")) in \(NumberText.number(seconds, 1)) s; written to \
                \(TerminalText.line(out))
                """
            if let single_model_mean { return "\(done), mean accuracy \(NumberText.percent(single_model_mean)) %" }
            guard let line = interpolation, let accuracies = line.accuracies else { return "\(done), without labels" }
            let table = TextTable(
                ["position", "error %"],
                zip(line.positions, accuracies).map { [NumberText.number($0, 3), NumberText.percent(1 - $1)] })
            return (table.lines + ["", done]).joined(separator: "\n")
        }

        /// Writes the chart of the error along a line, if it is known.
        ///
        /// - Throws: `ArrayFileError` (73).
        func writeChart() throws {
            guard let line = interpolation, let accuracies = line.accuracies else { return }
            let points = zip(line.positions, accuracies).map {
                LineChart.Point(x: $0, mean: 100 * (1 - $1), deviation: nil)
            }
            let chart = LineChart(
                title: "Networks between runs \(line.from) and \(line.to)",
                x: "position between the weights of both", y: "error, %", [LineChart.Line("error", points)])
            try AtomicFile.write(Data(chart.svg.utf8), to: FileSystem.joined(out, "interpolation.svg"))
        }

        func json() throws -> String { String(decoding: try JSONEncoder.readable.encode(self), as: UTF8.self) }
    }
}
