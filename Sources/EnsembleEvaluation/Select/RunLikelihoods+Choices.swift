import Platform

extension RunLikelihoods {
    /// The sum of the log-likelihood of each run over some examples.
    func logLikelihoods(over chosen: Chosen) throws -> [Double] {
        try sums(over: chosen, count: runs) { block, places in
            (0..<block.runs).map { run in
                SumOfLogs.of(places) { block.probabilities[block.index(run, $0)] }
            }
        }
    }

    /// The `size` runs with the highest likelihood, the best first; the smaller number first of equal ones.
    func best(_ size: Int, over chosen: Chosen) throws -> [Int] {
        let likelihoods = try logLikelihoods(over: chosen)
        return Array((0..<runs).sorted { (-likelihoods[$0], $0) < (-likelihoods[$1], $1) }.prefix(size))
    }

    /// `size` runs, one after the other: each time the one with which the average of probabilities has the highest
    /// likelihood.
    func greedy(_ size: Int, over chosen: Chosen) throws -> [Int] {
        var members: [Int] = []
        while members.count < size {
            let (before, count) = (members, Double(members.count + 1))
            let likelihoods = try sums(over: chosen, count: runs) { block, places in
                let sums = places.map { place in
                    before.reduce(0) { $0 + block.probabilities[block.index($1, place)] }
                }
                return (0..<block.runs).map { run in
                    SumOfLogs.of(places.indices) {
                        (sums[$0] + block.probabilities[block.index(run, places[$0])]) / count
                    }
                }
            }
            members.append(best(of: likelihoods, notIn: members))
        }
        return members
    }

    /// `size` runs, one after the other: each time the one that adds most to the sum of the members' mean
    /// log-likelihoods minus `cohesion` times the sum over pairs of the share of examples on which they disagree.
    func cohesive(_ size: Int, cohesion: Double, over chosen: Chosen) throws -> [Int] {
        var values = try logLikelihoods(over: chosen).map { $0 / Double(chosen.count) }
        var members: [Int] = []
        while members.count < size {
            let last = best(of: values, notIn: members)
            members.append(last)
            let differing = try sums(over: chosen, count: runs) { block, places in
                (0..<block.runs).map { run in
                    Double(
                        places.count {
                            block.predictions[block.index(run, $0)] != block.predictions[block.index(last, $0)]
                        })
                }
            }
            for run in values.indices { values[run] -= cohesion * differing[run] / Double(chosen.count) }
        }
        return members
    }

    /// The run with the largest value; the smallest of equal ones.
    private func best(of values: [Double], notIn members: [Int]) -> Int {
        var best: Int?
        for run in values.indices where !members.contains(run) && values[run] > best.map({ values[$0] }) ?? -.infinity {
            best = run
        }
        // All of them are -infinity.
        return best ?? values.indices.first { !members.contains($0) }!
    }

    /// The posterior probabilities of the runs given the labels of some examples, if all were equally probable before.
    func posterior(over chosen: Chosen) throws -> [Double] {
        let likelihoods = try logLikelihoods(over: chosen)
        let largest = likelihoods.reduce(-.infinity) { max($0, $1) }
        let weights = likelihoods.map { exp($0 - largest) }
        return weights.map { $0 / weights.reduce(0, +) }
    }

    /// The weights for which the weighted average of probabilities has the highest likelihood.
    ///
    /// Only some runs are weighted at first. Those whose likelihood under these weights says that they belong to the
    /// average, too, are added until there are none.
    func stacking(over chosen: Chosen) throws -> [Double] {
        var candidates = try best(min(runs, Self.mostAdded), over: chosen)
        var weights = [Double](repeating: 0, count: runs)
        for _ in 0..<Self.mostRounds {
            let found = try stacking(of: candidates, over: chosen)
            weights = [Double](repeating: 0, count: runs)
            for (run, weight) in zip(candidates, found) { weights[run] = weight }
            let gradient = try gradient(of: weights, over: chosen)
            let missing = (0..<runs).filter { gradient[$0] > 1 + Self.tolerance && !candidates.contains($0) }
            if missing.isEmpty { break }
            candidates += missing.sorted { (-gradient[$0], $0) < (-gradient[$1], $1) }.prefix(Self.mostAdded)
        }
        return weights
    }

    /// By how much more the log-likelihood per example could be with the best weights, at most: it is concave.
    static let tolerance = 1e-8
    /// The number of runs that are weighted at first, and that are added at once.
    private static let mostAdded = 48
    private static let mostRounds = 100

    /// The mean over the examples of p_r / sum over runs s of w_s p_s: more than 1 if run r should have more weight.
    private func gradient(of weights: [Double], over chosen: Chosen) throws -> [Double] {
        let members = weights.indices.filter { weights[$0] > 0 }
        return try sums(over: chosen, count: runs) { block, places in
            let averages = block.averages(of: members, weights: members.map { weights[$0] }, places)
            return (0..<block.runs).map { run in
                places.indices.reduce(0) {
                    $0 + block.probability(run, places[$1]) / averages[$1]
                }
            }
        }.map { $0 / Double(chosen.count) }
    }

    /// The best weights of some runs, by an interior-point method: Newton steps towards w_r l_r = a small number for
    /// all r, where the multiplier l_r of w_r >= 0 is 1 minus the gradient.
    private func stacking(of candidates: [Int], over chosen: Chosen) throws -> [Double] {
        let (count, examples) = (candidates.count, Double(chosen.count))
        var weights = [Double](repeating: 1 / Double(count), count: count)
        var multipliers = [Double](repeating: 0.1, count: count)
        for _ in 0..<Self.mostSteps {
            let current = weights
            let sums = try sums(over: chosen, count: count * (count + 1)) { block, places in
                let averages = block.averages(of: candidates, weights: current, places)
                let ratios = candidates.map { run in
                    places.indices.map { block.probability(run, places[$0]) / averages[$0] }
                }
                var sums = ratios.map { $0.reduce(0, +) }
                for row in ratios {
                    for other in ratios { sums.append(zip(row, other).reduce(0) { $0 + $1.0 * $1.1 }) }
                }
                return sums
            }.map { $0 / examples }
            let largest = sums[..<count].reduce(0) { max($0, $1) }
            if largest - 1 <= Self.tolerance / 10, abs(weights.reduce(0, +) - 1) <= Self.tolerance / 10 { break }
            let target = 0.1 * zip(weights, multipliers).reduce(0) { $0 + $1.0 * $1.1 } / Double(count)
            var curvature = Array(sums[count...])
            for place in 0..<count { curvature[place * count + place] += multipliers[place] / weights[place] }
            let steps = Self.solution(
                of: curvature, (0..<count).map { target / weights[$0] - 1 + sums[$0] })
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
        }
        // Of a weight and its multiplier one is 0 in the end.
        let kept = zip(weights, multipliers).map { $0 > $1 ? $0 : 0 }
        return kept.map { $0 / kept.reduce(0, +) }
    }

    private static let mostSteps = 200

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
