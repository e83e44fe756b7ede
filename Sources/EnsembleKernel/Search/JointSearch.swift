import Ensembles
import MessagePassing

/// The search for the nearest neighbors of test examples among all other examples, those of training and of test, by
/// the locally scaled kernel (``LocalScaling``) whose r is the mean of an example's nearest among all others.
///
/// Test examples crowd together as training examples do; where there are many of them, they belong to the
/// neighborhood.
package struct JointSearch {
    private typealias Parts = [NeighborLists.OfExamples]

    private let (test, train): (Int, Int)
    private let (nearest, k): (Int, Int)
    /// The searches by the kernel, for r: of test among other test examples, if there are any, and of training among
    /// test examples.
    private let nearestOfTest: NeighborSearch?
    private let nearestOfTrain: NeighborSearch
    /// The searches by the scaled kernel: among training and, if there are any, among other test examples.
    private let amongTrain: NeighborSearch
    private let amongTest: NeighborSearch?

    /// The searches. Collective over `world`: every rank calls it.
    ///
    /// - Parameters:
    ///   - nearest: Number of nearest examples in the mean r, fewer than training examples.
    ///   - k: Number of neighbors of each test example, at most as many as training examples.
    /// - Throws: `AgreedFailure` on every rank if the memory is too small; `MPIError`.
    package init(
        test: Logits, train: Logits, nearest: Int, k: Int, options: SearchOptions, world: Communicator
    ) throws {
        func search(_ rows: Logits, _ columns: Logits, _ count: Int, leavesOutSelf: Bool = false) throws
            -> NeighborSearch
        {
            try NeighborSearch(
                rows: rows, columns: columns, neighbors: count, leavesOutSelf: leavesOutSelf, options: options,
                world: world)
        }
        func searchOfTest(_ count: Int) throws -> NeighborSearch? {
            test.examples > 1
                ? try search(test, test, min(count, test.examples - 1), leavesOutSelf: true) : nil
        }
        (self.test, self.train, self.nearest, self.k) = (test.examples, train.examples, nearest, k)
        nearestOfTest = try searchOfTest(nearest)
        nearestOfTrain = try search(train, test, min(nearest, test.examples))
        amongTrain = try search(test, train, k)
        amongTest = try searchOfTest(k)
    }

    /// The searches, in the order in which they are done.
    package var searches: [NeighborSearch?] { [nearestOfTest, nearestOfTrain, amongTrain, amongTest] }

    /// The neighbors of this rank's even share of the test examples; test examples are numbered after the training
    /// examples. Collective over `world`: every rank calls it.
    ///
    /// - Parameters:
    ///   - testTrain: At least the `nearest` training examples of each test example, by the kernel.
    ///   - trainTrain: At least the `nearest` other training examples of each training example.
    ///   - run: Does a search.
    /// - Throws: What `run` throws; `MPIError`.
    package func neighbors(
        testTrain: [NeighborLists.OfExamples], trainTrain: [NeighborLists.OfExamples], world: Communicator,
        run: (NeighborSearch, CheckpointStage) throws -> [NeighborLists.OfExamples]
    ) throws -> NeighborLists.OfExamples {
        func united(_ ofTrain: Parts, _ ofTest: Parts?, rows: Int, k: Int) throws -> NeighborLists.OfExamples {
            let own = try ofTrain.evenShare(ofRows: rows, first: k, over: world)
            guard let others = try ofTest?.evenShare(ofRows: rows, first: k, over: world) else { return own }
            return (own.rows, own.lists.united(with: others.lists, numberedFrom: train, k: k))
        }
        func means(_ ofTrain: Parts, _ ofTest: Parts?, rows: Int) throws -> [Double] {
            let all = try united(ofTrain, ofTest, rows: rows, k: nearest)
            return try [all].inOrder(all.lists.meansOfNearest(nearest), over: world)
        }
        let ofTest = try means(
            testTrain, try nearestOfTest.map { try run($0, .nearest(nearest, .testTest)) }, rows: test)
        let ofTrain = try means(trainTrain, try run(nearestOfTrain, .nearestTestOfTrain(nearest)), rows: train)
        let scalingOfTrain = LocalScaling(nearest: nearest, rows: ofTest, columns: ofTrain)
        let scalingOfTest = LocalScaling(nearest: nearest, rows: ofTest, columns: ofTest)
        return try united(
            try run(amongTrain.scaled(by: scalingOfTrain), .joint(.testTrain)),
            try amongTest.map { try run($0.scaled(by: scalingOfTest), .joint(.testTest)) }, rows: test, k: k)
    }
}
