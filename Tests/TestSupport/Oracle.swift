import Ensembles
import Foundation

/// The definitions as naive loops in float64.
public enum Oracle {
    /// One row of x of one row of logits.
    public static func transformed(_ row: [Double], _ transform: Transform) -> [Double] {
        guard transform != .raw else { return row }
        let top = row.indices.reduce(0) { row[$1] > row[$0] ? $1 : $0 }
        if transform == .minusMax { return row.map { $0 - row[top] } }
        if transform == .centered {
            let known = row.filter { $0 > -.infinity }.map { $0 - row[top] }
            return row.map { $0 - row[top] - known.reduce(0, +) / Double(known.count) }
        }
        let others = row.indices.filter { $0 != top }.reduce(0) { $0 + exp(row[$1] - row[top]) }
        let logarithms = row.map { $0 - row[top] - log1p(others) }
        return transform == .softmax ? logarithms.map { exp($0) } : logarithms
    }

    /// Mean and standard deviation over the runs, shape (C, M), of logits (R, M, C); in two passes.
    public static func moments(
        _ logits: [Double], runs: Int, examples: Int, classes: Int, _ transform: Transform
    ) -> (x: [Double], mean: [Double], deviation: [Double], constants: Int) {
        var x: [Double] = []
        for start in stride(from: 0, to: logits.count, by: classes) {
            x += transformed(Array(logits[start..<start + classes]), transform)
        }
        var mean: [Double] = []
        var deviation: [Double] = []
        var constants = 0
        for c in 0..<classes {
            for example in 0..<examples {
                let values = (0..<runs).map { x[($0 * examples + example) * classes + c] }
                let isConstant = values.allSatisfy { $0 == values[0] }
                // -infinity less its mean is no number.
                if isConstant, values[0] == -.infinity {
                    mean.append(0)
                    deviation.append(0)
                    constants += 1
                    continue
                }
                let average = isConstant ? values[0] : values.reduce(0, +) / Double(runs)
                let squares = values.reduce(0) { $0 + ($1 - average) * ($1 - average) }
                mean.append(average)
                deviation.append((squares / Double(runs - 1)).squareRoot())
                constants += isConstant ? 1 : 0
            }
        }
        return (x, mean, deviation, constants)
    }

    /// z, shape (M, R * C); 0 where x is constant over the runs.
    public static func standardized(
        _ logits: [Double], runs: Int, examples: Int, classes: Int, _ transform: Transform
    ) -> [[Double]] {
        let moments = moments(logits, runs: runs, examples: examples, classes: classes, transform)
        return (0..<examples).map { example in
            (0..<runs * classes).map { row in
                let (run, c) = (row / classes, row % classes)
                let place = c * examples + example
                guard moments.deviation[place] > 0 else { return 0 }
                let x = moments.x[(run * examples + example) * classes + c]
                return (x - moments.mean[place]) / moments.deviation[place]
            }
        }
    }

    /// The kernel, a row for each test example.
    public static func kernel(of ensemble: RandomEnsemble, _ transform: Transform) -> [[Double]] {
        let (runs, classes) = (ensemble.runs, ensemble.classes)
        let test = standardized(
            ensemble.logits, runs: runs, examples: ensemble.test, classes: classes, transform)
        let train = standardized(
            ensemble.trainLogits, runs: runs, examples: ensemble.train, classes: classes, transform)
        return test.map { row in
            train.map { column in zip(row, column).reduce(0) { $0 + $1.0 * $1.1 } / Double(runs * classes) }
        }
    }

    /// The locally scaled kernel S[i, j] = 2 K[i, j] - r(i) - r(j), r the mean of an example's `nearest` largest kernel
    /// values among the other training examples: of test with training examples, and of training examples with one
    /// another, of which S of an example with itself is -infinity.
    public static func locallyScaled(
        _ ensemble: RandomEnsemble, _ transform: Transform, nearest: Int
    ) -> (testTrain: [[Double]], trainTrain: [[Double]]) {
        let kernel = kernel(of: ensemble, transform)
        var own = Oracle.kernel(
            of: RandomEnsemble(copy: ensemble, test: ensemble.trainLogits, examples: ensemble.train), transform)
        for example in own.indices { own[example][example] = -.infinity }
        func means(_ kernel: [[Double]]) -> [Double] {
            kernel.map { row in row.sorted(by: >).prefix(nearest).reduce(0, +) / Double(nearest) }
        }
        let (ofTest, ofTrain) = (means(kernel), means(own))
        func scaled(_ kernel: [[Double]], _ ofRows: [Double]) -> [[Double]] {
            zip(kernel, ofRows).map { row, ofRow in zip(row, ofTrain).map { 2 * $0 - ofRow - $1 } }
        }
        return (scaled(kernel, ofTest), scaled(own, ofTrain))
    }

    /// All train indices, most similar first; ties to the smaller index.
    public static func order<Similarity: Comparable>(_ similarities: [Similarity]) -> [Int] {
        similarities.indices.sorted {
            similarities[$0] > similarities[$1] || (similarities[$0] == similarities[$1] && $0 < $1)
        }
    }

    /// The label with the largest sum of weights; ties to the smallest label.
    public static func vote(_ labels: [Int], weights: [Double], classes: Int) -> Int {
        var sums = [Int: Double]()
        for (label, weight) in zip(labels, weights) { sums[label, default: 0] += weight }
        return (0..<classes).max { (sums[$0] ?? 0, $1) < (sums[$1] ?? 0, $0) }!
    }
}
