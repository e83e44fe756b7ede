import EnsembleKernel
import MessagePassing

/// The use of the machine by the searches of a job.
struct SearchMachine {
    /// The precision of the screening pass; nil for the fastest on the processors of all ranks.
    var screen: Screen?
    /// Bytes that each rank may use; nil for a share of the machine's memory.
    var memory: Int?
    /// Options of threads, progress and the log.
    var parallel: ParallelOptions

    /// Sets the options common to all searches. Collective over `world`, the ranks that search: every rank calls it.
    ///
    /// - Throws: `MPIError`.
    func set(_ options: inout SearchOptions, world: Communicator) throws {
        options.screen = try Self.agreed(screen, world: world)
        options.threads = try parallel.workersPerRank(world: world)
        options.memory = try Self.bytesPerRank(memory, world: world)
    }

    /// The precision on all ranks. Collective over `world`: every rank calls it.
    static func agreed(_ screen: Screen?, world: Communicator) throws -> Screen {
        try screen ?? .fastest(over: world)
    }

    /// Bytes that each rank may use, the same on all ranks. Collective over `world`: every rank calls it.
    static func bytesPerRank(_ memory: Int?, world: Communicator) throws -> Int {
        let usual = MemoryBudget.usual(ranksOnHost: try world.splitByHost().size)
        return try memory ?? world.allreduce(usual, .min)
    }
}
