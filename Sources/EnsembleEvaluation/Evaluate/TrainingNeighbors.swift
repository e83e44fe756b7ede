import EnsembleKernel
import Ensembles
import MessagePassing

/// The search for the nearest training examples of any examples, by the kernel of the same runs or by the locally
/// scaled kernel, and how near they are.
struct TrainingNeighbors {
    /// What is found for some rows.
    struct Found {
        /// The neighbors that vote, by the locally scaled kernel if there is a scaling.
        let voters: [NeighborLists.OfExamples]
        /// The kernel's similarity of the nearest training example of each row, on every rank.
        let similarity: [Double]
        /// The same by the locally scaled kernel; nil without scaling.
        let scaledSimilarity: [Double]?
    }

    private let train: Logits
    private let k: Int
    private let nearest: Int?
    private let options: SearchOptions
    private let world: Communicator
    /// The ranks of `world` that search; nil on the others.
    private let searchers: Communicator?
    /// For scaling, the neighbors of the training examples among themselves, once they have been found.
    private var ofTrain: [NeighborLists.OfExamples]?

    /// A search for `k` voters, by the kernel scaled by `nearest` examples if that is not nil.
    init(
        among train: Logits, k: Int, nearest: Int?, options: SearchOptions, world: Communicator,
        searchers: Communicator?
    ) {
        (self.train, self.k, self.nearest, self.options) = (train, k, nearest, options)
        (self.world, self.searchers) = (world, searchers)
    }

    /// The searches of a set of rows: by the kernel, and for scaling among the training examples, and by the scaled
    /// kernel.
    private struct Searches {
        let byKernel: NeighborSearch
        let ofTrain, scaled: NeighborSearch?
    }

    private func searches(of rows: Logits, _ searchers: Communicator) throws -> Searches {
        func search(_ rows: Logits, _ neighbors: Int, leavesOutSelf: Bool = false) throws -> NeighborSearch {
            try NeighborSearch(
                rows: rows, columns: train, neighbors: neighbors, leavesOutSelf: leavesOutSelf, options: options,
                world: searchers)
        }
        return Searches(
            byKernel: try search(rows, nearest ?? k),
            ofTrain: try nearest.flatMap { ofTrain == nil ? try search(train, $0, leavesOutSelf: true) : nil },
            scaled: try nearest.map { _ in try search(rows, k) })
    }

    /// Checks that there is enough memory. Collective over `world`: every rank calls it.
    ///
    /// - Throws: `AgreedFailure` (64) on every rank if there is not; `MPIError`.
    func check(_ rows: Logits) throws {
        try world.agree { if let searchers { _ = try searches(of: rows, searchers) } }
    }

    /// Finds the neighbors of some rows. Collective over `world`: every rank calls it.
    ///
    /// - Parameter progress: Called now and then with the fraction done.
    /// - Throws: As `NeighborSearch.run(checkpoint:stage:progress:)` does.
    mutating func find(_ rows: Logits, progress: (Double) -> Void) throws -> Found {
        typealias Parts = [NeighborLists.OfExamples]
        let (byKernel, scaled, ofTrain) = try world.agree { () throws -> (Parts, Parts?, Parts?) in
            guard let searchers else { return ([], nearest.map { _ in [] }, []) }
            let searches = try searches(of: rows, searchers)
            var sequence = SearchSequence([searches.byKernel, searches.ofTrain, searches.scaled])
            func run(_ search: NeighborSearch) throws -> Parts {
                try sequence.run(search, .prediction, checkpoint: nil, progress: progress).parts
            }
            let byKernel = try run(searches.byKernel)
            guard let nearest, let scaled = searches.scaled else { return (byKernel, nil, nil) }
            let ofTrain = try searches.ofTrain.map(run) ?? self.ofTrain ?? []
            let scaling = try LocalScaling(ofNearest: nearest, rows: byKernel, columns: ofTrain, world: searchers)
            return (byKernel, try run(scaled.scaled(by: scaling)), ofTrain)
        }
        self.ofTrain = ofTrain
        func first(_ parts: Parts) throws -> [Double] {
            try parts.inOrder(parts.flatMap { $0.lists.first(1).similarities.map(Double.init) }, over: world)
        }
        return Found(
            voters: scaled ?? byKernel, similarity: try first(byKernel), scaledSimilarity: try scaled.map(first))
    }
}
