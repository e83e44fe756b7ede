import MessagePassing
import Platform

/// The work of one rank in a job, for `summary.json`. Times are in seconds, sizes in bytes.
public struct RankActivity: Codable, Equatable, Sendable {
    /// The number of the rank.
    public var rank: Int
    /// The host on which the rank ran.
    public var host: String
    /// Wall time by phase.
    public var seconds: PhaseSeconds
    /// Processor time of the rank's threads, including waiting in MPI.
    public var processor_seconds: Double
    /// The part of `processor_seconds` spent in MPI, which is not computation: a waiting rank polls again and again
    /// whether the others are ready.
    public var mpi_processor_seconds: Double
    /// Wall time in MPI, both moving data and waiting for other ranks.
    public var mpi_seconds: Double
    /// The part of `mpi_seconds` spent waiting; absent if it was not measured.
    public var waiting_seconds: Double?
    /// Number of MPI calls.
    public var mpi_calls: Int
    /// Bytes passed to these calls.
    public var bytes_communicated: Int

    /// The work of all ranks, in rank order. Collective over `world`: every rank calls it.
    ///
    /// - Throws: `MPIError`.
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
