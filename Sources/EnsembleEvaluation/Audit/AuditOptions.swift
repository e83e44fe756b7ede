import EnsembleKernel
import KernelPrediction

/// Options of `report`.
public struct AuditOptions: Sendable {
    /// Ranks of the near-duplicates to show, from 1 on.
    public var duplicates = 1...24
    /// Similarity from which on two examples count as near-duplicates, as a share of an example's with itself,
    /// (R - 1) / R.
    public var duplicateSimilarity: Float = 0.95
    /// Failures, hard and random examples to show.
    public var (failures, hardest, random) = (8, 24, 10)
    /// Seed of the random examples.
    public var seed: UInt64 = 0
    /// The votes and the searches.
    public var prediction = PredictionOptions()

    /// The defaults.
    public init() {}
}
