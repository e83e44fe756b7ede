import ArrayFiles
import EnsembleKernel
import Platform
import UserMessages

/// The output of `plan`.
struct PlanReport: Encodable {
    /// The largest number of ranks in the plan.
    static let mostRanks = 4096
    /// The share of the time that the job may take at most on twice as many ranks for these to help.
    static let worthwhile = 0.8

    let rates: MachineRates
    let threads_per_rank: Int
    /// Missing if all ranks are on one host.
    let ranks_per_host: Int?
    let memory_limit_bytes: Int
    /// The cost on the requested grid or number of ranks.
    let plan: CostModel.Cost
    /// The costs for powers of two.
    let by_ranks: [CostModel.Cost]
    /// The largest of these numbers of ranks beyond which twice as many no longer help.
    let ranks_that_help: Int

    init(_ model: CostModel, plan: CostModel.Cost) {
        rates = model.rates
        threads_per_rank = model.threads
        ranks_per_host = model.ranksOfHost
        memory_limit_bytes = model.memory
        self.plan = plan
        by_ranks = (0...Self.mostRanks.trailingZeroBitCount).map { model.cheapest(ranks: 1 << $0) }
        let doublings = zip(by_ranks, by_ranks.dropFirst()).filter { $0.0.least_memory_bytes <= model.memory }
        let last = doublings.first { $1.seconds.total > Self.worthwhile * $0.seconds.total }
        ranks_that_help = (last?.0 ?? by_ranks[by_ranks.count - 1]).ranks
    }

    func json() throws -> String {
        return String(decoding: try JSONEncoder.readable.encode(self), as: UTF8.self) + "\n"
    }

    var text: String {
        var lines = [
            "\(plan.ranks) ranks x \(threads_per_rank) threads, grid \(plan.grid.runs)x\(plan.grid.train)", "",
        ]
        lines += fits(plan) ? phases + [""] + amounts : [tooLittleMemory]
        lines += ["", "  ranks     grid     seconds   speed-up   memory per rank"]
        // If one rank would not have enough memory, the smallest sufficient number of ranks counts as that many times
        // faster than one.
        let alone = by_ranks.first(where: fits).map { $0.seconds.total * Double($0.ranks) }
        lines += by_ranks.map { cost in
            let grid = "\(cost.grid.runs)x\(cost.grid.train)"
            let place = "  \(Self.padded("\(cost.ranks)", to: 7))\(Self.padded(grid, to: 9))"
            guard let alone, fits(cost) else {
                return place + "         -          -   \(ByteCount(cost.least_memory_bytes)) at least"
            }
            let speedup = NumberText.number(alone / cost.seconds.total, 1, width: 10)
            return place + "\(Self.seconds(cost.seconds.total)) \(speedup)   \(ByteCount(cost.memory_bytes))"
        }
        lines += [
            "",
            ranks_that_help == Self.mostRanks
                ? "More ranks help up to \(Self.mostRanks) at least."
                : "More than \(ranks_that_help) ranks hardly help: doubling them saves less than "
                    + "\(Int((1 - Self.worthwhile) * 100)) % of the time.",
        ]
        return lines.joined(separator: "\n")
    }

    private var phases: [String] {
        let seconds: [(String, Double)] = [
            ("read: averages and moments", plan.seconds.read), ("standardize", plan.seconds.standardize),
            ("product", plan.seconds.product), ("reduce over ranks", plan.seconds.reduce),
            ("select candidates", plan.seconds.select), ("exact products", plan.seconds.refine),
            ("total", plan.seconds.total), ("of which communication", plan.communication_seconds),
        ]
        return seconds.map { "  \(Self.padded($0.0, to: 28))\(Self.seconds($0.1)) s" }
    }

    private var amounts: [String] {
        [
            "  memory per rank             \(ByteCount(plan.memory_bytes)) of \(ByteCount(memory_limit_bytes))",
            "  read (all ranks, passes)    \(ByteCount(plan.bytes_read))",
            "  sent (all ranks)            \(ByteCount(plan.bytes_communicated))",
        ]
    }

    private var tooLittleMemory: String {
        "--memory \(ByteCount(memory_limit_bytes)) is too small: a rank needs at least "
            + "\(ByteCount(plan.least_memory_bytes)) for this job."
    }

    private func fits(_ cost: CostModel.Cost) -> Bool { cost.least_memory_bytes <= memory_limit_bytes }

    private static func seconds(_ value: Double) -> String { NumberText.number(value, 3, width: 10) }

    private static func padded(_ text: String, to width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.count))
    }
}
