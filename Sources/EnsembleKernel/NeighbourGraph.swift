import MessagePassing

/// The nearest neighbours of examples among others, or among themselves: then without the example itself.
public struct NeighbourGraph {
    /// This rank's examples and their neighbours, in ascending order of the examples.
    public let parts: [NeighbourLists.Part]
    /// Rows, and examples that the neighbours are of.
    public let shape: [Int]
    /// Neighbours of each row.
    public let k: Int
    /// This rank's time by phase.
    public let seconds: PhaseSeconds

    /// Finds the neighbours. Collective over `world`: every rank calls it.
    ///
    /// - Parameters:
    ///   - k: neighbours of each row; of the options only what the search needs is looked at.
    ///   - checkpoint: where to keep what is found, and to go on from; nil for nowhere.
    ///   - progress: told the fraction of this rank's products done, now and then.
    /// - Throws: ``EnsembleError`` where the ensemble has no such examples or too few; ``AgreedFailure`` where a logit is
    ///   not finite.
    public init(
        of ensemble: Ensemble, pairs: KernelMatrix.Pairs, k: Int, options: PredictionOptions,
        checkpoint: Checkpoint? = nil, world: Communicator, progress: (Double) -> Void
    ) throws {
        let others = pairs == .testTrain ? 0 : 1
        let (rows, columns) = try world.agree {
            let (rows, columns) = try ensemble.logits(of: pairs)
            guard (1...max(1, columns.examples - others)).contains(k), columns.examples > others else {
                throw EnsembleError.usage("--k \(k): must be between 1 and the \(columns.examples - others) others")
            }
            try ensemble.requireSeveralRuns()
            return (rows, columns)
        }
        let found = try NeighbourSearch(
            rows: rows, columns: columns, neighbours: k + others, options: options, world: world
        ).run(checkpoint: checkpoint, stage: "neighbours, \(pairs.rawValue)", progress: progress)
        parts =
            others == 0
            ? found.parts : found.parts.map { (rows: $0.rows, lists: $0.lists.withoutSelf(rows: $0.rows)) }
        shape = [rows.examples, columns.examples]
        self.k = k
        seconds = found.seconds
    }
}

extension NeighbourLists {
    /// The neighbours of examples among themselves, one fewer: the example itself is left out, or where so many are as
    /// near to it as it is itself that they left no place for it, the last of them.
    func withoutSelf(rows: Range<Int>) -> NeighbourLists {
        var (others, ofOthers): ([Int64], [Float]) = ([], [])
        for (row, example) in rows.enumerated() {
            let places = row * k..<(row + 1) * k
            let own = places.first { indices[$0] == Int64(example) } ?? places.upperBound - 1
            for place in places where place != own {
                others.append(indices[place])
                ofOthers.append(similarities[place])
            }
        }
        return NeighbourLists(k: k - 1, similarities: ofOthers, indices: others)
    }
}
