import EnsembleEvaluation
import UserMessages

/// The output of `select`.
struct SelectionReport {
    private let selection: Selection
    private let out: String?

    init(_ selection: Selection, out: String?) { (self.selection, self.out) = (selection, out) }

    var text: String {
        let pool = selection.ensemble
        let title =
            "\(NumberText.count(pool.runs, "run")), \(NumberText.count(pool.test, "test example")), "
            + "\(pool.classes) classes"
        return ([[title], table] + [runs, notes].filter { !$0.isEmpty })
            .map { $0.joined(separator: "\n") }.joined(separator: "\n\n")
    }

    private var table: [String] {
        TextTable(
            [
                "chosen on one half, measured on the other", "runs", "error %", "±", "NLL", "less random", "±",
                "calibrated NLL", "NLL of a member", "gap",
            ],
            selection.choices.map { choice in
                let (mean, std) = (choice.measures.mean, choice.measures.std)
                return [
                    choice.method.rawValue, NumberText.grouped(choice.runs), NumberText.percent(mean.error),
                    std.map { NumberText.percent($0.error) } ?? "", NumberText.number(mean.negativeLogLikelihood, 4),
                    NumberText.number(choice.nll_less_random.mean, 4),
                    choice.nll_less_random.std.map { NumberText.number($0, 4) } ?? "",
                    NumberText.number(-mean.calibratedLogLikelihood, 4),
                    NumberText.number(choice.halves.mean(of: \.mean_member_nll), 4),
                    NumberText.number(choice.halves.mean(of: \.gap), 4),
                ]
            }
        ).lines
    }

    /// The most ranges of runs that are listed.
    private static let rangesShown = 200

    private var runs: [String] {
        let listed = selection.choices.compactMap { choice -> String? in
            guard let members = choice.members, choice.method != .all else { return nil }
            let ranges = RangeSet(members.map { $0..<$0 + 1 }).ranges
            guard ranges.count <= Self.rangesShown else {
                return "\(choice.method.rawValue): \(NumberText.count(members.count, "run")), in weights.csv of --out"
            }
            // A number alone would be that of the first runs.
            let isOne = members.count == 1
            let words = ranges.map {
                $0.count > 1 || isOne ? "\($0.lowerBound)-\($0.upperBound - 1)" : "\($0.lowerBound)"
            }
            return "\(choice.method.rawValue): --runs \(words.joined(separator: ","))"
        }
        return listed.isEmpty ? [] : ["chosen on all examples"] + listed
    }

    private var notes: [String] {
        let mixture = selection.prequential
        let learning =
            """
            mixture that learns from one example after the other: NLL \(NumberText.number(mixture.nll, 4)), \
            \(NumberText.number(mixture.regret, 2)) nats in all more than the best run
            """
        guard let out else { return [learning] }
        return [learning, "selection.json, tables (.csv) and a chart written to \(TerminalText.line(out))"]
    }
}
