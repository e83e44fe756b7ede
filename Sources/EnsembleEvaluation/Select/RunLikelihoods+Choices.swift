import Platform

/// Every set of examples has its own choice.
extension RunLikelihoods {
    /// The sum of the log-likelihood of each run over the examples of each set, shape (sets, R).
    func logLikelihoods(over sets: [ExampleSet]) throws -> [[Double]] {
        try sums(over: sets, counts: sets.map { _ in runs }) { block, _, places in
            (0..<block.runs).map { run in
                SumOfLogs.of(places) { block.probabilities[block.index(run, $0)] }
            }
        }
    }

    /// The `size` runs with the highest likelihood, the best first; the smaller number first of equal ones.
    static func best(_ size: Int, of likelihoods: [Double]) -> [Int] {
        best(size, of: likelihoods, among: Array(likelihoods.indices))
    }

    private static func best(_ size: Int, of values: [Double], among runs: [Int]) -> [Int] {
        Array(runs.sorted { (-values[$0], $0) < (-values[$1], $1) }.prefix(size))
    }

    /// `size` runs, one after the other: each time the one with which the average of probabilities has the highest
    /// likelihood.
    func greedy(_ size: Int, over sets: [ExampleSet]) throws -> [[Int]] {
        var members = [[Int]](repeating: [], count: sets.count)
        for count in 1...size {
            let before = members
            let likelihoods = try sums(over: sets, counts: sets.map { _ in runs }) { block, set, places in
                let sums = places.map { place in
                    before[set].reduce(0) { $0 + block.probabilities[block.index($1, place)] }
                }
                return (0..<block.runs).map { run in
                    SumOfLogs.of(places.indices) {
                        (sums[$0] + block.probabilities[block.index(run, places[$0])]) / Double(count)
                    }
                }
            }
            for set in sets.indices { members[set].append(Self.best(of: likelihoods[set], notIn: members[set])) }
        }
        return members
    }

    /// `size` runs, one after the other: each time the one that adds most to the sum of the members' mean
    /// log-likelihoods minus `cohesion` times the sum over pairs of the share of examples on which they disagree.
    func cohesive(
        _ size: Int, cohesion: Double, logLikelihoods: [[Double]], over sets: [ExampleSet]
    ) throws -> [[Int]] {
        var values = zip(logLikelihoods, sets).map { sums, set in sums.map { $0 / Double(set.count) } }
        var members = values.map { [Self.best(of: $0, notIn: [])] }
        for _ in 1..<size {
            let last = members.map { $0.last! }
            let differing = try sums(over: sets, counts: sets.map { _ in runs }) { block, set, places in
                (0..<block.runs).map { run in
                    Double(
                        places.count {
                            block.predictions[block.index(run, $0)] != block.predictions[block.index(last[set], $0)]
                        })
                }
            }
            for set in sets.indices {
                for run in 0..<runs { values[set][run] -= cohesion * differing[set][run] / Double(sets[set].count) }
                members[set].append(Self.best(of: values[set], notIn: members[set]))
            }
        }
        return members
    }

    /// The run with the largest value; the smallest of equal ones.
    private static func best(of values: [Double], notIn members: [Int]) -> Int {
        var best: Int?
        for run in values.indices where !members.contains(run) && values[run] > best.map({ values[$0] }) ?? -.infinity {
            best = run
        }
        // All of them are -infinity.
        return best ?? values.indices.first { !members.contains($0) }!
    }

    /// The posterior probabilities of the runs given the labels of some examples, if all were equally probable before.
    static func posterior(of likelihoods: [Double]) -> [Double] {
        let largest = likelihoods.reduce(-.infinity) { max($0, $1) }
        let weights = likelihoods.map { exp($0 - largest) }
        let sum = weights.reduce(0, +)
        return weights.map { $0 / sum }
    }

    /// The weights for which the weighted average of probabilities has the highest likelihood, shape (sets, R).
    ///
    /// Only some runs are weighted at first. Those whose likelihood under these weights says that they belong to the
    /// average, too, are added until there are none.
    func stacking(logLikelihoods: [[Double]], over sets: [ExampleSet]) throws -> [[Double]] {
        var candidates = logLikelihoods.map { Self.best(min(runs, Self.mostAdded), of: $0) }
        var weights = [[Double]](repeating: [], count: sets.count)
        var unfinished = Array(sets.indices)
        for _ in 0..<Self.mostRounds where !unfinished.isEmpty {
            let current = unfinished.map { sets[$0] }
            let found = try stacking(of: unfinished.map { candidates[$0] }, over: current)
            for (set, found) in zip(unfinished, found) {
                weights[set] = [Double](repeating: 0, count: runs)
                for (run, weight) in zip(candidates[set], found) { weights[set][run] = weight }
            }
            let gradients = try gradients(of: unfinished.map { weights[$0] }, over: current)
            unfinished = zip(unfinished, gradients).compactMap { set, gradient in
                let missing = gradient.indices.filter {
                    gradient[$0] > 1 + StackingWeights.tolerance && !candidates[set].contains($0)
                }
                candidates[set] += Self.best(Self.mostAdded, of: gradient, among: missing)
                return missing.isEmpty ? nil : set
            }
        }
        return weights
    }

    /// The number of runs that are weighted at first, and that are added at once.
    private static let mostAdded = 48
    private static let mostRounds = 100

    /// The mean over the examples of p_r / sum over runs s of w_s p_s: more than 1 if run r should have more weight.
    private func gradients(of weights: [[Double]], over sets: [ExampleSet]) throws -> [[Double]] {
        let sums = try sums(over: sets, counts: sets.map { _ in runs }) { block, set, places in
            let members = weights[set].indices.filter { weights[set][$0] > 0 }
            let averages = block.averages(of: members, weights: members.map { weights[set][$0] }, places)
            return (0..<block.runs).map { run in
                places.indices.reduce(0) {
                    $0 + block.probability(run, places[$1]) / averages[$1]
                }
            }
        }
        return zip(sums, sets).map { sums, set in sums.map { $0 / Double(set.count) } }
    }

    /// The best weights of some runs, for each set.
    private func stacking(of candidates: [[Int]], over sets: [ExampleSet]) throws -> [[Double]] {
        var solutions = candidates.map { StackingWeights(count: $0.count) }
        var unfinished = Array(sets.indices)
        for _ in 0..<Self.mostSteps where !unfinished.isEmpty {
            let some = unfinished.map { (runs: candidates[$0], weights: solutions[$0].weights) }
            let sums = try sums(
                over: unfinished.map { sets[$0] }, counts: some.map { StackingWeights.sums(count: $0.runs.count) }
            ) { block, place, places in
                let averages = block.averages(of: some[place].runs, weights: some[place].weights, places)
                return StackingWeights.sums(
                    of: some[place].runs.map { run in
                        places.indices.map { block.probability(run, places[$0]) / averages[$0] }
                    })
            }
            unfinished = zip(unfinished, sums).compactMap { set, sums in
                let examples = Double(sets[set].count)
                return solutions[set].improve(with: sums.map { $0 / examples }) ? set : nil
            }
        }
        return solutions.map(\.result)
    }

    private static let mostSteps = 200
}

/// The weights of some runs that an interior-point method finds for a set of examples: Newton steps towards
/// w_r l_r = a small number for all r, where the multiplier l_r of w_r >= 0 is 1 minus the gradient.
private struct StackingWeights {
    /// By how much more the log-likelihood per example could be with the best weights, at most: it is concave.
    static let tolerance = 1e-8
    /// What the products of weights and multipliers add up to in the end, at most: a weight that is dropped then is
    /// hardly more than its root.
    private static let complementarity = 1e-15

    private(set) var weights: [Double]
    private var multipliers: [Double]

    init(count: Int) {
        weights = [Double](repeating: 1 / Double(count), count: count)
        multipliers = [Double](repeating: 0.1, count: count)
    }

    /// How many numbers are summed over the examples for `count` runs.
    static func sums(count: Int) -> Int { count + count * (count + 1) / 2 }

    /// The sums over some examples of the ratios p_r / sum over runs s of w_s p_s, and of the products of each with
    /// itself and those before it.
    static func sums(of ratios: [[Double]]) -> [Double] {
        var sums = ratios.map { $0.reduce(0, +) }
        for (place, row) in ratios.enumerated() {
            for other in ratios[...place] { sums.append(zip(row, other).reduce(0) { $0 + $1.0 * $1.1 }) }
        }
        return sums
    }

    /// Takes a step, unless the weights are as good as can be.
    ///
    /// - Parameter means: The sums divided by the number of examples.
    /// - Returns: Whether it did.
    mutating func improve(with means: [Double]) -> Bool {
        let count = weights.count
        let largest = means[..<count].reduce(0) { max($0, $1) }
        let products = zip(weights, multipliers).reduce(0) { $0 + $1.0 * $1.1 }
        if largest - 1 <= Self.tolerance / 10, abs(weights.reduce(0, +) - 1) <= Self.tolerance / 10,
            products <= Self.complementarity
        {
            return false
        }
        let target = 0.1 * products / Double(count)
        // The lower half: all that a Cholesky factorization reads.
        var curvature = [Double](repeating: 0, count: count * count)
        var next = count
        for row in 0..<count {
            for column in 0...row {
                curvature[row * count + column] = means[next]
                next += 1
            }
            curvature[row * count + row] += multipliers[row] / weights[row]
        }
        let steps = Self.solution(of: curvature, (0..<count).map { target / weights[$0] - 1 + means[$0] })
        let changes = (0..<count).map {
            target / weights[$0] - multipliers[$0] - multipliers[$0] * steps[$0] / weights[$0]
        }
        // Both stay positive.
        var length = 1.0
        for (value, step) in zip(weights + multipliers, steps + changes) where step < 0 {
            length = min(length, -0.99 * value / step)
        }
        for place in 0..<count {
            weights[place] += length * steps[place]
            multipliers[place] += length * changes[place]
        }
        return true
    }

    /// The weights, of which those are 0 that should be: of a weight and its multiplier one is 0 in the end.
    var result: [Double] {
        let kept = zip(weights, multipliers).map { $0 > $1 ? $0 : 0 }
        let sum = kept.reduce(0, +)
        return kept.map { $0 / sum }
    }

    /// The x of A x = b, for a positive definite A of shape (n, n), by its Cholesky factor.
    private static func solution(of matrix: [Double], _ right: [Double]) -> [Double] {
        let n = right.count
        var (factor, x) = (matrix, right)
        for column in 0..<n {
            for row in column..<n {
                var value = factor[row * n + column]
                for k in 0..<column { value -= factor[row * n + k] * factor[column * n + k] }
                // Rounding may make the factor of nearly equal runs singular.
                factor[row * n + column] =
                    row == column
                    ? max(value, .leastNormalMagnitude).squareRoot() : value / factor[column * n + column]
            }
        }
        for row in 0..<n {
            for k in 0..<row { x[row] -= factor[row * n + k] * x[k] }
            x[row] /= factor[row * n + row]
        }
        for row in (0..<n).reversed() {
            for k in row + 1..<n { x[row] -= factor[k * n + row] * x[k] }
            x[row] /= factor[row * n + row]
        }
        return x
    }
}

extension RunLikelihoods.Block {
    /// The probability of the label, but for 0 the smallest normal number: a wrong prediction that is made with
    /// certainty costs much, but not infinitely much.
    fileprivate func probability(_ run: Int, _ place: Int) -> Double {
        max(probabilities[index(run, place)], .leastNormalMagnitude)
    }

    /// The weighted averages of the probabilities of some runs.
    fileprivate func averages(of runs: [Int], weights: [Double], _ places: [Int]) -> [Double] {
        var averages = [Double](repeating: 0, count: places.count)
        for (run, weight) in zip(runs, weights) {
            for (place, example) in places.enumerated() { averages[place] += weight * probability(run, example) }
        }
        return averages
    }
}

/// The sum of the logarithms of many probabilities, few of which are taken one by one.
enum SumOfLogs {
    /// Factors below this are not multiplied: products of several could be 0.
    private static let least = 1e-100

    /// The sum over the elements, in order, of log max(value, the smallest normal number).
    static func of<Elements: Sequence>(_ elements: Elements, _ value: (Elements.Element) -> Double) -> Double {
        var (sum, product) = (0.0, 1.0)
        for element in elements {
            let factor = max(value(element), .leastNormalMagnitude)
            if factor < least {
                sum += log(factor)
            } else {
                product *= factor
                if product < least {
                    sum += log(product)
                    product = 1
                }
            }
        }
        return sum + log(product)
    }
}
