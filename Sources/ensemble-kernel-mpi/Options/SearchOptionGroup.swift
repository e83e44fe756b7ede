import ArgumentParser

/// Options of searches for neighbors, and of their use of the machine.
struct SearchOptionGroup: ParsableArguments {
    @OptionGroup var screen: ScreenOption
    @OptionGroup var memory: MemoryOption
    @OptionGroup var parallel: ParallelOptions

    /// The requested use of the machine.
    var machine: SearchMachine {
        SearchMachine(screen: screen.requested, memory: memory.memory?.bytes, parallel: parallel)
    }
}
