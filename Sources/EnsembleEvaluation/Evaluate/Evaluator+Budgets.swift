import EnsembleMetrics

extension Evaluator {
    /// The largest ensembles whose training costs on average no more than each of the budgets, of the pool and of the
    /// deep ensemble it is compared with; nil if no budgets are given. Collective.
    ///
    /// - Parameter measured: Ensembles of the pool, whose sizes need not be measured again.
    func budgets(
        _ curve: DeepEnsembleCurve?, measured: [Evaluation.Size]
    ) throws -> [Evaluation.Budget]? {
        guard !options.budgets.isEmpty else { return nil }
        let ofPool = try affordable(of: pool, curve, measured: measured)
        let ofDeep = try deep.map { try affordable(of: $0, nil, measured: []) }
        return options.budgets.enumerated().map { place, epochs in
            .init(epochs: epochs, ensembles: ofPool[place], against: ofDeep?[place])
        }
    }

    /// The largest ensembles of a pool for each budget; nil for one that is too small for a single run.
    private func affordable(
        of pool: EvaluatedPool, _ curve: DeepEnsembleCurve?, measured: [Evaluation.Size]
    ) throws -> [Evaluation.Size?] {
        let costs = pool.history.costs ?? []
        let sampler = sampler(of: pool)
        func isAffordable(_ size: Int, _ budget: Double) -> Bool {
            // Sums of costs such as 0.1 are rounded.
            cost(of: sampler.subsets(size: size, count: options.subsets), costs) <= budget * (1 + 1e-9)
        }
        let sizes = options.budgets.map { budget in
            // More runs cost more.
            var (affordable, tooMany) = (0, pool.logits.runs + 1)
            while tooMany - affordable > 1 {
                let size = (affordable + tooMany) / 2
                if isAffordable(size, budget) { affordable = size } else { tooMany = size }
            }
            return affordable
        }
        let others = Set(sizes).subtracting([0]).subtracting(measured.map(\.runs)).sorted()
        let all = try measured + ensembles(of: others, of: pool, curve)
        return sizes.map { size in all.first { $0.runs == size } }
    }
}
