import CSIMDKernels

/// Stochastic gradient descent with Nesterov momentum and weight decay, step for step the same as
/// torch.optim.SGD(nesterov=True, dampening=0): Sutskever et al., "On the importance of initialization and momentum in
/// deep learning", 2013, in the form whose parameters are those of the look-ahead.
package struct NesterovSGD: Sendable {
    /// The share of the velocity that is kept in a step.
    package let momentum: Float
    /// Weight decay, added to the gradient of every parameter.
    package let weightDecay: Float
    private var velocity: [Float]

    /// An optimizer before its first step.
    package init(parameterCount: Int, momentum: Float, weightDecay: Float) {
        self.momentum = momentum
        self.weightDecay = weightDecay
        velocity = Array(repeating: 0, count: parameterCount)
    }

    /// Takes one step against `gradient`.
    package mutating func step(_ parameters: inout [Float], gradient: [Float], learningRate: Float) {
        precondition(parameters.count == velocity.count && gradient.count == velocity.count)
        ek_nesterov_step(&parameters, &velocity, gradient, velocity.count, learningRate, momentum, weightDecay)
    }
}
