import ArgumentParser
import MessagePassing

/// A command that every rank runs.
protocol RankCommand: ParsableCommand {
    /// Runs the command. Collective: every rank calls it with the same arguments.
    func run(world: Communicator) throws
}
