import EnsembleKernel
import Ensembles
import MessagePassing
import UserMessages

/// The control of the kernel's votes: the same votes by the correlation of the pixels of two images, which takes no
/// network. What the kernel does no better than this, it need not have learned.
///
/// Wide untrained networks, fully connected, have the neighbors that the cosine of the inputs gives, since their kernel
/// grows with it (Cho and Saul, Kernel methods for deep learning, 2009).
package struct PixelControl {
    private let options: PredictionOptions
    private let search: NeighborSearch
    private let searchOfTrain: NeighborSearch?

    /// The votes by the correlation, and those by it locally scaled if the kernel is.
    package struct Votes {
        let byKernel: CountedVotes
        let local: CountedVotes?

        /// Their accuracies; nil without labels.
        package func accuracies(_ votes: PredictionOptions.Votes) -> Summary.Accuracy.Pixels? {
            guard let majority = byKernel.majority(votes), let weighted = byKernel.weighted(votes.weighted) else {
                return nil
            }
            return .init(
                kernel_majority: majority, kernel_weighted: weighted, kernel_local: local?.weighted(votes.local))
        }
    }

    /// The searches for neighbors. Collective over `world`: every rank calls it.
    ///
    /// - Throws: `AgreedFailure` on every rank if the memory is too small; `MPIError`.
    package init(
        _ images: PredictionOptions.ExampleImages, of ensemble: Ensemble, options: PredictionOptions,
        world: Communicator
    ) throws {
        self.options = options
        let (test, train) = try world.agree {
            guard images.test.isComparable(with: images.train) else {
                throw UserError.badData(
                    """
                    \(images.test.tensor.path) has images \(images.test.tensor.shape) and \
                    \(images.train.tensor.path) \(images.train.tensor.shape): their pixels cannot be compared
                    """)
            }
            return (Logits(pixelsOf: images.test), Logits(pixelsOf: images.train))
        }
        var ofPixels = options.search
        ofPixels.transform = .raw
        search = try NeighborSearch(
            rows: test, columns: train, neighbors: max(options.votes.k, options.votes.weightedK, options.scaling ?? 0),
            options: ofPixels, world: world)
        searchOfTrain = try options.scaling.map {
            try NeighborSearch(
                rows: train, columns: train, neighbors: $0, leavesOutSelf: true, options: ofPixels, world: world)
        }
    }

    /// The searches, in the order in which they are done.
    package var searches: [NeighborSearch?] { [search, searchOfTrain, searchOfTrain == nil ? nil : search] }

    /// Counts the votes. Collective over `world`: every rank calls it.
    ///
    /// - Parameters:
    ///   - others: Predictions for all test examples, to which the votes are compared.
    ///   - run: Does a search.
    /// - Throws: What `run` throws; `MPIError`.
    package func votes(
        of ensemble: Ensemble, classes: Int, comparedTo others: [Int], world: Communicator,
        run: (NeighborSearch, CheckpointStage) throws -> [NeighborLists.OfExamples]
    ) throws -> Votes {
        let votes = options.votes
        func counted(_ some: Set<NearestVote>, _ parts: [NeighborLists.OfExamples]) throws -> CountedVotes {
            try CountedVotes(
                some, of: parts, ensemble: ensemble, classes: classes, ties: votes.ties, comparedTo: others,
                world: world)
        }
        let found = try run(search, .pixels(.testTrain))
        let byKernel = try counted([votes.majority, votes.weighted], found)
        guard let searchOfTrain, let nearest = options.scaling else { return Votes(byKernel: byKernel, local: nil) }
        let scaling = try LocalScaling(
            ofNearest: nearest, rows: found, columns: try run(searchOfTrain, .pixels(.trainTrain)), world: world)
        return Votes(
            byKernel: byKernel,
            local: try counted([votes.local], try run(search.scaled(by: scaling), .localPixels)))
    }
}
