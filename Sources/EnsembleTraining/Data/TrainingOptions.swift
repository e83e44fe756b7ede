/// Options for making the networks of an ensemble. Together with the data set, these options and a run's number
/// determine its logits.
public struct TrainingOptions: Codable, Sendable, Equatable {
    /// The method by which the networks come to differ.
    public var method = TrainingMethod.deep
    /// Number of runs per chain: run r is sample r % samples of chain r / samples. 1 for the method `deep`.
    public var samples = 1
    /// Numbers of filters of the convolutions before the hidden layers, each of 3 x 3 pixels and followed by a 2 x 2
    /// pooling; nil for none.
    public var filters: [Int]?
    /// Widths of the hidden layers, starting at the input; empty for a linear classifier.
    public var hidden: [Int] = [64]
    /// Passes over the training examples of an ordinary training, with which most methods start.
    public var epochs = 12
    /// Batch size: number of examples per step; the last step of an epoch takes the remaining ones.
    public var batch = 100
    /// Learning rate of the first step; in an ordinary training it decreases linearly toward 0, which it would reach
    /// one step after the last. Methods with cycles start each cycle at this rate.
    public var learningRate: Float = 0.05
    /// Nesterov momentum.
    public var momentum: Float = 0.9
    /// Weight decay of all parameters.
    public var weightDecay: Float = 5e-4
    /// The largest number of training examples, the first of the data set; nil for all.
    public var trainExamples: Int? = 5_000
    /// Indices of training examples that networks are not trained on, ascending; nil for none. They have logits, too.
    public var leftOut: [Int]?
    /// Numbers of classes of the data set whose examples are not used at all, ascending; nil for none. The networks
    /// have outputs for the others, numbered anew in the same order.
    public var leftOutClasses: [Int]?
    /// How the examples that a chain is trained on are drawn; nil for all.
    public var draw: ExampleDraw?
    /// The CRC-32 of the soft targets that are learned in place of the labels; nil for the labels.
    public internal(set) var targets: UInt32?
    /// Whether the weights are saved, too; nil for false.
    public var keepsWeights: Bool?
    /// The largest number of test examples, the first of the data set; nil for all.
    public var testExamples: Int?
    /// The most pixels by which each image is moved, at random and once for all runs; nil for none.
    public var shift: Int?
    /// Seed of the ensemble. A chain has its own stream of random numbers, derived from this seed and its number.
    public var seed: UInt64 = 0

    /// The default options: 784-64-10 networks on 5,000 examples of Fashion-MNIST reach 83.9 % in 12 epochs.
    public init() {}

    /// Checks the options.
    ///
    /// - Throws: ``TrainingOptionError`` naming the first invalid option.
    public func validate() throws {
        try method.validate()
        try draw?.validate()
        try TrainingOptionError.require(1...1_000_000_000 ~= samples, "samples", "between 1 and 1,000,000,000")
        try TrainingOptionError.require(
            method != .deep || samples == 1, "samples", "1: every run of a deep ensemble is a chain of its own")
        try TrainingOptionError.require(
            hidden.allSatisfy { 1...1_000_000 ~= $0 }, "hidden", "widths between 1 and 1,000,000")
        try TrainingOptionError.require(
            filters?.allSatisfy { 1...1_000_000 ~= $0 } ?? true, "network",
            "one of 1 to 1,000,000 filters a convolution")
        try TrainingOptionError.require(
            filters == nil || method.allowsConvolutions, "method", "another one than vi and laplace, for convolutions")
        try TrainingOptionError.require(
            targets == nil || ![.vi, .laplace].contains(method.name), "targets",
            "left out with the method \(method.name.rawValue), which cannot learn them")
        try TrainingOptionError.require(
            keepsWeights != true || method.name != .dropout, "method",
            "another one than dropout, to keep weights: its runs are the same network with random masks")
        try TrainingOptionError.require(0...1_000_000 ~= shift ?? 0, "shift", "between 0 and 1,000,000")
        try TrainingOptionError.require(1...1_000_000 ~= epochs, "epochs", "between 1 and 1,000,000")
        try TrainingOptionError.require(1...1_000_000_000 ~= batch, "batch size", "between 1 and 1,000,000,000")
        try TrainingOptionError.require(learningRate.isFinite && learningRate > 0, "learning rate", "a positive number")
        try TrainingOptionError.require(momentum >= 0 && momentum < 1, "momentum", "at least 0 and below 1")
        try TrainingOptionError.require(
            weightDecay.isFinite && weightDecay >= 0, "weight decay", "0 or a positive number")
        try TrainingOptionError.require(trainExamples ?? 1 >= 1, "train examples", "at least 1")
        try TrainingOptionError.require(testExamples ?? 1 >= 1, "test examples", "at least 1")
    }
}
