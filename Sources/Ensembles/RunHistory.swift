import ArrayFiles

/// The history of an ensemble's runs, read from `ensemble.json` beside their logits.
package struct RunHistory {
    /// The runs of each chain, in the order in which they were drawn. Runs of unknown origin are chains of one.
    package private(set) var chains: [[Int]] = []
    /// Passes over the training examples that each run cost in addition to the earlier runs of its chain; nil unless
    /// known for all runs.
    package private(set) var costs: [Double]? = []
    /// The methods by which the runs were made, in the order of their first runs.
    package private(set) var methods: [String] = []

    /// Reads the history of the runs of `logits`.
    ///
    /// - Throws: `UserError` or `ArrayFileError` if an `ensemble.json` cannot be read or does not belong to the logits
    ///   beside it.
    package init(of logits: Logits) throws {
        var first = 0
        for segment in logits.segments {
            let runs = segment.runsOfFile
            if let record = try EnsembleRecord(beside: segment.tensor) {
                add(record.runs[runs], from: first)
            } else {
                chains += runs.indices.map { [first + $0 - runs.lowerBound] }
                costs = nil
            }
            first += runs.count
        }
    }

    private mutating func add(_ rows: some Collection<EnsembleRecord.Run>, from first: Int) {
        var places: [Int: Int] = [:]
        for (run, row) in zip(first..., rows) {
            if let chain = row.chain, let place = places[chain] {
                chains[place].append(run)
            } else {
                if let chain = row.chain { places[chain] = chains.count }
                chains.append([run])
            }
            // Whatever the file contains, a terminal gets only letters, digits and a few signs of it.
            let method = (row.method ?? "").filter { $0.isLetter || $0.isNumber || "-_.".contains($0) }
            if !method.isEmpty, !methods.contains(method) { methods.append(method) }
            if let cost = row.costEpochs { costs?.append(cost) } else { costs = nil }
        }
    }
}
