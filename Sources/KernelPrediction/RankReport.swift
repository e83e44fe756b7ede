import EnsembleKernel
import MessagePassing

/// The work of all ranks in a job, for ``Summary``.
struct RankReport {
    /// Seconds by phase, each of the slowest rank.
    let slowest: PhaseSeconds
    /// Bytes passed to the collectives by all ranks together.
    let bytesCommunicated: Int
    /// The work of each rank, in rank order.
    let activity: [RankActivity]

    /// Gathers the numbers of all ranks. Collective over the grid's world: every rank calls it with its own numbers,
    /// and all get the same result.
    ///
    /// - Throws: `MPIError`.
    init(seconds: PhaseSeconds, activity: MPIStatistics.Reading, grid: RankGrid) throws {
        let world = grid.world
        slowest = try seconds.slowest(over: world)
        bytesCommunicated = try world.allreduce(grid.bytesCommunicated, .sum)
        self.activity = try RankActivity.gathered(seconds, activity, bytes: grid.bytesCommunicated, world: world)
    }
}
