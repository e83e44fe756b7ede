import ArgumentParser
import MessagePassing

/// A command that every rank runs.
protocol RankCommand: ParsableCommand {
    /// How the ranks use the machine; nil for a command that is over at once.
    var parallelOptions: ParallelOptions? { get }

    /// Runs the command. Collective: every rank calls it with the same arguments.
    func run(world: Communicator) throws
}
