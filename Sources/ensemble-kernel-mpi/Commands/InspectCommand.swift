import ArgumentParser
import ArrayFiles
import MessagePassing

/// `inspect`: the tensors in files of arrays.
struct InspectCommand: RankCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Show names, types, shapes and bytes of the tensors in files, without reading their data.",
        discussion: """
            Reads .npy, .npz, PyTorch .pt, .safetensors, IDX (gzip or plain) and CIFAR-10 batches. Nothing in a file \
            is executed.

            EXAMPLES
              ensemble-kernel-mpi inspect log.pt
              ensemble-kernel-mpi inspect --format json ensemble/
            """)

    @Argument(help: ArgumentHelp("Files, or folders of files.", valueName: "path"))
    var paths: [String]

    @OptionGroup var output: OutputOptions

    var parallelOptions: ParallelOptions? { nil }

    func run(world: Communicator) throws {
        try world.agree {
            guard world.rank == 0 else { return }
            let listing = try FileListing(paths)
            try output.print(text: listing.text, json: listing.json)
        }
    }
}
