import Foundation
import MessagePassing

/// What one rank did in a job, for `summary.json`. Seconds, bytes.
public struct RankActivity: Codable, Equatable, Sendable {
    /// Its number.
    public var rank: Int
    /// The host it ran on.
    public var host: String
    /// Wall time by phase.
    public var seconds: PhaseSeconds
    /// Time that its threads computed, waiting in MPI included.
    public var processor_seconds: Double
    /// Of this the time in MPI, which is no computation: a rank that waits asks again and again whether the others are
    /// ready.
    public var mpi_processor_seconds: Double
    /// Wall time in MPI: moving data, and waiting for other ranks.
    public var mpi_seconds: Double
    /// Of this the time spent waiting; absent where it was not measured.
    public var waiting_seconds: Double?
    /// Calls of MPI.
    public var mpi_calls: Int
    /// Payload that it gave to them.
    public var bytes_communicated: Int

    /// That of all ranks, in their order. Collective over `world`: every rank calls it.
    package static func gathered(
        _ seconds: PhaseSeconds, _ activity: MPIStatistics.Reading, bytes: Int, world: Communicator
    ) throws -> [RankActivity] {
        let own = RankActivity(
            rank: world.rank, host: ProcessInfo.processInfo.hostName, seconds: seconds,
            processor_seconds: activity.processorSeconds,
            mpi_processor_seconds: activity.processorSecondsInMPI, mpi_seconds: activity.secondsInMPI,
            waiting_seconds: MPIStatistics.separatesWaiting ? activity.secondsWaiting : nil, mpi_calls: activity.calls,
            bytes_communicated: bytes)
        let encoded = Array(try JSONEncoder().encode(own))
        return try world.allgather(encoded).map { try JSONDecoder().decode(RankActivity.self, from: Data($0)) }
    }
}
