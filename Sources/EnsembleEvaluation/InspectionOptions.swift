import EnsembleKernel

/// What `report` is asked to show.
public struct InspectionOptions: Sendable {
    /// Ranks of the near-duplicates to show, from 1 on.
    public var duplicates = 1...24
    /// Similarity from which on two examples count as near-duplicates.
    public var duplicateSimilarity: Float = 0.95
    /// Failures, suspects, hard and random examples to show.
    public var (failures, suspects, hardest, random) = (8, 48, 24, 10)
    /// Seed of the random examples.
    public var seed: UInt64 = 0
    /// Grid, screen, memory and threads of the searches.
    public var prediction = PredictionOptions()

    /// The defaults.
    public init() {}
}
