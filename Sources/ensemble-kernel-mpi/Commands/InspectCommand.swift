import ArgumentParser
import ArrayFiles
import Ensembles
import MessagePassing
import Platform
import UserMessages

/// `inspect`: the arrays in files, and how the other commands would read them.
struct InspectCommand: RankCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "List the arrays in files and show how they would be read.",
        discussion: """
            Lists names, types, shapes and sizes without reading the data. What cannot be read is listed with the \
            reason. Then shows how predict and the other commands would read the files: the runs, the chosen arrays, \
            the labels and what is ignored, or why the files are refused.

            Reads .npy, .npz, PyTorch .pt, pickles, .safetensors, IDX (gzip or plain) and CIFAR batches. Nothing in a \
            file is executed.

            EXAMPLES
              ensemble-kernel-mpi inspect runs/
              ensemble-kernel-mpi inspect runs/ --logits test --logits-train train
              ensemble-kernel-mpi inspect --format json log.pt
              ensemble-kernel-mpi inspect --verify runs/
            """)

    @Argument(help: ArgumentHelp("Files or folders.", valueName: "path"))
    var paths: [String]

    @Flag(help: "Read all bytes and check the checksums of .npz, .pt and .gz files.")
    var verify = false

    @OptionGroup(title: "Input options") var inputs: InputOptionGroup
    @OptionGroup var output: OutputOptions

    var parallelOptions: ParallelOptions? { nil }

    /// The output as JSON.
    private struct Report: Codable {
        let rows: [FileListing.Row]
        let unread: [FileListing.Unread]?
        let verified: FileListing.Verification?
        let ensemble: AsEnsemble
    }

    /// How the files would be read as an ensemble.
    private struct AsEnsemble: Codable {
        /// What is read; nil if it is refused.
        var reading: String?
        /// Numbers of runs, test examples, training examples and classes.
        var runs, test, train, classes: Int?
        /// The message by which it is refused.
        var refusal: String?

        init(_ paths: [String], choice: InputChoice) {
            do {
                let ensemble = try Ensemble(opening: paths, choice: choice)
                reading = ensemble.reading
                (test, train) = (ensemble.test?.examples, ensemble.train?.examples)
                (runs, classes) = ((ensemble.test ?? ensemble.train)?.runs, (ensemble.test ?? ensemble.train)?.classes)
            } catch {
                refusal = CommandLineMessages.words(for: error, command: "inspect")
            }
        }

        var text: String {
            guard let reading, let runs, let classes else { return "as an ensemble: refused: \(refusal ?? "")" }
            let examples = [test.map { "\($0) test" }, train.map { "\($0) training" }].compactMap(\.self)
            return """
                as an ensemble: \(reading)
                \(runs) runs, \(examples.joined(separator: " and ")) examples, \(classes) classes
                """
        }
    }

    func run(world: Communicator) throws {
        try world.agree {
            guard world.rank == 0 else { return }
            let listing = try FileListing(paths, verifies: verify)
            let ensemble = AsEnsemble(paths, choice: inputs.choice)
            let report = Report(
                rows: listing.rows, unread: listing.unread, verified: listing.verified, ensemble: ensemble)
            try output.print(
                text: "\(listing.text)\n\n\(ensemble.text)",
                json: String(decoding: try JSONEncoder.readable.encode(report), as: UTF8.self))
            if let verified = listing.verified, verified.damaged > 0 {
                throw UserError.badData(
                    "\(verified.damaged) of \(verified.damaged + verified.files) files are damaged or not read: "
                        + "their lines above say why")
            }
        }
    }
}
