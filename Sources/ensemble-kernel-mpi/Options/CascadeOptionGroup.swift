import ArgumentParser
import EnsembleEvaluation
import EnsembleMetrics

/// Options of the cascade of ensembles of growing size.
struct CascadeOptionGroup: ParsableArguments {
    @Flag(
        help: """
            Evaluate an early-exit cascade: one run first, the ensemble if that run's confidence is in a window \
            around the threshold between accepting and rejecting.
            """)
    var cascade = false

    @Option(
        help: ArgumentHelp(
            """
            Number of runs of the cascade's ensemble, the first run included; or of every stage, such as 1,4,16. \
            (default: 1,5; fewer if there are fewer runs)
            """, valueName: "numbers"))
    var cascadeRuns: StageSizes?

    @Option(
        help: ArgumentHelp(
            "Score that decides what is passed on and accepted. (default: confidence)", valueName: "name"))
    var cascadeScore: CascadeScore?

    @Option(
        help: ArgumentHelp(
            """
            Cost of a prediction by the runs of the first stage, and by those that each other stage adds. (default: \
            1 for each run)
            """, valueName: "costs"))
    var memberCosts: String?

    @Option(help: "Coverage: the fraction of examples that the cascade accepts. (default: 0.8)")
    var coverage: Double?

    @Option(
        help: """
            Instead of a coverage: the fraction of accepted predictions that may be wrong. As many examples as \
            possible are accepted.
            """)
    var risk: Double?

    func validate() throws {
        let options = [
            ("--cascade-runs", cascadeRuns != nil), ("--cascade-score", cascadeScore != nil),
            ("--member-costs", memberCosts != nil), ("--coverage", coverage != nil), ("--risk", risk != nil),
        ]
        if !cascade, let given = options.first(where: { $0.1 }) {
            throw ValidationError("\(given.0) requires --cascade")
        }
        if let cascadeRuns {
            let sizes = [0] + cascadeRuns.ofStages
            guard sizes.count > 2, zip(sizes, sizes.dropFirst()).allSatisfy({ $0 < $1 }) else {
                throw ValidationError(
                    "--cascade-runs \(cascadeRuns.argument): must be the runs of each stage, in ascending order"
                )
            }
        }
        if let coverage, !(coverage > 0 && coverage <= 1) {
            throw ValidationError("--coverage \(coverage): must be above 0 and at most 1")
        }
        if let risk, !(risk >= 0 && risk < 1) {
            throw ValidationError("--risk \(risk): must be at least 0 and below 1")
        }
        if coverage != nil, risk != nil { throw ValidationError("--coverage and --risk: give one of them") }
        _ = try costs(stages: cascadeRuns?.ofStages.count ?? 2)
    }

    /// The cascade for a pool of `poolRuns` runs; nil if none is requested.
    func cascade(runs poolRuns: Int) throws -> EvaluationOptions.Cascade? {
        guard cascade else { return nil }
        let sizes = cascadeRuns?.ofStages ?? [1, min(5, poolRuns)]
        let costs = try costs(stages: sizes.count) ?? zip(sizes, [0] + sizes).map { Double($0 - $1) }
        return .init(
            stages: zip(sizes, costs).map { .init(runs: $0, cost: $1) },
            target: risk.map { .risk($0) } ?? .coverage(coverage ?? 0.8), score: cascadeScore?.score ?? .confidence)
    }

    private func costs(stages: Int) throws -> [Double]? {
        guard let memberCosts else { return nil }
        let costs = memberCosts.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) ?? .nan }
        guard costs.count == stages, costs.allSatisfy({ 0...1e100 ~= $0 }) else {
            throw ValidationError(
                """
                --member-costs \(memberCosts): must be \(stages == 2 ? "two" : "\(stages)") costs from 0 to 1e100 \
                separated by \(stages == 2 ? "a comma" : "commas"), one for each stage
                """)
        }
        return costs
    }
}

/// The numbers of runs of the stages of a cascade, separated by commas.
struct StageSizes: ExpressibleByArgument {
    let argument: String
    /// The number of runs of each stage; a single number is that of the second of two stages.
    let ofStages: [Int]

    init?(argument: String) {
        guard let numbers = [Int](separatedByCommas: argument) else { return nil }
        self.argument = argument
        ofStages = (numbers.count == 1 ? [1] : []) + numbers
    }
}

/// A score by which a cascade may decide, written with hyphens.
struct CascadeScore: ExpressibleByArgument {
    let score: CertaintyScore

    private static let scores: [CertaintyScore] = [
        .confidence, .entropy, .largestLogit, .energy, .mutualInformation, .agreement,
    ]

    static let allValueStrings = scores.map(\.option)

    init?(argument: String) {
        guard let place = Self.allValueStrings.firstIndex(of: argument) else { return nil }
        score = Self.scores[place]
    }
}
