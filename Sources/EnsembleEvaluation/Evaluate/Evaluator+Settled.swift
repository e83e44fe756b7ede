import EnsembleMetrics
import Ensembles
import ParallelRanges
import Synchronization

extension Evaluator {
    /// The most runs of which votes are counted: the time grows faster than the square of their number, and the vote of
    /// more runs is hardly ever another.
    private static let mostVotes = 1000

    /// How many of the first `runs` runs, up to 1,000, it takes until their vote for each example is that of all of
    /// them; nil if that is not requested. Collective.
    func settled(runs: Int) throws -> Evaluation.Settled? {
        guard let error = options.settledError else { return nil }
        let runs = min(runs, Self.mostVotes)
        let sizes = EvaluationOptions.usualSizes(runs)
        let logFactorials = UrnVote.logFactorials(upTo: runs)
        let votes = try CertaintyScores.votesOfOwn(
            of: pool.logits, runs: runs, world: world, threads: options.search.threads
        ).map { UrnVote(votes: $0, logFactorials: logFactorials) }
        // Most examples have the votes of another one.
        let different = Dictionary(votes.map { ($0.pattern, $0) }) { first, _ in first }.map(\.value)
        let found = Mutex([[Int]: (settled: Int, agreement: [Double])]())
        concurrently(over: different.count, threads: options.search.threads) { places in
            for place in places {
                let urn = different[place]
                let result = (urn.settled(error: error), sizes.map { urn.agreement(of: $0) })
                found.withLock { $0[urn.pattern] = result }
            }
        }
        let results = found.withLock { $0 }
        let own = votes.map { (urn: $0, result: results[$0.pattern]!) }
        let settled = try world.allgather(own.map { Int32($0.result.settled) }).flatMap(\.self)
        let winners = try world.allgather(own.map { Int32($0.urn.winner) }).flatMap(\.self)
        let counts = try world.allgather(own.map { Int32($0.urn.votesOfWinner) }).flatMap(\.self)
        let agreement = try world.allgather(own.flatMap(\.result.agreement)).flatMap(\.self)
        let examples = Double(settled.count)
        return .init(
            error: error, runs: runs, most: settled.map(Int.init).max() ?? 1,
            sizes: sizes.enumerated().map { place, size in
                .init(
                    runs: size, settled: Double(settled.count { $0 <= size }) / examples,
                    agreement: settled.indices.reduce(0) { $0 + agreement[$1 * sizes.count + place] } / examples)
            },
            examples: settled.indices.map {
                .init(prediction: Int(winners[$0]), votes: Int(counts[$0]), runs: Int(settled[$0]))
            })
    }
}
