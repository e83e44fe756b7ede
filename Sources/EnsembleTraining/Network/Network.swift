import RandomStreams

/// The layout of the parameters of a fully connected network within one flat array.
package struct NetworkLayout: Sendable, Equatable {
    /// One layer: its weights (inputs, outputs), row-major, followed by its biases (outputs).
    package struct Layer: Sendable, Equatable {
        /// Number of inputs per example.
        package let inputs: Int
        /// Number of outputs per example.
        package let outputs: Int
        /// The range of the weights.
        package let weights: Range<Int>
        /// The range of the biases.
        package let biases: Range<Int>
    }

    /// The layers, starting at the input; the last one computes the logits.
    package let layers: [Layer]

    /// Fully connected layers of widths inputs, hidden..., classes.
    package init(inputs: Int, hidden: [Int], classes: Int) {
        var layers: [Layer] = []
        var (width, offset) = (inputs, 0)
        for outputs in hidden + [classes] {
            let biases = offset + width * outputs
            layers.append(
                Layer(
                    inputs: width, outputs: outputs, weights: offset..<biases, biases: biases..<(biases + outputs)))
            (width, offset) = (outputs, biases + outputs)
        }
        self.layers = layers
    }

    /// Number of all weights and biases.
    package var parameterCount: Int { layers.last.map { $0.biases.upperBound } ?? 0 }
    /// Number of logits per example.
    package var classes: Int { layers.last.map { $0.outputs } ?? 0 }
}

/// A fully connected network with rectifiers between its layers.
package struct Network: Sendable {
    /// The shape of the network and the layout of its parameters.
    package let layout: NetworkLayout
    /// All weights and biases, arranged as in `layout`.
    package var parameters: [Float]

    /// A network before training: weights normal with variance 2 / inputs (He et al., "Delving deep into rectifiers",
    /// 2015), those of the last layer with half the deviation, so that the first softmax is not overconfident; biases
    /// 0.
    package init(_ layout: NetworkLayout, randomNumbers: inout RandomNumbers) {
        self.layout = layout
        parameters = []
        parameters.reserveCapacity(layout.parameterCount)
        for (index, layer) in layout.layers.enumerated() {
            let deviation = (2 / Double(layer.inputs)).squareRoot()
            let isLast = index == layout.layers.count - 1
            parameters += randomNumbers.normals(layer.weights.count, deviation: isLast ? deviation / 2 : deviation)
            parameters += repeatElement(0, count: layer.outputs)
        }
    }
}
