import ArgumentParser
import EnsembleKernel
import MessagePassing

/// Options about how neighbours are searched for, and with how much of the machine.
struct SearchOptionGroup: ParsableArguments {
    @OptionGroup var screen: ScreenOption
    @OptionGroup var memory: MemoryOption
    @OptionGroup var parallel: ParallelOptions

    /// Sets what is the same for every search. Collective over `world`, the ranks that search: every rank calls it.
    ///
    /// - Throws: `AgreedFailure` (64) where this build does not have the screen that is asked for.
    func set(_ options: inout PredictionOptions, world: Communicator) throws {
        options.screen = try screen.agreed(world: world)
        options.threads = try parallel.threadsPerRank(world: world)
        options.memory = try memory.bytesPerRank(world: world)
    }
}
