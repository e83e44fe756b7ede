import RandomStreams

/// The Gaussian fitted to the points visited by a descent: their mean, their variance along every axis, and the
/// deviations of the last points, as in Maddox et al., "A simple baseline for Bayesian uncertainty in deep learning",
/// 2019.
package struct GaussianTrajectory {
    /// The largest number of deviations kept: the rank of the low-rank part.
    private static let rank = 20

    private var points = 0
    private var mean: [Double]
    private var meanSquare: [Double]
    private var deviations: [[Float]] = []

    /// A trajectory without points, of `parameterCount` parameters.
    package init(parameterCount: Int) {
        mean = Array(repeating: 0, count: parameterCount)
        meanSquare = mean
    }

    /// Adds another point.
    package mutating func visit(_ parameters: [Float]) {
        points += 1
        let share = 1 / Double(points)
        for (index, parameter) in parameters.enumerated() {
            let value = Double(parameter)
            mean[index] += (value - mean[index]) * share
            meanSquare[index] += (value * value - meanSquare[index]) * share
        }
        if deviations.count == Self.rank { deviations.removeFirst() }
        deviations.append(zip(parameters, mean).map { Float(Double($0) - $1) })
    }

    /// A sample: mean + (diagonal deviation * z + D z' / sqrt(K - 1)) / sqrt 2, where z and z' are standard normal and
    /// D holds the K deviations kept.
    package func sample(_ randomNumbers: inout RandomNumbers) -> [Float] {
        let diagonal = randomNumbers.normals(mean.count, deviation: 0.5.squareRoot())
        var values = mean.indices.map { index in
            Float(mean[index])
                + diagonal[index] * Float(max(0, meanSquare[index] - mean[index] * mean[index]).squareRoot())
        }
        let scale = (0.5 / Double(max(1, deviations.count - 1))).squareRoot()
        for (deviation, factor) in zip(deviations, randomNumbers.normals(deviations.count, deviation: scale)) {
            for index in values.indices { values[index] += factor * deviation[index] }
        }
        return values
    }
}
