import Foundation

/// Committed files that the tests read.
public enum Fixtures {
    /// The root of this package.
    public static let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    /// 64 real runs of a small network on Fashion-MNIST, with what float64 makes of them; its README.md says how.
    public static let fashion = "\(package)/Tests/Fixtures/fashion-mlp"

    /// Three jobs of eight runs each, as PyTorch files of strided views and several types.
    public static let shards = "\(package)/Tests/Fixtures/shards"

    /// A folder for each version of checkpoints that can be read.
    public static let checkpoints = "\(package)/Tests/Fixtures/checkpoints"

    /// One small file of each format that ArrayFiles reads, from ArrayFilesTests/make_fixtures.py.
    public static func arrayFile(_ name: String) -> String { "\(package)/Tests/ArrayFilesTests/Fixtures/\(name)" }

    /// What other implementations of the metrics say of the 64 real runs, from EnsembleMetricsTests/Fixtures.
    public static let metrics = "\(package)/Tests/EnsembleMetricsTests/Fixtures/metrics.json"

    /// What other implementations of calibrators make of predictions, from EnsembleMetricsTests/Fixtures.
    public static let calibrators = "\(package)/Tests/EnsembleMetricsTests/Fixtures/calibrators.json"

    /// What the functions of Xia and Bouganis make of cascades of the 64 real runs, from EnsembleMetricsTests/Fixtures.
    public static let cascades = "\(package)/Tests/EnsembleMetricsTests/Fixtures/cascades.json"

    /// What plain loops and scipy choose of the 64 real runs, from EnsembleMetricsTests/Fixtures.
    public static let selection = "\(package)/Tests/EnsembleMetricsTests/Fixtures/selection.json"

    /// How often votes of some runs are those of all, by counting, from EnsembleMetricsTests/Fixtures.
    public static let urn = "\(package)/Tests/EnsembleMetricsTests/Fixtures/urn.json"

    /// Six steps of torch's SGD, from EnsembleTrainingTests/Fixtures/make_sgd.py.
    public static let sgd = "\(package)/Tests/EnsembleTrainingTests/Fixtures/sgd.json"
}
