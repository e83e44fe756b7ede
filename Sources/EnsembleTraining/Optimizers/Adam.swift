import CSIMDKernels
import Platform

/// Adam with its usual decay rates, for parameters whose gradients differ by orders of magnitude: Kingma and Ba, "Adam:
/// a method for stochastic optimization", 2015.
package struct Adam: Sendable {
    private var mean: [Float]
    private var square: [Float]
    private var steps = 0

    /// An optimizer before its first step.
    package init(parameterCount: Int) {
        mean = Array(repeating: 0, count: parameterCount)
        square = mean
    }

    /// Takes one step against `gradient`.
    package mutating func step(_ parameters: inout [Float], gradient: [Float], learningRate: Float) {
        precondition(parameters.count == mean.count && gradient.count == mean.count)
        steps += 1
        ek_adam_step(
            &parameters, &mean, &square, gradient, mean.count, learningRate, Float(1 / (1 - pow(0.9, Double(steps)))),
            Float(1 / (1 - pow(0.999, Double(steps)))))
    }
}
