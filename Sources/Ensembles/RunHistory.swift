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
        var files: [Int: RecordedRuns?] = [:]
        for segment in logits.segments {
            if files[segment.file] == nil {
                files[segment.file] = .some(try EnsembleRecord(beside: segment.tensor).map { RecordedRuns($0) })
            }
            if var file = files[segment.file] ?? nil {
                files[segment.file] = .some(nil)
                for run in segment.runs { add(run, &file, segment.runOfFile(run)) }
                files[segment.file] = file
            } else {
                chains += segment.runs.map { [$0] }
                costs = nil
            }
        }
    }

    /// What is recorded of the runs of one file, some of which may not be in use.
    private struct RecordedRuns {
        let rows: [EnsembleRecord.Run]
        /// The index in ``RunHistory/chains`` of each chain of the file.
        var places: [Int: Int] = [:]
        /// Number of rows from the first on that were looked at.
        var seen = 0
        /// Costs of the runs of each chain that are not in use, since its last one in use: it took them to get to the
        /// next.
        var unused: [Int: Double] = [:]

        init(_ record: EnsembleRecord) { rows = record.runs }

        /// The cost of the run at `index`, with those of the unused runs before it in its chain.
        mutating func cost(of index: Int) -> Double? {
            while seen < index {
                if let chain = rows[seen].chain { unused[chain, default: 0] += rows[seen].costEpochs ?? 0 }
                seen += 1
            }
            seen = max(seen, index + 1)
            guard let cost = rows[index].costEpochs else { return nil }
            return cost + (rows[index].chain.flatMap { unused.removeValue(forKey: $0) } ?? 0)
        }
    }

    private mutating func add(_ run: Int, _ file: inout RecordedRuns, _ index: Int) {
        let row = file.rows[index]
        if let chain = row.chain, let place = file.places[chain] {
            chains[place].append(run)
        } else {
            if let chain = row.chain { file.places[chain] = chains.count }
            chains.append([run])
        }
        // Whatever the file contains, a terminal gets only letters, digits and a few signs of it.
        let method = (row.method ?? "").filter { $0.isLetter || $0.isNumber || "-_.".contains($0) }
        if !method.isEmpty, !methods.contains(method) { methods.append(method) }
        if let cost = file.cost(of: index) { costs?.append(cost) } else { costs = nil }
    }
}
