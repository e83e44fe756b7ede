import CSIMDKernels

/// A network applied to up to `capacity` examples at once, with the memory for what its layers put out.
package struct ForwardPass: Sendable {
    private let layout: NetworkLayout
    /// Most examples of a pass.
    package let capacity: Int
    /// What each layer put out in the last pass: (examples, outputs of the layer), the last one's being the logits.
    package private(set) var outputs: [[Float]]

    /// Memory for passes over at most `capacity` examples through networks of this layout.
    package init(_ layout: NetworkLayout, capacity: Int) {
        self.layout = layout
        self.capacity = capacity
        outputs = layout.layers.map { Array(repeating: 0, count: capacity * $0.outputs) }
    }

    /// The logits (examples, classes) of the last pass, followed by what is left of earlier ones.
    package var logits: [Float] { outputs[outputs.count - 1] }

    /// Applies `network` to `inputs` (examples, features), without what `dropout` leaves out.
    package mutating func run(_ network: Network, on inputs: [Float], examples: Int, dropout: inout Dropout?) {
        precondition(network.layout == layout && examples <= capacity)
        var inputs = inputs
        for (index, layer) in layout.layers.enumerated() {
            let isHidden = index < layout.layers.count - 1
            layer.apply(
                network.parameters, to: inputs, examples: examples, rectifying: isHidden, into: &outputs[index])
            if isHidden, let key = dropout?.nextKey(), let dropout {
                ek_drop(&outputs[index], examples * layer.outputs, key, dropout.rate)
            }
            inputs = outputs[index]
        }
    }

    /// Applies the whole `network` to `inputs` (examples, features).
    package mutating func run(_ network: Network, on inputs: [Float], examples: Int) {
        var none: Dropout?
        run(network, on: inputs, examples: examples, dropout: &none)
    }
}
