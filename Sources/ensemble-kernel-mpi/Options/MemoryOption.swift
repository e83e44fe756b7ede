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
            Memory that each rank may use, mapped files apart, such as 2GiB. [default: 1GiB, or less where the ranks \
            of a host would have more than half of its memory]
            """, valueName: "bytes"))
    var memory: ByteCount?
}
