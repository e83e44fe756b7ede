import CSIMDKernels
import Platform
import RandomStreams

/// A network whose parameters are independent normal variables, and the gradient of its evidence lower bound by their
/// means and deviations, estimated with local reparametrization: the inputs of a unit are drawn, not the weights
/// (Kingma et al., "Variational dropout and the local reparameterization trick", 2015).
package struct VariationalNetwork: Sendable {
    /// The means of all parameters.
    package var means: Network
    /// The natural logarithms of the parameters' standard deviations, in the same layout.
    package var logDeviations: [Float]
    /// Gradient of the last batch's loss by the means.
    package private(set) var meanGradient: [Float]
    /// Gradient of the last batch's loss by the logarithms of the deviations.
    package private(set) var logDeviationGradient: [Float]

    private var layout: NetworkLayout { means.layout }
    /// Squared deviations at the last pass.
    private var variances: [Float]
    /// The outputs of each layer, and their squares: (examples, outputs of the layer).
    private var outputs: [[Float]]
    private var squares: [[Float]]
    /// The variance of a layer's outputs, then the derivative of the drawn outputs by it, then the gradient by it.
    private var outputVariances: [[Float]]
    private var inputSquares: [Float]

    /// Normal variables around a network, all with the same deviation, with memory for batches of `capacity` examples.
    package init(around network: Network, deviation: Float, capacity: Int) {
        let layers = network.layout.layers
        means = network
        logDeviations = Array(repeating: log(deviation), count: network.parameters.count)
        variances = Array(repeating: 0, count: network.parameters.count)
        (meanGradient, logDeviationGradient) = (variances, variances)
        outputs = layers.map { Array(repeating: 0, count: capacity * $0.outputs) }
        (squares, outputVariances) = (outputs, outputs)
        inputSquares = Array(repeating: 0, count: capacity * (layers.first?.inputs ?? 0))
    }

    /// A network drawn from the normal variables.
    package func sample(_ randomNumbers: inout RandomNumbers) -> Network {
        var network = means
        let noise = randomNumbers.normals(network.parameters.count, deviation: 1)
        for index in noise.indices { network.parameters[index] += exp(logDeviations[index]) * noise[index] }
        return network
    }

    /// Sets the gradients to those of mean cross-entropy + share * KL(q || prior), estimated from a batch. The prior is
    /// normal with mean 0 and the variance of a layer's weights before training, 2 / inputs.
    ///
    /// - Parameters:
    ///   - inputs: Inputs (labels.count, features) with classes `labels`.
    ///   - divergenceShare: What the divergence is multiplied by: 1 / (number of all training examples) for the
    ///     evidence lower bound.
    ///   - randomNumbers: The stream from which the noise is drawn.
    package mutating func differentiate(
        on inputs: [Float], labels: [Int32], divergenceShare share: Float, randomNumbers: inout RandomNumbers
    ) {
        for index in variances.indices { variances[index] = exp(2 * logDeviations[index]) }
        draw(inputs, examples: labels.count, &randomNumbers)
        propagateBack(inputs, labels: labels)
        // d/d log s = 2 s^2 d/d s^2; and the divergence of each normal variable from the prior.
        for layer in layout.layers {
            let priorVariance = 2 / Float(layer.inputs)
            for index in layer.weights.lowerBound..<layer.biases.upperBound {
                logDeviationGradient[index] =
                    2 * variances[index] * logDeviationGradient[index] + share * (variances[index] / priorVariance - 1)
                meanGradient[index] += share * means.parameters[index] / priorVariance
            }
        }
    }

    /// Draws the outputs of every layer.
    private mutating func draw(_ inputs: [Float], examples: Int, _ randomNumbers: inout RandomNumbers) {
        ek_square(inputs, &inputSquares, examples * layout.layers[0].inputs)
        var (layerInputs, layerSquares) = (inputs, inputSquares)
        for (index, layer) in layout.layers.enumerated() {
            let count = examples * layer.outputs
            layer.apply(
                means.parameters, to: layerInputs, examples: examples, rectifying: false, into: &outputs[index])
            layer.apply(
                variances, to: layerSquares, examples: examples, rectifying: false, into: &outputVariances[index])
            var noise = [Float](repeating: 0, count: count)
            ek_add_noise(&noise, count, randomNumbers.next(), 1)
            ek_perturb(&outputs[index], &outputVariances[index], noise, count)
            guard index < layout.layers.count - 1 else { continue }
            ek_rectify(&outputs[index], count)
            ek_square(outputs[index], &squares[index], count)
            (layerInputs, layerSquares) = (outputs[index], squares[index])
        }
    }

    /// Sets the gradients by means and by variances (in place of those by the logarithms of deviations).
    private mutating func propagateBack(_ inputs: [Float], labels: [Int32]) {
        let examples = labels.count
        var outputGradient = [Float](repeating: 0, count: examples * layout.classes)
        ek_cross_entropy_gradient(
            outputs[outputs.count - 1], labels, examples, layout.classes, &outputGradient)
        for (index, layer) in layout.layers.enumerated().reversed() {
            ek_multiply(&outputVariances[index], outputGradient, examples * layer.outputs)
            let varianceGradient = outputVariances[index]
            let layerInputs = index == 0 ? inputs : outputs[index - 1]
            let layerSquares = index == 0 ? inputSquares : squares[index - 1]
            layer.differentiate(
                inputs: layerInputs, outputGradient: outputGradient, examples: examples, into: &meanGradient)
            layer.differentiate(
                inputs: layerSquares, outputGradient: varianceGradient, examples: examples, into: &logDeviationGradient)
            guard index > 0 else { continue }
            let count = examples * layer.inputs
            var inputGradient = [Float](repeating: 0, count: count)
            var squareGradient = inputGradient
            layer.propagateBack(
                outputGradient, through: means.parameters, examples: examples, into: &inputGradient)
            layer.propagateBack(varianceGradient, through: variances, examples: examples, into: &squareGradient)
            ek_add_twice_product(&inputGradient, layerInputs, squareGradient, count)
            ek_rectifier_gradient(layerInputs, &inputGradient, count, 1)
            outputGradient = inputGradient
        }
    }
}
