import EnsembleTraining
import Foundation
import RandomStreams
import Testing

/// On the main thread, as whatever multiplies by OpenBLAS: it ends its threads at a fork, of which MPI's start has one,
/// and hangs where another thread is at work meanwhile.
@MainActor @Suite struct NetworkTests {
    @Test func `the layout holds every parameter once`() {
        let layout = NetworkLayout(inputs: 784, hidden: [256, 128], classes: 10)
        #expect(layout.layers.map(\.inputs) == [784, 256, 128])
        #expect(layout.layers.map(\.outputs) == [256, 128, 10])
        let ranges = layout.layers.flatMap { [$0.weights, $0.biases] }
        #expect(ranges.map(\.count) == [784 * 256, 256, 256 * 128, 128, 128 * 10, 10])
        #expect(zip(ranges, ranges.dropFirst()).allSatisfy { $0.upperBound == $1.lowerBound })
        #expect(layout.parameterCount == ranges.last?.upperBound)
        #expect(NetworkLayout(inputs: 5, hidden: [], classes: 3).parameterCount == 18)

        let convolutional = NetworkLayout(imageShape: [28, 29, 3], filters: [16, 32], hidden: [64], classes: 10)
        #expect(convolutional.layers.map(\.inputs) == [28 * 29 * 3, 14 * 14 * 16, 7 * 7 * 32, 64])
        #expect(convolutional.layers.map(\.outputs) == [14 * 14 * 16, 7 * 7 * 32, 64, 10])
        #expect(convolutional.layers.map(\.weights.count) == [27 * 16, 144 * 32, 7 * 7 * 32 * 64, 640])
        #expect(convolutional.layers.map(\.inputsOfUnit) == [27, 144, 7 * 7 * 32, 64])
        #expect(convolutional.layers.map(\.biases.count) == [16, 32, 64, 10])
    }

    @Test func `initial weights have the variance of He et al., in the last layer half the deviation`() {
        let layout = NetworkLayout(inputs: 784, hidden: [200, 300], classes: 100)
        var numbers = RandomNumbers(seed: 8, run: 3)
        let network = Network(layout, randomNumbers: &numbers)
        for (layer, expected) in zip(layout.layers, [2.0 / 784, 2.0 / 200, 0.25 * 2 / 300]) {
            let weights = network.parameters[layer.weights].map(Double.init)
            let mean = weights.reduce(0, +) / Double(weights.count)
            let variance = weights.reduce(0) { $0 + $1 * $1 } / Double(weights.count)
            #expect(abs(mean) < 4 * (expected / Double(weights.count)).squareRoot())
            #expect(abs(variance / expected - 1) < 0.03)
            #expect(network.parameters[layer.biases].allSatisfy { $0 == 0 })
        }
    }

    /// Mean cross-entropy in float64 by plain loops: the oracle of the gradient.
    private func loss(
        _ layout: NetworkLayout, _ parameters: [Double], _ inputs: [Double], _ labels: [Int32]
    ) -> Double {
        var total = 0.0
        for (example, label) in labels.enumerated() {
            let features = layout.layers[0].inputs
            var values = Array(inputs[(example * features)..<((example + 1) * features)])
            for (index, layer) in layout.layers.enumerated() {
                if let convolution = layer.convolution {
                    values = outputs(of: convolution, layer, parameters, values)
                    continue
                }
                values = (0..<layer.outputs).map { output in
                    let sum = (0..<layer.inputs).reduce(parameters[layer.biases.lowerBound + output]) { sum, input in
                        sum + values[input] * parameters[layer.weights.lowerBound + input * layer.outputs + output]
                    }
                    return index < layout.layers.count - 1 ? max(sum, 0) : sum
                }
            }
            total += log(values.reduce(0) { $0 + exp($1) }) - values[Int(label)]
        }
        return total / Double(labels.count)
    }

    /// The largest of each four rectified responses to an image, by the definition.
    private func outputs(
        of convolution: Convolution, _ layer: NetworkLayout.Layer, _ parameters: [Double], _ image: [Double]
    ) -> [Double] {
        let (height, width, channels) = (convolution.height, convolution.width, convolution.channels)
        func response(_ y: Int, _ x: Int, _ filter: Int) -> Double {
            var sum = parameters[layer.biases.lowerBound + filter]
            for (j, i) in (0..<9).map({ ($0 / 3, $0 % 3) })
            where (0..<height).contains(y + j - 1) && (0..<width).contains(x + i - 1) {
                for channel in 0..<channels {
                    let weight = ((j * 3 + i) * channels + channel) * convolution.filters + filter
                    sum +=
                        image[((y + j - 1) * width + x + i - 1) * channels + channel]
                        * parameters[layer.weights.lowerBound + weight]
                }
            }
            return sum
        }
        return (0..<height / 2).flatMap { y in
            (0..<width / 2).flatMap { x in
                (0..<convolution.filters).map { filter in
                    (0..<4).reduce(0) { max($0, response(2 * y + $1 / 2, 2 * x + $1 % 2, filter)) }
                }
            }
        }
    }

    @Test(arguments: [[], [6], [7, 5], [4, 6, 5]]) func `the gradient is that of finite differences`(_ hidden: [Int]) {
        expectGradient(of: NetworkLayout(inputs: 9, hidden: hidden, classes: 4))
    }

    /// Images of even and odd sizes, with one channel and with two.
    @Test(
        arguments: [[4, 4], [5, 7], [2, 3, 2], [6, 5, 2]],
        [(filters: [3], hidden: []), ([3], [4]), ([2, 3], []), ([2, 3], [4, 2])])
    func `convolutions have the gradient of finite differences, too`(
        shape: [Int], network: (filters: [Int], hidden: [Int])
    ) {
        guard shape[..<2].min()! >> network.filters.count >= 1 else { return }
        expectGradient(
            of: NetworkLayout(imageShape: shape, filters: network.filters, hidden: network.hidden, classes: 4))
    }

    private func expectGradient(of layout: NetworkLayout) {
        let features = layout.layers[0].inputs
        var numbers = RandomNumbers(seed: 9, run: layout.layers.count - 1)
        var network = Network(layout, randomNumbers: &numbers)
        // Biases that are not 0, so that a gradient which forgets them is found out.
        for layer in layout.layers {
            network.parameters.replaceSubrange(layer.biases, with: numbers.normals(layer.biases.count, deviation: 0.3))
        }
        let labels = (0..<11).map { _ in Int32(numbers.next(below: 4)) }
        let inputs = numbers.normals(11 * features, deviation: 1)
        // More room than examples: what is left of a larger batch must not leak into a smaller one.
        var backPropagation = BackPropagation(layout, capacity: 20)
        backPropagation.run(
            network, on: numbers.normals(20 * features, deviation: 1), labels: Array(repeating: 1, count: 20))
        backPropagation.run(network, on: inputs, labels: labels)

        let step = 1e-6
        let parameters = network.parameters.map(Double.init)
        for index in parameters.indices {
            var (above, below) = (parameters, parameters)
            above[index] += step
            below[index] -= step
            let difference =
                loss(layout, above, inputs.map(Double.init), labels)
                - loss(layout, below, inputs.map(Double.init), labels)
            #expect(abs(Double(backPropagation.gradient[index]) - difference / (2 * step)) < 2e-6)
        }
    }
}
