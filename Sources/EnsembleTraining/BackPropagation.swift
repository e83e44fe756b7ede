import CVectorKernels

/// The gradient of the mean cross-entropy of a batch by all parameters, with the memory that it takes to compute it.
package struct BackPropagation: Sendable {
    private let layout: NetworkLayout
    private var forward: ForwardPass
    /// Gradient by what each layer puts out: (examples, outputs of the layer).
    private var outputGradients: [[Float]]
    /// Gradient of the last batch, one element a parameter of the layout.
    package private(set) var gradient: [Float]

    /// Memory for batches of at most `capacity` examples through networks of this layout.
    package init(_ layout: NetworkLayout, capacity: Int) {
        self.layout = layout
        forward = ForwardPass(layout, capacity: capacity)
        outputGradients = layout.layers.map { Array(repeating: 0, count: capacity * $0.outputs) }
        gradient = Array(repeating: 0, count: layout.parameterCount)
    }

    /// Sets `gradient` to that of `network` on `inputs` (labels.count, features) whose classes are `labels`.
    package mutating func run(_ network: Network, on inputs: [Float], labels: [Int32]) {
        let examples = labels.count
        let last = layout.layers.count - 1
        forward.run(network, on: inputs, examples: examples)
        vk_cross_entropy_gradient(forward.logits, labels, examples, layout.classes, &outputGradients[last])

        for (index, layer) in layout.layers.enumerated().reversed() {
            let outputGradient = outputGradients[index]
            let layerInputs = index == 0 ? inputs : forward.outputs[index - 1]
            gradient.withUnsafeMutableBufferPointer { gradient in
                multiply(
                    layerInputs.span, outputGradient.span, transposed: .left,
                    into: UnsafeMutableBufferPointer(rebasing: gradient[layer.weights]).mutableSpan,
                    rows: layer.inputs, columns: layer.outputs, inner: examples)
                let biasGradient = UnsafeMutableBufferPointer(rebasing: gradient[layer.biases])
                vk_sum_rows(outputGradient, examples, layer.outputs, biasGradient.baseAddress)
            }
            guard index > 0 else { continue }
            multiply(
                outputGradient.span, network.parameters.span.extracting(layer.weights), transposed: .right,
                into: outputGradients[index - 1].mutableSpan,
                rows: examples, columns: layer.inputs, inner: layer.outputs)
            vk_rectifier_gradient(layerInputs, &outputGradients[index - 1], examples * layer.inputs)
        }
    }
}
