import Platform

/// softmax(w log p + b), where every class c has its own weight w_c and bias b_c.
///
/// They minimize the negative log-likelihood plus half the sum of (w_c - 1)^2 and b_c^2: a normal prior around no
/// change. It weighs as much as a single example, so that it matters only where there are hardly any, and keeps classes
/// without examples possible. Source: Guo et al., "On calibration of modern neural networks", 2017, without the prior.
struct VectorScaling {
    /// The weight and the bias of each class.
    let weights, biases: [Double]

    init(fittedTo predictions: Predictions) {
        let classes = predictions.classes
        let start = [Double](repeating: 1, count: classes) + [Double](repeating: 0, count: classes)
        let minimum = Loss(predictions: predictions).minimum(from: start)
        (weights, biases) = (Array(minimum[..<classes]), Array(minimum[classes...]))
    }

    /// The penalized negative log-likelihood; a point has the weights of all classes and then the biases.
    private struct Loss: ConvexFunction {
        let predictions: Predictions

        private var classes: Int { predictions.classes }
        private var logarithms: [Double] { predictions.logProbabilities }

        private func scaled(_ point: [Double]) -> Predictions {
            predictions.normalizing { logarithm, c in point[c] * logarithm + point[classes + c] }
        }

        /// The difference of a point from no change.
        private func change(_ point: [Double]) -> [Double] {
            point.enumerated().map { $0 < classes ? $1 - 1 : $1 }
        }

        func value(at point: [Double]) -> Double {
            let penalty = change(point).reduce(0) { $0 + $1 * $1 / 2 }
            return penalty + scaled(point).negativeLogLikelihood * Double(predictions.examples)
        }

        /// The sums over the examples of values (M, C) times log p, and of the values, of each class.
        private func sums(_ values: [Double]) -> [Double] {
            var sums = [Double](repeating: 0, count: 2 * classes)
            for first in stride(from: 0, to: values.count, by: classes) {
                for c in 0..<classes {
                    sums[c] += values[first + c] * logarithms[first + c]
                    sums[classes + c] += values[first + c]
                }
            }
            return sums
        }

        func derivatives(at point: [Double]) -> Derivatives {
            let probabilities = scaled(point).logProbabilities.map { exp($0) }
            var excess = probabilities
            for (example, label) in predictions.labels.enumerated() { excess[example * classes + Int(label)] -= 1 }
            // For each class the sums of p (1 - p) times (log p)^2, log p and 1, plus 1 of the penalty.
            let own = probabilities.map { $0 * (1 - $0) }
            let (first, second) = (sums(own), sums(zip(own, logarithms).map { $0 * $1 }))
            let classes = classes
            return Derivatives(
                gradient: zip(sums(excess), change(point)).map { $0 + $1 },
                curvature: { times($0, probabilities) },
                inverse: { vector in
                    var result = vector
                    for c in 0..<classes {
                        let (a, b, d) = (second[c] + 1, first[c], first[classes + c] + 1)
                        let determinant = a * d - b * b
                        result[c] = (d * vector[c] - b * vector[classes + c]) / determinant
                        result[classes + c] = (a * vector[classes + c] - b * vector[c]) / determinant
                    }
                    return result
                })
        }

        /// The matrix of second derivatives times a vector.
        private func times(_ vector: [Double], _ probabilities: [Double]) -> [Double] {
            var slopes = probabilities
            for first in stride(from: 0, to: slopes.count, by: classes) {
                var mean = 0.0
                for c in 0..<classes {
                    slopes[first + c] = vector[c] * logarithms[first + c] + vector[classes + c]
                    mean += probabilities[first + c] * slopes[first + c]
                }
                for c in 0..<classes { slopes[first + c] = probabilities[first + c] * (slopes[first + c] - mean) }
            }
            return zip(sums(slopes), vector).map { $0 + $1 }
        }
    }
}
