/// What a job is, as far as its cost goes.
public struct JobSize: Equatable, Sendable {
    /// Runs R, test examples T, train examples N, classes C, and neighbours kept for each test example.
    public let runs, test, train, classes, neighbours: Int

    /// A job of R runs, T test examples, N train examples, C classes and k neighbours.
    public init(runs: Int, test: Int, train: Int, classes: Int, neighbours: Int) {
        self.runs = runs
        self.test = test
        self.train = train
        self.classes = classes
        self.neighbours = neighbours
    }
}
