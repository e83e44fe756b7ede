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
            images, classes) in float16, labels.npy, images.npy and ensemble.json. Labels are numbered as the outputs \
            of the networks; images of classes that these do not have get -1, and if there are no others there is no \
            labels.npy.

            EXAMPLES
              ensemble-kernel-mpi apply ensemble --images noisy.npy --labels ensemble/labels.npy -o noisy
              ensemble-kernel-mpi apply ensemble --classes 8,9 -o held-out
              mpirun -n 2 ensemble-kernel-mpi apply ensemble --dataset kmnist -o kmnist
            """)

    @Argument(help: ArgumentHelp("Folder of an ensemble made by train --keep-weights.", valueName: "ensemble"))
    var ensemble: String

    @Option(help: "Data set: \(DatasetHelp.values) By default that of the training.")
    var dataset: String?

    @Option(help: "Which examples of the data set.")
    var split = ExampleSet.test

    @Option(
        help: ArgumentHelp(
            """
            Images instead of a data set: a file with one array (images, height, width) or (images, height, width, \
            channels), also with the channels first. Bytes, or numbers from 0 to 1, -1 to 1 or 0 to 255.
            """, valueName: "file"))
    var images: String?

    @Option(help: ArgumentHelp("Labels of --images, as numbered in the data set of the training.", valueName: "file"))
    var labels: String?

    @Option(
        help: ArgumentHelp(
            "Only images with these labels, such as the classes left out of the training.", valueName: "numbers"))
    var classes: NumberList?

    @Option(
        help: ArgumentHelp(
            "Shift each image of the data set by up to this many pixels, as train --shift does.", valueName: "pixels"))
    var shift = 0

    @Option(help: "Random seed of the shifts.")
    var seed: UInt64 = 0

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Output folder. Files of these names must not exist there.", valueName: "folder"))
    var out: String

    @OptionGroup(title: "Machine options") var parallel: ParallelOptions
    @OptionGroup var output: OutputOptions

    var parallelOptions: ParallelOptions? { parallel }

    func validate() throws {
        guard shift >= 0 else { throw ValidationError("--shift \(shift): must be 0 or more") }
        if images != nil {
            if dataset != nil { throw ValidationError("--images and --dataset: give one of them") }
            if shift > 0 { throw ValidationError("--shift requires a data set, not --images") }
            if classes != nil, labels == nil { throw ValidationError("--classes requires --labels of the --images") }
        } else if labels != nil {
            throw ValidationError("--labels requires --images: a data set has its own")
        }
    }

    private func chosenImages(defaultDataset: String) throws -> LabeledImages {
        let all =
            if let images {
                try LabeledImages(file: images, labels: labels)
            } else {
                LabeledImages(split, of: try Dataset.load(dataset ?? defaultDataset), shift: shift, seed: seed)
            }
        guard let classes else { return all }
        return try all.ofClasses(classes.numbers)
    }

    func run(world: Communicator) throws {
        let start = ContinuousClock.now
        let (networks, images) = try world.agree {
            let networks = try KeptNetworks(folder: ensemble)
            return (networks, try chosenImages(defaultDataset: networks.dataset))
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
            """ + (single_model_mean.map { ", mean accuracy \(NumberText.percent($0)) %" } ?? "")
        }

        func json() throws -> String { String(decoding: try JSONEncoder.readable.encode(self), as: UTF8.self) }
    }
}
