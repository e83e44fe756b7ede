import CSIMDKernels

/// The curvature of the mean loss at a network, as one pair of factors per layer: the generalized Gauss-Newton matrix
/// (for softmax and cross-entropy the Fisher information) is approximated by the Kronecker product of A, the second
/// moment of the layer's inputs and a 1 for the biases, and G, the second moment of the gradient by its outputs.
/// Source: Martens and Grosse, "Optimizing neural networks with Kronecker-factored approximate curvature", 2015; the
/// expectation over labels is exact here, a sum over the classes.
package struct KroneckerFactors {
    /// The factors A and G of a layer.
    package struct Layer {
        /// A, shape (inputs + 1, inputs + 1); the 1 for the biases comes last.
        package var inputs: [Double]
        /// G, shape (outputs, outputs).
        package var outputs: [Double]

        package init(inputs: [Double], outputs: [Double]) {
            self.inputs = inputs
            self.outputs = outputs
        }
    }

    /// Number of examples processed together.
    private static let batch = 500

    /// The factors of every layer, starting at the input.
    package var layers: [Layer]

    /// The factors at `network`, over the training examples with the given indices.
    ///
    /// - Throws: `CancellationError` if `isCancelled` returns true.
    package init(_ task: TrainingTask, at network: Network, examples: [Int32], isCancelled: () -> Bool) throws {
        layers = network.layout.layers.map { layer in
            Layer(
                inputs: Array(repeating: 0, count: (layer.inputs + 1) * (layer.inputs + 1)),
                outputs: Array(repeating: 0, count: layer.outputs * layer.outputs))
        }
        var forward = ForwardPass(network.layout, capacity: Self.batch)
        var inputs = [Float](repeating: 0, count: Self.batch * task.dataset.features)
        for first in stride(from: 0, to: examples.count, by: Self.batch) {
            if isCancelled() { throw CancellationError() }
            let some = examples[first..<min(first + Self.batch, examples.count)]
            task.standardization.gather(some, of: task.dataset.train.images, into: &inputs)
            forward.run(network, on: inputs, examples: some.count)
            for (index, layer) in network.layout.layers.enumerated() {
                let layerInputs = index == 0 ? inputs : forward.outputs[index - 1]
                let withOnes = Self.withOnes(layerInputs, rows: some.count, columns: layer.inputs)
                Self.addMoment(of: withOnes, some.count, layer.inputs + 1, to: &layers[index].inputs)
            }
            for label in 0..<network.layout.classes {
                addOutputMoments(network, forward, label: label, examples: some.count)
            }
        }
        let share = 1 / Double(examples.count)
        for index in layers.indices {
            for place in layers[index].inputs.indices { layers[index].inputs[place] *= share }
            for place in layers[index].outputs.indices { layers[index].outputs[place] *= share }
        }
    }

    /// Adds the moments of the gradients by every layer's outputs that the examples would have with the label `label`,
    /// weighted by the network's probability of it.
    private mutating func addOutputMoments(_ network: Network, _ forward: ForwardPass, label: Int, examples: Int) {
        let classes = network.layout.classes
        var gradient = [Float](repeating: 0, count: examples * classes)
        let labels = [Int32](repeating: Int32(label), count: examples)
        ek_cross_entropy_gradient(forward.logits, labels, examples, classes, &gradient)
        for example in 0..<examples {
            // This gradient is (p - one-hot label) / examples: the label's own entry gives the label's probability.
            let probability = max(0, 1 + gradient[example * classes + label] * Float(examples))
            let scale = Float(examples) * probability.squareRoot()
            for c in 0..<classes { gradient[example * classes + c] *= scale }
        }
        for (index, layer) in network.layout.layers.enumerated().reversed() {
            Self.addMoment(of: gradient, examples, layer.outputs, to: &layers[index].outputs)
            guard index > 0 else { continue }
            var inputGradient = [Float](repeating: 0, count: examples * layer.inputs)
            layer.propagateBack(gradient, through: network.parameters, examples: examples, into: &inputGradient)
            ek_rectifier_gradient(forward.outputs[index - 1], &inputGradient, examples * layer.inputs, 1)
            gradient = inputGradient
        }
    }

    private static func withOnes(_ values: [Float], rows: Int, columns: Int) -> [Float] {
        (0..<rows).flatMap { values[($0 * columns)..<(($0 + 1) * columns)] + [1] }
    }

    /// Adds X^T X of a matrix X (rows, columns) to `sums`.
    private static func addMoment(of values: [Float], _ rows: Int, _ columns: Int, to sums: inout [Double]) {
        var product = [Float](repeating: 0, count: columns * columns)
        multiply(
            values.span, values.span, transposed: .left, into: product.mutableSpan, rows: columns, columns: columns,
            inner: rows)
        for place in product.indices { sums[place] += Double(product[place]) }
    }
}
