import Ensembles

/// A stage of a job, whose work a segment of a checkpoint holds. In a segment it is a stable name, whatever messages
/// say.
public struct CheckpointStage: RawRepresentable, Codable, Equatable, Sendable {
    /// The name in the segments.
    public let rawValue: String

    /// The stage of a name.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// The search of `predict`.
    public static let prediction = CheckpointStage(rawValue: "prediction")
    /// The search of `predict` by the locally scaled kernel.
    public static let localPrediction = CheckpointStage(rawValue: "prediction/local")
    /// The tiles of a matrix.
    static let matrix = CheckpointStage(rawValue: "matrix")
    /// The kernels of a sweep whose votes are counted.
    package static let sweep = CheckpointStage(rawValue: "sweep")

    /// The search for a graph of neighbors.
    public static func graph(_ pairs: ExamplePairs) -> CheckpointStage {
        CheckpointStage(rawValue: "graph/\(pairs.rawValue)")
    }

    /// The search for so many nearest examples by which the kernel is scaled.
    package static func nearest(_ count: Int, _ pairs: ExamplePairs) -> CheckpointStage {
        CheckpointStage(rawValue: "nearest-\(count)/\(pairs.rawValue)")
    }

    /// The search for so many test examples nearest to each training example, by which the kernel is scaled.
    static func nearestTestOfTrain(_ count: Int) -> CheckpointStage {
        CheckpointStage(rawValue: "nearest-\(count)/train-test")
    }

    /// A search for neighbors among training and test examples.
    static func joint(_ pairs: ExamplePairs) -> CheckpointStage {
        CheckpointStage(rawValue: "joint/\(pairs.rawValue)")
    }

    /// A search by the pixels of images.
    package static func pixels(_ pairs: ExamplePairs) -> CheckpointStage {
        CheckpointStage(rawValue: "pixels/\(pairs.rawValue)")
    }

    /// The search by the locally scaled correlation of the pixels of images.
    package static let localPixels = CheckpointStage(rawValue: "pixels/local")

    /// The search for a graph of neighbors by the locally scaled kernel.
    package static func localGraph(_ pairs: ExamplePairs) -> CheckpointStage {
        CheckpointStage(rawValue: "graph/\(pairs.rawValue)/local")
    }

    /// The search for the neighbors of one kernel of a sweep.
    package static func kernelOfSweep(_ transform: Transform, runs: Range<Int>, class: Int?) -> CheckpointStage {
        let ofClass = `class`.map { "/class-\($0)" } ?? ""
        return CheckpointStage(rawValue: "sweep/\(transform.rawValue)/runs-\(runs.lowerBound)-\(runs.count)\(ofClass)")
    }

    /// A part of this stage.
    package func part(_ name: String) -> CheckpointStage { CheckpointStage(rawValue: "\(rawValue)/\(name)") }
}
