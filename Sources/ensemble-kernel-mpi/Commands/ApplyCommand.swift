import ArgumentParser
import EnsembleTraining
import Ensembles
import MessagePassing
import Platform
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

            EXAMPLES
              ensemble-kernel-mpi apply ensemble --images noisy.npy -o noisy
              ensemble-kernel-mpi apply ensemble --classes 8,9 -o held-out
              mpirun -n 2 ensemble-kernel-mpi apply ensemble --dataset kmnist -o kmnist
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
        let (networks, images) = try world.agree {
            let networks = try KeptNetworks(folder: ensemble)
            return (networks, try chosenImages(for: networks))
        }
        let bar = parallel.progressBar("apply", world: world)
        let summary = try networks.apply(
            to: images, into: out, communicator: world, threads: parallel.threadsPerRank(world: world)
        ) { bar.update($0) }
        guard world.rank == 0 else { return }
        let report = Report(summary, out: out, seconds: (ContinuousClock.now - start) / .seconds(1))
        try output.print(text: report.text, json: report.json())
    }
}

extension ExampleSet: ExpressibleByArgument {}

extension ApplyCommand {
    /// The output about the files written.
    private struct Report: Codable {
        var command = "apply"
        var version = ProgramVersion.current
        var out: String
        var runs, examples: Int
        var seconds: Double
        var single_model_mean: Double?

        init(_ summary: KeptNetworks.Summary, out: String, seconds: Double) {
            (runs, examples, single_model_mean) = (summary.runs, summary.examples, summary.accuracy)
            (self.out, self.seconds) = (out, seconds)
        }

        var text: String {
            """
            \(NumberText.count(runs, "run")) applied to \(NumberText.count(examples, "image")) in \
            \(NumberText.number(seconds, 1)) s; written to \(TerminalText.line(out))
            """ + (single_model_mean.map { ", mean accuracy \(NumberText.percent($0)) %" } ?? ", without labels")
        }

        func json() throws -> String { String(decoding: try JSONEncoder.readable.encode(self), as: UTF8.self) }
    }
}
