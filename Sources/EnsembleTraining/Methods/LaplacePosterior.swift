import COpenBLAS
import RandomStreams
import UserMessages

/// The normal distribution around a network whose precision is the sum of those of the loss of N examples, as Kronecker
/// factors, and of the prior: for a layer (sqrt(N) A + sqrt(tau) I) x (sqrt(N) G + sqrt(tau) I), as in Ritter et al.,
/// "A scalable Laplace approximation for neural networks", 2018.
package struct LaplacePosterior {
    private let network: Network
    /// The lower Cholesky factors of both parts of each layer's precision, row-major.
    private let layers: [(inputs: [Double], outputs: [Double])]

    /// The posterior around `network`.
    ///
    /// - Parameters:
    ///   - examples: Number of examples of the loss.
    ///   - priorPrecision: tau, the precision of every parameter before any example was seen; above 0.
    /// - Throws: `UserError` (65) if the factors are not finite.
    package init(around network: Network, _ factors: KroneckerFactors, examples: Int, priorPrecision: Double) throws {
        self.network = network
        let scale = Double(examples).squareRoot()
        let damping = priorPrecision.squareRoot()
        layers = try zip(factors.layers, network.layout.layers).map { factors, layer in
            (
                try Self.choleskyFactor(factors.inputs, order: layer.inputs + 1, scale: scale, damping: damping),
                try Self.choleskyFactor(factors.outputs, order: layer.outputs, scale: scale, damping: damping)
            )
        }
    }

    /// A network drawn from the posterior: L_A^-T Z L_G^-1 is added to the weights and biases of a layer, where Z
    /// consists of standard normal deviates.
    package func sample(_ randomNumbers: inout RandomNumbers) -> Network {
        var sample = network
        for (layer, factors) in zip(network.layout.layers, layers) {
            let (rows, columns) = (layer.inputs + 1, layer.outputs)
            var deviates = randomNumbers.normals(rows * columns, deviation: 1).map(Double.init)
            cblas_dtrsm(
                CblasRowMajor, CblasLeft, CblasLower, CblasTrans, CblasNonUnit, Int32(rows), Int32(columns), 1,
                factors.inputs, Int32(rows), &deviates, Int32(columns))
            cblas_dtrsm(
                CblasRowMajor, CblasRight, CblasLower, CblasNoTrans, CblasNonUnit, Int32(rows), Int32(columns), 1,
                factors.outputs, Int32(columns), &deviates, Int32(columns))
            // Weights and biases of a layer are adjacent, like the rows of the deviates.
            for (place, deviate) in zip(layer.weights.lowerBound..<layer.biases.upperBound, deviates) {
                sample.parameters[place] += Float(deviate)
            }
        }
        return sample
    }

    /// The lower Cholesky factor of scale * matrix + damping * I, row-major, for a symmetric positive semidefinite
    /// matrix.
    private static func choleskyFactor(_ matrix: [Double], order: Int, scale: Double, damping: Double) throws
        -> [Double]
    {
        var factor = matrix.map { $0 * scale }
        for i in 0..<order { factor[i * order + i] += damping }
        var (n, info) = (Int32(order), Int32(0))
        // The upper triangle by columns is the lower one by rows.
        dpotrf_("U", &n, &factor, &n, &info)
        guard info == 0 else {
            throw UserError.badData(
                "training diverged: the curvature of the loss is not finite; try a smaller learning rate")
        }
        return factor
    }
}
