import ArgumentParser
import MessagePassing

/// A command that runs on every rank.
protocol RankCommand: ParsableCommand {
    /// The use of the machine by the ranks; nil for a command that ends at once.
    var parallelOptions: ParallelOptions? { get }

    /// Runs the command. Collective: every rank calls it with the same arguments.
    func run(world: Communicator) throws
}
