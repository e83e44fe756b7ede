import EnsembleKernel
import KernelPrediction

/// Options of the command `report`.
public struct AuditOptions: Sendable {
    /// Ranks of the near-duplicates to show, from 1 on.
    public var duplicates = 1...24
    /// The smallest similarity of near-duplicates, as a share of an example's similarity with itself, (R - 1) / R.
    public var duplicateSimilarity: Float = 0.95
    /// Numbers of failures, hard examples and random examples to show.
    public var (failures, hardest, random) = (8, 24, 10)
    /// Seed of the random examples.
    public var seed: UInt64 = 0
    /// Options of the votes and the searches.
    public var prediction = PredictionOptions()

    /// The default options.
    public init() {}
}
