import CSIMDKernels

/// A network applied to up to `capacity` examples at once, with the memory for its layers' outputs.
package struct ForwardPass: Sendable {
    private let layout: NetworkLayout
    /// The largest number of examples of a pass.
    package let capacity: Int
    /// The outputs of each layer in the last pass: (examples, outputs of the layer); those of the last layer are the
    /// logits.
    package private(set) var outputs: [[Float]]
    /// Which of four responses each output of a convolution was, in the last pass; empty for other layers.
    private(set) var winners: [[UInt8]]

    /// Memory for passes over at most `capacity` examples through networks of this layout.
    package init(_ layout: NetworkLayout, capacity: Int) {
        self.layout = layout
        self.capacity = capacity
        outputs = layout.layers.map { Array(repeating: 0, count: capacity * $0.outputs) }
        winners = layout.layers.map { Array(repeating: 0, count: $0.convolution == nil ? 0 : capacity * $0.outputs) }
    }

    /// The logits (examples, classes) of the last pass, followed by leftovers of earlier passes.
    package var logits: [Float] { outputs[outputs.count - 1] }

    /// Applies `network` to `inputs` (examples, features) with `dropout`.
    package mutating func run(_ network: Network, on inputs: [Float], examples: Int, dropout: inout Dropout?) {
        precondition(network.layout == layout && examples <= capacity)
        var inputs = inputs
        for (index, layer) in layout.layers.enumerated() {
            let isHidden = index < layout.layers.count - 1
            if let convolution = layer.convolution {
                network.parameters.withUnsafeBufferPointer { parameters in
                    convolution.apply(
                        parameters.span.extracting(layer.weights), parameters.baseAddress! + layer.biases.lowerBound,
                        to: inputs, examples: examples, into: &outputs[index], winners: &winners[index])
                }
            } else {
                layer.apply(
                    network.parameters, to: inputs, examples: examples, rectifying: isHidden, into: &outputs[index])
            }
            if isHidden, let key = dropout?.nextKey(), let dropout {
                ek_drop(&outputs[index], examples * layer.outputs, key, dropout.rate)
            }
            inputs = outputs[index]
        }
    }

    /// Applies `network` to `inputs` (examples, features) without dropout.
    package mutating func run(_ network: Network, on inputs: [Float], examples: Int) {
        var none: Dropout?
        run(network, on: inputs, examples: examples, dropout: &none)
    }
}
