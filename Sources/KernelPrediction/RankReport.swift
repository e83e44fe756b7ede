import EnsembleKernel
import MessagePassing

/// The work of all ranks in a job, as ``Summary`` tells it.
struct RankReport {
    /// Seconds by phase of the slowest rank.
    let slowest: PhaseSeconds
    /// Payload of the collectives, all ranks together.
    let bytesCommunicated: Int
    /// The work of each rank, in their order.
    let activity: [RankActivity]

    /// Collective over the grid's world: every rank calls it with its own numbers, and all get the same.
    init(seconds: PhaseSeconds, activity: MPIStatistics.Reading, grid: RankGrid) throws {
        let world = grid.world
        slowest = try seconds.slowest(over: world)
        bytesCommunicated = try world.allreduce(grid.bytesCommunicated, .sum)
        self.activity = try RankActivity.gathered(seconds, activity, bytes: grid.bytesCommunicated, world: world)
    }
}
