/// The nondecreasing function of the probability with the least squared distance to what occurred, linear between the
/// probabilities seen and constant beyond them. Source: Zadrozny and Elkan, 2002.
struct IsotonicRegression: BinaryCalibrator {
    /// The ends of the intervals on which the function is constant, ascending, and its values there.
    private var points: [Double] = []
    private var values: [Double] = []

    /// Events of similar probabilities.
    private struct Pool {
        var first, last: Double
        var (events, occurred) = (0, 0)

        init(of probability: Double) { (first, last) = (probability, probability) }

        mutating func add(_ before: Pool) {
            first = before.first
            events += before.events
            occurred += before.occurred
        }

        var share: Double { Double(occurred) / Double(events) }
    }

    init(probabilities: [Double], occurred: [Bool]) {
        var ofProbability: [Pool] = []
        for event in probabilities.indices.sorted(by: { probabilities[$0] < probabilities[$1] }) {
            let probability = probabilities[event]
            if ofProbability.last?.last != probability { ofProbability.append(Pool(of: probability)) }
            ofProbability[ofProbability.count - 1].events += 1
            ofProbability[ofProbability.count - 1].occurred += occurred[event] ? 1 : 0
        }
        // Neighbors are pooled as long as the later one does not have the larger share.
        var pools: [Pool] = []
        for var pool in ofProbability {
            while let before = pools.last, before.share >= pool.share {
                pool.add(before)
                pools.removeLast()
            }
            pools.append(pool)
        }
        for pool in pools {
            for end in pool.first == pool.last ? [pool.first] : [pool.first, pool.last] {
                points.append(end)
                values.append(pool.share)
            }
        }
    }

    func apply(_ probability: Double) -> Double {
        // The first point above the probability, by bisection.
        var (from, above) = (0, points.count)
        while from < above {
            let middle = (from + above) / 2
            if points[middle] > probability { above = middle } else { from = middle + 1 }
        }
        guard above > 0 else { return values[0] }
        guard above < points.count else { return values[above - 1] }
        let share = (probability - points[above - 1]) / (points[above] - points[above - 1])
        return values[above - 1] + share * (values[above] - values[above - 1])
    }
}
