import RandomStreams

/// The layout of the parameters of a network within one flat array: fully connected layers, perhaps behind
/// convolutions.
package struct NetworkLayout: Sendable, Equatable {
    /// One layer: its weights, row-major, followed by its biases. Those of a fully connected layer have shapes
    /// (inputs, outputs) and (outputs), those of a convolution (3, 3, channels, filters) and (filters).
    package struct Layer: Sendable, Equatable {
        /// Number of inputs per example.
        package let inputs: Int
        /// Number of outputs per example.
        package let outputs: Int
        /// The range of the weights.
        package let weights: Range<Int>
        /// The range of the biases.
        package let biases: Range<Int>
        /// The images of a convolution; nil for a fully connected layer.
        package let convolution: Convolution?

        /// Number of inputs of each unit.
        package var inputsOfUnit: Int { convolution?.pixels ?? inputs }
    }

    /// The layers, starting at the input; the last one computes the logits.
    package let layers: [Layer]

    /// Fully connected layers of widths inputs, hidden..., classes.
    package init(inputs: Int, hidden: [Int], classes: Int) {
        self.init(imageShape: [1, inputs], filters: [], hidden: hidden, classes: classes)
    }

    /// Convolutions with the given numbers of filters, and fully connected layers of widths hidden..., classes.
    ///
    /// - Parameter imageShape: (height, width) of the images, perhaps followed by their channels. Each convolution
    ///   halves height and width, which must be at least 2.
    package init(imageShape: [Int], filters: [Int], hidden: [Int], classes: Int) {
        var layers: [Layer] = []
        var offset = 0
        func append(inputs: Int, outputs: Int, weights: Int, biases: Int, _ convolution: Convolution?) {
            layers.append(
                Layer(
                    inputs: inputs, outputs: outputs, weights: offset..<offset + weights,
                    biases: offset + weights..<offset + weights + biases, convolution: convolution))
            offset += weights + biases
        }
        var (height, width, channels) = (imageShape[0], imageShape[1], imageShape.count > 2 ? imageShape[2] : 1)
        for filters in filters {
            precondition(height >= 2 && width >= 2)
            let convolution = Convolution(height: height, width: width, channels: channels, filters: filters)
            let inputs = height * width * channels
            (height, width, channels) = (convolution.pooledHeight, convolution.pooledWidth, filters)
            append(
                inputs: inputs, outputs: height * width * channels, weights: convolution.pixels * filters,
                biases: filters, convolution)
        }
        var inputs = height * width * channels
        for outputs in hidden + [classes] {
            append(inputs: inputs, outputs: outputs, weights: inputs * outputs, biases: outputs, nil)
            inputs = outputs
        }
        self.layers = layers
    }

    /// Number of all weights and biases.
    package var parameterCount: Int { layers.last.map { $0.biases.upperBound } ?? 0 }
    /// Number of logits per example.
    package var classes: Int { layers.last.map { $0.outputs } ?? 0 }
}

/// A network with rectifiers between its layers.
package struct Network: Sendable {
    /// The shape of the network and the layout of its parameters.
    package let layout: NetworkLayout
    /// All weights and biases, arranged as in `layout`.
    package var parameters: [Float]

    /// A network with given parameters.
    ///
    /// - Precondition: As many as the layout has.
    package init(_ layout: NetworkLayout, parameters: [Float]) {
        precondition(parameters.count == layout.parameterCount)
        (self.layout, self.parameters) = (layout, parameters)
    }

    /// A network before training: weights normal with variance 2 / inputs of a unit (He et al., "Delving deep into
    /// rectifiers", 2015), those of the last layer with half the deviation, so that the first softmax is not
    /// overconfident; biases 0.
    package init(_ layout: NetworkLayout, randomNumbers: inout RandomNumbers) {
        self.layout = layout
        parameters = []
        parameters.reserveCapacity(layout.parameterCount)
        for (index, layer) in layout.layers.enumerated() {
            let deviation = (2 / Double(layer.inputsOfUnit)).squareRoot()
            let isLast = index == layout.layers.count - 1
            parameters += randomNumbers.normals(layer.weights.count, deviation: isLast ? deviation / 2 : deviation)
            parameters += repeatElement(0, count: layer.biases.count)
        }
    }
}
