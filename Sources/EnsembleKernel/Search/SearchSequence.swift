/// Searches of one job that are done one after the other, with one progress bar.
package struct SearchSequence {
    private let rows: Int
    private var rowsDone = 0
    /// The work and time of this rank in the searches that are done.
    package private(set) var counters = SearchCounters()

    /// The searches that are to be done.
    package init(_ searches: [NeighborSearch?]) {
        rows = searches.reduce(0) { $0 + ($1?.rows ?? 0) }
    }

    /// Does the next search. Collective over its grid: every rank calls it.
    ///
    /// - Parameters:
    ///   - stage: The name of the search among those of the job.
    ///   - progress: Called now and then with the fraction of this rank's products that is done, of all searches.
    /// - Throws: As ``NeighborSearch/run(checkpoint:stage:progress:)``.
    package mutating func run(
        _ search: NeighborSearch, _ stage: CheckpointStage, checkpoint: Checkpoint?, progress: (Double) -> Void
    ) throws -> NeighborSearch.Result {
        let found = try search.run(checkpoint: checkpoint, stage: stage) {
            progress((Double(rowsDone) + $0 * Double(search.rows)) / Double(rows))
        }
        rowsDone += search.rows
        counters += found.counters
        return found
    }
}
