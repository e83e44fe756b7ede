import MessagePassing
import Platform

/// Checks of the launch for mistakes that waste the machine, although the results will be correct.
enum LaunchCheck {
    /// Warns of mistakes, one line each, on rank 0. Collective over `world`, all ranks of the job: every rank calls it.
    static func warn(threads: Int?, world: Communicator) throws {
        let host = try world.splitByHost()
        let cores = ProcessInfo.processInfo.processorCount
        let isBoundTogether = try commonCore(usableCores(), host) && host.size > 1 && cores > 1
        let isBusy = isOpenMPI && host.size > cores && !yieldsWhenIdle
        let threads = threads ?? 1
        let isCrowded = threads > 1 && threads * host.size > cores
        let name = ProcessInfo.processInfo.hostName
        let warnings = [
            isBoundTogether
                ? "all \(host.size) ranks on \(name) are bound to one of its \(cores) cores: mpirun --bind-to none"
                : nil,
            isBusy
                ? """
                \(host.size) ranks on the \(cores) cores of \(name) do not yield while they wait, and are slow: \
                --mca mpi_yield_when_idle 1
                """ : nil,
            isCrowded ? "--threads \(threads): \(host.size) ranks on \(name) have \(cores) cores between them" : nil,
        ]
        for warning in warnings {
            let lines = try world.gather(Array((warning ?? "").utf8), root: 0) ?? []
            guard let line = lines.first(where: { !$0.isEmpty }) else { continue }
            Diagnostics.warn(String(decoding: line, as: UTF8.self))
        }
    }

    /// The cores that this process may use, in the system's notation: 0-3,8.
    private static func usableCores() -> String? {
        let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        return status?.split(separator: "\n").first { $0.hasPrefix("Cpus_allowed_list:") }?
            .split(whereSeparator: \.isWhitespace).last.map(String.init)
    }

    /// Whether all ranks of a host are restricted to the same single core.
    private static func commonCore(_ usable: String?, _ host: Communicator) throws -> Bool {
        let own = usable.flatMap { Int($0) } ?? -1
        let (least, most) = (try host.allreduce(own, .min), try host.allreduce(own, .max))
        return least == most && least >= 0
    }

    private static func isSet(_ variable: String) -> Bool { ProcessInfo.processInfo.environment[variable] == "1" }

    private static var isOpenMPI: Bool { ProcessInfo.processInfo.environment["OMPI_MCA_mpi_oversubscribe"] != nil }

    /// Whether ranks yield while they wait: Open MPI does that if it knows of more ranks than cores, or on request.
    private static var yieldsWhenIdle: Bool {
        isSet("OMPI_MCA_mpi_oversubscribe") || isSet("OMPI_MCA_mpi_yield_when_idle")
    }
}
