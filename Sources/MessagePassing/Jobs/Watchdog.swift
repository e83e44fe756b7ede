internal import CMPI
import ParallelRanges
import Platform
import Synchronization
import UserMessages

/// Ends a job that is stuck: because a process is suspended, a host is unreachable, a file hangs, or a message is lost.
///
/// MPI notices none of these: a rank that waits for such a rank waits forever. So a thread of every rank sends rank 0
/// heartbeats, outside MPI, that say how long the rank has made no progress, and rank 0 replies. A rank makes progress
/// when an MPI call returns or, outside MPI, when its threads compute. The first rank to notice that nothing has moved
/// for a given time reports it, with rank, host and cause, and ends all ranks.
public final class Watchdog: Sendable {
    private let rank: Int
    private let hosts: [String]
    private let limit: Double
    /// Nil if there is one rank only.
    private let socket: HeartbeatSocket?
    private let isWatching = Atomic<Bool>(true)

    /// A slow disk takes time for large writes: outside MPI, a rank may be idle for this multiple of the limit.
    private static let patience = 4.0

    /// Seconds from one heartbeat to the next.
    private var interval: Double { min(5, limit / 10) }

    /// Begins to watch. Collective over `world`, all ranks of the job: every rank calls it.
    ///
    /// - Parameters:
    ///   - limit: The longest time without progress.
    ///   - report: Prints a message, from another thread.
    /// - Throws: `AgreedFailure` (71) on every rank if a rank cannot open a socket or start a thread, or `MPIError`.
    public static func watch(
        over world: Communicator, limit: Duration, report: @escaping @Sendable (String) -> Void
    ) throws -> Watchdog {
        let name = ProcessInfo.processInfo.hostName
        let hosts = try world.allgather(Array(name.utf8)).map { String(decoding: $0, as: UTF8.self) }
        var socket: HeartbeatSocket?
        if world.size > 1 {
            let own = try world.agree { world.rank == 0 ? try HeartbeatSocket() : nil }
            let address = try world.broadcast(own?.address ?? [], root: 0)
            socket = try world.agree { try own ?? HeartbeatSocket(reaching: address) }
        }
        let watchdog = Watchdog(rank: world.rank, hosts: hosts, limit: limit / .seconds(1), socket: socket)
        try world.agree {
            guard SystemThread.start({ watchdog.run(report) }) else { throw WatchdogError.last("pthread_create") }
        }
        return watchdog
    }

    private init(rank: Int, hosts: [String], limit: Double, socket: HeartbeatSocket?) {
        self.rank = rank
        self.hosts = hosts
        self.limit = limit
        self.socket = socket
    }

    /// Ends the watch over this rank, which has done its part. Rank 0 continues until its process ends: the others may
    /// have more to do.
    public func end() {
        guard rank > 0 else { return }
        isWatching.store(false, ordering: .relaxed)
        // A datagram may be lost on its way.
        for _ in 0..<3 { socket?.send(Heartbeat(rank: rank, state: .done, seconds: 0)) }
    }

    private func run(_ report: (String) -> Void) {
        var own = OwnProgress()
        var others = RanksHeard(ranks: hosts.count)
        while isWatching.load(ordering: .relaxed) {
            let start = ContinuousClock.now
            let heartbeat = own.heartbeat(of: rank)
            if rank > 0 { socket?.send(heartbeat) }
            others.hear(heartbeat)
            if let socket {
                socket.receive(for: interval) { others.hear($0) }
            } else {
                usleep(UInt32(interval * 1e6))
            }
            // A process that was suspended itself cannot tell whether the others were, and has done nothing meanwhile.
            if ContinuousClock.now - start > .seconds(interval + limit / 2) {
                (own, others) = (OwnProgress(), RanksHeard(ranks: hosts.count))
            }
            guard isWatching.load(ordering: .relaxed), let trouble = trouble(others) else { continue }
            report(trouble)
            end(exitCode: ExitCode.system.rawValue)
        }
    }

    /// The problem that this rank can see; nil for none.
    private func trouble(_ others: RanksHeard) -> String? {
        guard rank == 0 else {
            // If several ranks no longer hear rank 0, one report is enough: the others wait for that rank to end the
            // job.
            return others.isSilent(0, for: limit + 0.5 * min(20, Double(rank))) ? silent(0, others) : nil
        }
        for other in hosts.indices.dropFirst() where others.isSilent(other, for: limit) { return silent(other, others) }
        let stuck = hosts.indices.filter { others.isStuck($0, .outsideMPI, for: Self.patience * limit) }
        if let other = stuck.first {
            return """
                \(name(other)) has done nothing for \(Int(Self.patience * limit)) s: a file that it reads or writes \
                may hang
                """
        }
        let waiting = hosts.indices.count { others.isStuck($0, .inMPI, for: limit) }
        guard waiting == others.remaining, let call = MPIStatistics.currentCall else { return nil }
        return "all ranks wait for one another in MPI for \(Int(limit)) s, \(name(0)) in \(call): a message was lost"
    }

    private func silent(_ other: Int, _ others: RanksHeard) -> String {
        "\(name(other)) has been silent for \(Int(others.silence(of: other))) s: it was stopped, or cannot be reached"
    }

    private func name(_ rank: Int) -> String { "rank \(rank) on \(hosts[rank])" }

    /// Ends all ranks. MPI_Abort may hang as well; then only this process ends, and its launcher notices.
    private func end(exitCode: Int32) -> Never {
        _ = SystemThread.start {
            sleep(3)
            _exit(exitCode)
        }
        fflush(nil)
        usleep(200_000)
        _ = mpi.abort(mpi.world(), exitCode)
        _exit(exitCode)
    }
}

/// A message about the progress of a rank.
struct Heartbeat {
    enum State: UInt8 {
        case outsideMPI, inMPI
        /// The rank has done its part and will send no more heartbeats.
        case done
    }

    let rank: Int
    let state: State
    /// Seconds without progress.
    let seconds: Double
}

/// The time of this process's last progress.
private struct OwnProgress {
    private var calls = -1
    private var processorSeconds = 0.0
    private var last = ContinuousClock.now

    /// The heartbeat to send now.
    mutating func heartbeat(of rank: Int) -> Heartbeat {
        let (isInMPI, returned) = (MPIStatistics.currentCall != nil, MPIStatistics.callsReturned)
        let computed = MPIStatistics.processorSeconds
        // Waiting in MPI takes processor time as well; a heartbeat itself takes next to none.
        if returned != calls || (!isInMPI && computed - processorSeconds > 0.01) { last = .now }
        (calls, processorSeconds) = (returned, computed)
        return Heartbeat(
            rank: rank, state: isInMPI ? .inMPI : .outsideMPI, seconds: (ContinuousClock.now - last) / .seconds(1))
    }
}

/// The last heartbeat of each rank, and the time it was received.
private struct RanksHeard {
    private(set) var heard: [Heartbeat?]
    private var times: [ContinuousClock.Instant]

    init(ranks: Int) {
        heard = Array(repeating: nil, count: ranks)
        times = Array(repeating: .now, count: ranks)
    }

    mutating func hear(_ heartbeat: Heartbeat) {
        guard heard.indices.contains(heartbeat.rank) else { return }
        heard[heartbeat.rank] = heartbeat
        times[heartbeat.rank] = .now
    }

    /// Number of ranks that are not done.
    var remaining: Int { heard.count { $0?.state != .done } }

    /// Seconds since the last heartbeat of a rank.
    func silence(of rank: Int) -> Double { (ContinuousClock.now - times[rank]) / .seconds(1) }

    /// Whether a rank that was heard before has fallen silent. A rank that was never heard may be behind a firewall
    /// that lets only MPI through.
    func isSilent(_ rank: Int, for limit: Double) -> Bool {
        guard let last = heard[rank] else { return false }
        return last.state != .done && silence(of: rank) > limit
    }

    /// Whether a rank reports that it has made no progress for longer than `limit`, within MPI or outside.
    func isStuck(_ rank: Int, _ state: Heartbeat.State, for limit: Double) -> Bool {
        guard let heartbeat = heard[rank] else { return false }
        return heartbeat.state == state && heartbeat.seconds > limit
    }
}
