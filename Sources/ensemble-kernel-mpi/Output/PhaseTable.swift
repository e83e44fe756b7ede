import EnsembleKernel
import Reports
import UserMessages

/// The time of a job by phase, for the slowest and the fastest rank.
struct PhaseTable {
    private let ranks: [RankActivity]

    init(_ ranks: [RankActivity]) { self.ranks = ranks }

    var text: String {
        let rows = [
            row("read: averages and moments") { $0.seconds.read },
            row("standardize") { $0.seconds.standardize },
            row("product") { $0.seconds.product },
            row("reduce over ranks") { $0.seconds.reduce },
            row("select candidates") { $0.seconds.select },
            row("exact products") { $0.seconds.refine },
            row("total") { $0.seconds.total },
            row("of which in MPI") { $0.mpi_seconds },
        ]
        return TextTable(["seconds", "slowest", "rank", "fastest", "rank"], rows).lines.joined(separator: "\n")
    }

    private func row(_ name: String, _ seconds: (RankActivity) -> Double) -> [String] {
        let sorted = ranks.sorted { seconds($0) > seconds($1) }
        guard let slowest = sorted.first, let fastest = sorted.last else { return [name] }
        return [name]
            + [slowest, fastest].flatMap { rank in
                [NumberText.number(seconds(rank), 2), "\(rank.rank) on \(rank.host)"]
            }
    }
}
