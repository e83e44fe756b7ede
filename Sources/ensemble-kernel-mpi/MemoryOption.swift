import ArgumentParser
import EnsembleKernel
import MessagePassing

extension ByteCount: ExpressibleByArgument {
    /// As the user typed it.
    public init?(argument: String) { self.init(argument) }
}

/// How much memory a rank may use.
struct MemoryOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            Memory that each rank may use, mapped files apart, such as 2GiB. [default: 1GiB, or less where the ranks of a \
            host would have more than half of its memory]
            """, valueName: "bytes"))
    var memory: ByteCount?

    /// Bytes that each rank may use, the same on all. Collective over `world`: every rank calls it.
    func bytesPerRank(world: Communicator) throws -> Int {
        let usual = MemoryBudget.usual(ranksOnHost: try world.splitByHost().size)
        return try memory?.bytes ?? world.allreduce(usual, .min)
    }
}
