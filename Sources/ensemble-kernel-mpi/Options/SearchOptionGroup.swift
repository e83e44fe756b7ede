import ArgumentParser

/// Options about how neighbors are searched for, and with how much of the machine.
struct SearchOptionGroup: ParsableArguments {
    @OptionGroup var screen: ScreenOption
    @OptionGroup var memory: MemoryOption
    @OptionGroup var parallel: ParallelOptions

    /// The use of the machine that is asked for.
    var machine: SearchMachine {
        SearchMachine(screen: screen.requested, memory: memory.memory?.bytes, parallel: parallel)
    }
}
