import EnsembleKernel
import KernelPrediction

/// Options of the command `report`.
public struct AuditOptions: Sendable {
    /// Positions of the near-duplicates to show in the list of all, from 1 on; 1 is the most similar.
    public var duplicates = 1...24
    /// The smallest similarity of near-duplicates, as a fraction of an example's similarity to itself, (R - 1) / R.
    public var duplicateSimilarity: Float = 0.95
    /// Numbers of failures, hard examples and random examples to show, and of examples of two confused classes.
    public var (failures, hardest, random, confused) = (8, 24, 10, 4)
    /// Number of the nearest pairs by features to show.
    public var featurePairs = 12
    /// Seed of the random examples.
    public var seed: UInt64 = 0
    /// The images of the examples, among which copies are looked for; nil for none.
    public var images: PredictionOptions.ExampleImages?
    /// Options of the votes and the searches.
    public var prediction = PredictionOptions()

    /// The default options.
    public init() {}
}
