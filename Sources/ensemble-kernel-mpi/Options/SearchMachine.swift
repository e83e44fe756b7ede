import EnsembleKernel
import MessagePassing

/// The use of the machine by the searches of a job.
struct SearchMachine {
    /// The precision of the screening pass; the fastest that all ranks have where nil.
    var screen: Screen?
    /// Bytes that each rank may use; a share of the machine where nil.
    var memory: Int?
    /// Threads, progress and the log.
    var parallel: ParallelOptions

    /// Sets what is the same for every search. Collective over `world`, the ranks that search: every rank calls it.
    ///
    /// - Throws: `MPIError`.
    func set(_ options: inout SearchOptions, world: Communicator) throws {
        options.screen = try Self.agreed(screen, world: world)
        options.threads = try parallel.threadsPerRank(world: world)
        options.memory = try Self.bytesPerRank(memory, world: world)
    }

    /// The screen of all ranks. Collective over `world`: every rank calls it.
    static func agreed(_ screen: Screen?, world: Communicator) throws -> Screen {
        try screen ?? .fastest(over: world)
    }

    /// Bytes that each rank may use, the same on all. Collective over `world`: every rank calls it.
    static func bytesPerRank(_ memory: Int?, world: Communicator) throws -> Int {
        let usual = MemoryBudget.usual(ranksOnHost: try world.splitByHost().size)
        return try memory ?? world.allreduce(usual, .min)
    }
}
