import CSIMDKernels

/// The logits of many images by one network after another, in the same memory; each thread has its own.
struct LogitsPass: Sendable {
    /// The logits of some images.
    struct Result {
        /// Logits (examples, C), as bit patterns of IEEE binary16.
        let logits: [UInt16]
        /// Outputs of the last hidden layer, row by row; empty unless requested.
        let features: [Float]
    }

    /// Number of examples per pass: large enough for the speed of large products, small enough for the cache.
    private static let batch = 500

    private let layout: NetworkLayout
    private let standardization: InputStandardization
    private var inputs: [Float]
    private var forward: ForwardPass

    /// Memory for the networks of a task.
    init(_ task: TrainingTask) {
        (layout, standardization) = (task.layout, task.standardization)
        inputs = Array(repeating: 0, count: Self.batch * task.dataset.features)
        forward = ForwardPass(layout, capacity: Self.batch)
    }

    /// Applies a sample to images; nil if a logit is not finite.
    ///
    /// - Parameters:
    ///   - images: Bytes of `count` images, as those of the task.
    ///   - withFeatures: Whether to return the outputs of the last hidden layer, which there is.
    mutating func run(_ sample: inout Sample, on images: [UInt8], count: Int, withFeatures: Bool = false) -> Result? {
        var halves = [UInt16](repeating: 0, count: count * layout.classes)
        var features: [Float] = []
        let order = Array(0..<Int32(count))
        for first in stride(from: 0, to: count, by: Self.batch) {
            let batch = order[first..<min(first + Self.batch, count)]
            standardization.gather(batch, of: images, into: &inputs)
            forward.run(sample.network, on: inputs, examples: batch.count, dropout: &sample.dropout)
            if withFeatures {
                let hidden = layout.layers.count - 2
                features += forward.outputs[hidden][..<(batch.count * layout.layers[hidden].outputs)]
            }
            let areFinite = halves.withUnsafeMutableBufferPointer { halves in
                ek_round_to_half(
                    forward.logits, halves.baseAddress! + first * layout.classes, batch.count * layout.classes)
            }
            guard areFinite else { return nil }
        }
        return Result(logits: halves, features: features)
    }
}

extension [UInt16] {
    /// The number of labels that are the class of the largest of these logits (examples, C), bit patterns of IEEE
    /// binary16.
    func correctPredictions(of labels: [Int32], classes: Int) -> Int {
        var predictions = [Int32](repeating: 0, count: labels.count)
        ek_top_class(EKFloat16, self, labels.count, classes, &predictions)
        return zip(predictions, labels).count { $0 == $1 }
    }
}
