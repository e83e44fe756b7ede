import CSIMDKernels

/// The gradient of the mean cross-entropy of a batch by all parameters, with the memory to compute it.
package struct BackPropagation: Sendable {
    private let layout: NetworkLayout
    private var forward: ForwardPass
    /// Gradient by the outputs of each layer: (examples, outputs of the layer).
    private var outputGradients: [[Float]]
    /// Gradient of the last batch, one element per parameter of the layout.
    package private(set) var gradient: [Float]

    /// Memory for batches of at most `capacity` examples through networks of this layout.
    package init(_ layout: NetworkLayout, capacity: Int) {
        self.layout = layout
        forward = ForwardPass(layout, capacity: capacity)
        outputGradients = layout.layers.map { Array(repeating: 0, count: capacity * $0.outputs) }
        gradient = Array(repeating: 0, count: layout.parameterCount)
    }

    /// Sets `gradient` to that of `network` with `dropout`, on `inputs` (labels.count, features) with classes `labels`;
    /// or with soft targets (labels.count, C), unless these are empty.
    package mutating func run(
        _ network: Network, on inputs: [Float], labels: [Int32], targets: [Float] = [], dropout: inout Dropout?
    ) {
        let examples = labels.count
        let last = layout.layers.count - 1
        forward.run(network, on: inputs, examples: examples, dropout: &dropout)
        if targets.isEmpty {
            ek_cross_entropy_gradient(forward.logits, labels, examples, layout.classes, &outputGradients[last])
        } else {
            ek_soft_cross_entropy_gradient(forward.logits, targets, examples, layout.classes, &outputGradients[last])
        }

        for (index, layer) in layout.layers.enumerated().reversed() {
            let outputGradient = outputGradients[index]
            let layerInputs = index == 0 ? inputs : forward.outputs[index - 1]
            if let convolution = layer.convolution {
                differentiate(
                    convolution, at: index, of: network, inputs: layerInputs, outputGradient, examples: examples)
            } else {
                layer.differentiate(
                    inputs: layerInputs, outputGradient: outputGradient, examples: examples, into: &gradient)
                guard index > 0 else { continue }
                layer.propagateBack(
                    outputGradient, through: network.parameters, examples: examples, into: &outputGradients[index - 1])
            }
            guard index > 0 else { continue }
            // Dropped outputs are 0, too.
            ek_rectifier_gradient(
                layerInputs, &outputGradients[index - 1], examples * layer.inputs, dropout?.scale ?? 1)
        }
    }

    /// Sets a convolution's part of `gradient` and, if another layer comes before it, the gradient by its inputs.
    private mutating func differentiate(
        _ convolution: Convolution, at index: Int, of network: Network, inputs: [Float], _ outputGradient: [Float],
        examples: Int
    ) {
        let (layer, winners) = (layout.layers[index], forward.winners[index])
        var inputGradient: [Float] = []
        if index > 0 { swap(&inputGradient, &outputGradients[index - 1]) }
        gradient.withUnsafeMutableBufferPointer { gradient in
            inputGradient.withUnsafeMutableBufferPointer { inputGradient in
                convolution.differentiate(
                    network.parameters.span.extracting(layer.weights), inputs: inputs, winners: winners,
                    outputGradient: outputGradient, examples: examples,
                    weightGradient: UnsafeMutableBufferPointer(rebasing: gradient[layer.weights]),
                    biasGradient: gradient.baseAddress! + layer.biases.lowerBound,
                    inputGradient: index > 0 ? inputGradient : nil)
            }
        }
        if index > 0 { swap(&inputGradient, &outputGradients[index - 1]) }
    }

    /// Sets `gradient` to that of `network` without dropout.
    package mutating func run(_ network: Network, on inputs: [Float], labels: [Int32]) {
        var none: Dropout?
        run(network, on: inputs, labels: labels, dropout: &none)
    }
}
