import Platform

/// Logistic regression: probabilities with log-odds factors . x + intercept, of the largest likelihood times a normal
/// prior of deviation 1.
struct LogisticRegression {
    /// The factor of each term.
    let factors: [Double]
    /// The constant.
    let intercept: Double

    /// Fits the regression to columns of terms, one value for each event; the prior is around factors of 1 and an
    /// intercept of 0.
    init(of terms: [[Double]], _ occurred: [Bool]) {
        let loss = Loss(columns: terms + [[Double](repeating: 1, count: occurred.count)], occurred: occurred)
        let minimum = loss.minimum(from: loss.center)
        (factors, intercept) = (Array(minimum.dropLast()), minimum[terms.count])
    }

    /// The negative logarithm of likelihood times prior; the last column is that of the intercept.
    private struct Loss: ConvexFunction {
        let columns: [[Double]]
        let occurred: [Bool]

        /// Where the prior is largest.
        var center: [Double] { columns.indices.map { $0 == columns.count - 1 ? 0 : 1 } }

        private func logOdds(_ point: [Double]) -> [Double] {
            occurred.indices.map { event in columns.indices.reduce(0) { $0 + point[$1] * columns[$1][event] } }
        }

        /// The sum over the events of values times terms, of each column.
        private func sums(_ values: [Double]) -> [Double] {
            columns.map { column in zip(column, values).reduce(0) { $0 + $1.0 * $1.1 } }
        }

        func value(at point: [Double]) -> Double {
            let prior = zip(point, center).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) / 2 }
            return zip(logOdds(point), occurred).reduce(prior) { sum, event in
                let margin = event.1 ? event.0 : -event.0
                return sum + max(0, -margin) + log1p(exp(-abs(margin)))
            }
        }

        func derivatives(at point: [Double]) -> Derivatives {
            let probabilities = logOdds(point).map { 1 / (1 + exp(-$0)) }
            let excess = zip(probabilities, occurred).map { $0 - ($1 ? 1 : 0) }
            let weights = probabilities.map { $0 * (1 - $0) }
            let diagonal = columns.map { column in
                zip(column, weights).reduce(1) { $0 + $1.0 * $1.0 * $1.1 }
            }
            return Derivatives(
                gradient: zip(sums(excess), zip(point, center)).map { $0 + $1.0 - $1.1 },
                curvature: { vector in
                    zip(sums(zip(logOdds(vector), weights).map { $0 * $1 }), vector).map { $0 + $1 }
                },
                inverse: { zip($0, diagonal).map { $0 / $1 } })
        }
    }
}
