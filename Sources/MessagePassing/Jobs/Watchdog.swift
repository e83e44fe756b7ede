internal import CMPI
import Foundation
import Synchronization
import UserMessages

/// Ends a job that cannot go on: because a process was stopped, a host cannot be reached, a file hangs, a message is
/// lost.
///
/// MPI notices none of this: who waits for such a rank waits for ever. So a thread of every rank sends rank 0 a
/// heartbeat, outside MPI, that tells for how long the rank has made no progress, and rank 0 answers. A rank makes
/// progress when a call of MPI returns or, outside MPI, when its threads compute. The first to see that nothing has
/// moved for a given time says so, naming rank, host and cause, and ends all ranks.
public final class Watchdog: Sendable {
    private let rank: Int
    private let hosts: [String]
    private let limit: Double
    private let socket: HeartbeatSocket
    private let isWatching = Atomic<Bool>(true)

    /// A slow disk takes its time for what is written at once: so many times as long may a rank do nothing outside MPI.
    private static let patience = 4.0

    /// Seconds from one heartbeat to the next.
    private var interval: Double { min(5, limit / 10) }

    /// Begins to watch. Collective over `world`, all ranks of the job: every rank calls it.
    ///
    /// - Parameters:
    ///   - limit: how long nothing may move.
    ///   - report: prints a message, from another thread.
    /// - Returns: nil where there is one rank, which nobody waits for.
    /// - Throws: `AgreedFailure` (71) on every rank where a rank cannot open a socket.
    public static func watch(
        over world: Communicator, limit: Duration, report: @escaping @Sendable (String) -> Void
    ) throws -> Watchdog? {
        guard world.size > 1 else { return nil }
        let name = ProcessInfo.processInfo.hostName
        let hosts = try world.allgather(Array(name.utf8)).map { String(decoding: $0, as: UTF8.self) }
        let own = try world.agree { world.rank == 0 ? try HeartbeatSocket() : nil }
        let address = try world.broadcast(own?.address ?? [], root: 0)
        let socket = try world.agree { try own ?? HeartbeatSocket(reaching: address) }
        let watchdog = Watchdog(rank: world.rank, hosts: hosts, limit: limit / .seconds(1), socket: socket)
        Thread.detachNewThread { watchdog.run(report) }
        return watchdog
    }

    private init(rank: Int, hosts: [String], limit: Double, socket: HeartbeatSocket) {
        self.rank = rank
        self.hosts = hosts
        self.limit = limit
        self.socket = socket
    }

    /// This rank has done its part, and need not be heard any more. Rank 0 goes on until its process ends: the others
    /// may have more to do.
    public func end() {
        guard rank > 0 else { return }
        isWatching.store(false, ordering: .relaxed)
        // One may be lost on its way.
        for _ in 0..<3 { socket.send(Heartbeat(rank: rank, state: .done, seconds: 0)) }
    }

    private func run(_ report: (String) -> Void) {
        var own = OwnProgress()
        var others = RanksHeard(ranks: hosts.count)
        while isWatching.load(ordering: .relaxed) {
            let start = ContinuousClock.now
            let heartbeat = own.heartbeat(of: rank)
            if rank > 0 { socket.send(heartbeat) }
            others.hear(heartbeat)
            socket.receive(for: interval) { others.hear($0) }
            // A process that was stopped itself cannot tell of others that they were.
            if ContinuousClock.now - start > .seconds(interval + limit / 2) { others = RanksHeard(ranks: hosts.count) }
            guard isWatching.load(ordering: .relaxed), let trouble = trouble(others) else { continue }
            report(trouble)
            end(exitCode: ExitCode.system.rawValue)
        }
    }

    /// What has gone wrong, as far as this rank can tell.
    private func trouble(_ others: RanksHeard) -> String? {
        guard rank == 0 else {
            // Of several ranks that hear nothing any more one is enough to say so: the others wait for it to end the
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

    /// Ends all ranks. MPI may hang like everything else, and then this process alone ends: its launcher notices.
    private func end(exitCode: Int32) -> Never {
        Thread.detachNewThread {
            sleep(3)
            _exit(exitCode)
        }
        fflush(nil)
        usleep(200_000)
        _ = CMPI_Abort(CMPIWorld(), exitCode)
        _exit(exitCode)
    }
}

/// What a rank says of itself.
struct Heartbeat {
    enum State: UInt8 {
        case outsideMPI, inMPI
        /// It will not be heard any more.
        case done
    }

    let rank: Int
    let state: State
    /// For how long it has made no progress.
    let seconds: Double
}

/// When this process last made progress.
private struct OwnProgress {
    private var calls = -1
    private var processorSeconds = 0.0
    private var last = ContinuousClock.now

    /// What there is to say now.
    mutating func heartbeat(of rank: Int) -> Heartbeat {
        let (isInMPI, returned) = (MPIStatistics.currentCall != nil, MPIStatistics.callsReturned)
        let computed = MPIStatistics.processorSeconds
        // To wait in MPI takes a processor, too; a heartbeat itself takes next to nothing.
        if returned != calls || (!isInMPI && computed - processorSeconds > 0.01) { last = .now }
        (calls, processorSeconds) = (returned, computed)
        return Heartbeat(
            rank: rank, state: isInMPI ? .inMPI : .outsideMPI, seconds: (ContinuousClock.now - last) / .seconds(1))
    }
}

/// What was heard of the ranks, and when.
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

    /// Ranks that are not done.
    var remaining: Int { heard.count { $0?.state != .done } }

    /// Seconds since a rank was heard.
    func silence(of rank: Int) -> Double { (ContinuousClock.now - times[rank]) / .seconds(1) }

    /// Whether a rank that was heard is not any more. One that never was may be behind a wall that lets MPI through
    /// only.
    func isSilent(_ rank: Int, for limit: Double) -> Bool {
        guard let last = heard[rank] else { return false }
        return last.state != .done && silence(of: rank) > limit
    }

    /// Whether a rank says that it has made no progress for so long, within MPI or without.
    func isStuck(_ rank: Int, _ state: Heartbeat.State, for limit: Double) -> Bool {
        guard let heartbeat = heard[rank] else { return false }
        return heartbeat.state == state && heartbeat.seconds > limit
    }
}
