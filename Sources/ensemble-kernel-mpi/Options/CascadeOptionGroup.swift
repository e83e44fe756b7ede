import ArgumentParser
import EnsembleEvaluation

/// Options of the cascade of one run and an ensemble.
struct CascadeOptionGroup: ParsableArguments {
    @Flag(
        help: """
            Evaluate a two-stage early-exit cascade: one model first, the ensemble if that model's confidence is in a \
            window around the threshold between accepting and rejecting.
            """)
    var cascade = false

    @Option(
        help: ArgumentHelp("Size of the cascade's ensemble, first model included. (default: 5)", valueName: "n"))
    var cascadeRuns: Int?

    @Option(
        help: ArgumentHelp(
            """
            Cost of a prediction by the first model, and by the other members together. (default: 1 for each member)
            """, valueName: "first,others"))
    var memberCosts: String?

    @Option(help: "Coverage: the fraction of examples that the cascade accepts. (default: 0.8)")
    var coverage: Double?

    func validate() throws {
        let options = [
            ("--cascade-runs", cascadeRuns != nil), ("--member-costs", memberCosts != nil),
            ("--coverage", coverage != nil),
        ]
        if !cascade, let given = options.first(where: { $0.1 }) {
            throw ValidationError("\(given.0) requires --cascade")
        }
        if let cascadeRuns, cascadeRuns < 2 {
            throw ValidationError("--cascade-runs \(cascadeRuns): must be at least 2")
        }
        if let coverage, !(coverage > 0 && coverage <= 1) {
            throw ValidationError("--coverage \(coverage): must be above 0 and at most 1")
        }
        _ = try costs()
    }

    /// The cascade for a pool of `poolRuns` runs; nil if none is requested.
    func cascade(runs poolRuns: Int) throws -> EvaluationOptions.Cascade? {
        guard cascade else { return nil }
        let runs = cascadeRuns ?? min(5, poolRuns)
        let costs = try costs()
        return .init(
            runs: runs, firstCost: costs?.first ?? 1, othersCost: costs?.others ?? Double(runs - 1),
            coverage: coverage ?? 0.8)
    }

    private func costs() throws -> (first: Double, others: Double)? {
        guard let memberCosts else { return nil }
        let costs = memberCosts.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) ?? .nan }
        guard costs.count == 2, costs.allSatisfy({ 0...1e100 ~= $0 }) else {
            throw ValidationError("--member-costs \(memberCosts): must be two costs separated by a comma")
        }
        return (costs[0], costs[1])
    }
}
