import ArgumentParser
import UserMessages

extension ByteCount: ExpressibleByArgument {
    /// Parses the number as the user typed it.
    public init?(argument: String) { self.init(argument) }
}

/// The memory that a rank may use.
struct MemoryOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            Memory limit of each rank, such as 2GiB; memory-mapped files do not count. (default: 1GiB, less if the \
            ranks of a host would take more than half of its memory)
            """, valueName: "bytes"))
    var memory: ByteCount?
}
