import EnsembleMetrics
import Foundation
import Testing
import TestSupport

struct ConformalSetsTests {
    /// Predictions that are the better, the larger `skill`; if `levels` is not nil, many classes are equally likely.
    private static func predictions(
        _ examples: Int, classes: Int, skill: Double, levels: Double? = nil, seed: UInt64 = 1
    ) -> Predictions {
        var numbers = SeededNumbers(seed: seed)
        let labels = (0..<examples).map { _ in Int32.random(in: 0..<Int32(classes), using: &numbers) }
        let probabilities = labels.flatMap { label in
            var row = (0..<classes).map { c in
                let x = Double.random(in: -2...2, using: &numbers) + (c == Int(label) ? skill : 0)
                return exp(levels.map { (x * $0).rounded() / $0 } ?? x)
            }
            let sum = row.reduce(0, +)
            for c in row.indices { row[c] /= sum }
            return row
        }
        return Predictions(probabilities: probabilities, classes: classes, labels: labels)
    }

    /// The score of a class: by the definition, without sorting.
    private static func score(_ method: ConformalMethod, _ p: [Double], _ c: Int, share: Double) -> Double {
        let before = p.indices.filter { p[$0] > p[c] || p[$0] == p[c] && $0 < c }
        let sum = before.map { p[$0] }.sorted(by: >).reduce(0, +) + share * p[c]
        switch method {
        case .threshold: return 1 - p[c]
        case .adaptive: return sum
        case .regularized: return sum + 0.01 * Double(max(0, before.count - 4))
        }
    }

    @Test(arguments: ConformalMethod.allCases, [(0.1, nil), (0.25, 1.0), (0, nil)] as [(Double, Double?)])
    func `coverage and sizes are those of sets made one by one`(
        method: ConformalMethod, case: (error: Double, levels: Double?)
    ) {
        let predictions = Self.predictions(61, classes: 8, skill: 1.5, levels: `case`.levels)
        let found = ConformalSets(of: predictions, method: method, error: `case`.error, seed: 5)
        let rows = (0..<61).map { example in
            predictions.logProbabilities[example * 8..<(example + 1) * 8].map { exp($0) }
        }
        let shares = predictions.randomShares(seed: 5)
        #expect(Set(shares).count == 61 && shares.allSatisfy { 0..<1 ~= $0 })
        var (covered, sizes, empty, single, count) = (0, 0, 0, 0, 0)
        var (coveredOfClass, ofClass) = ([Int](repeating: 0, count: 8), [Int](repeating: 0, count: 8))
        for (fitted, scored) in Halves.divisions(of: predictions.examples, seed: 5) {
            #expect(Set(fitted).union(scored).count == 61 && fitted.count + scored.count == 61)
            func score(_ example: Int, _ c: Int) -> Double {
                Self.score(method, rows[example], c, share: shares[example])
            }
            let scores = fitted.map { score(Int($0), Int(predictions.labels[Int($0)])) }
            // The smallest score such that at least (n + 1) (1 - error) of n + 1 are not above it.
            let threshold =
                scores.sorted().first { score in
                    Double(scores.count { $0 <= score }) >= Double(scores.count + 1) * (1 - `case`.error)
                } ?? .infinity
            for example in scored.map(Int.init) {
                let set = (0..<8).filter { score(example, $0) <= threshold }
                let label = Int(predictions.labels[example])
                covered += set.contains(label) ? 1 : 0
                coveredOfClass[label] += set.contains(label) ? 1 : 0
                ofClass[label] += 1
                sizes += set.count
                empty += set.isEmpty ? 1 : 0
                single += set.count == 1 ? 1 : 0
                count += 1
            }
        }
        #expect(count == 5 * 61 && found.coverage == Double(covered) / Double(count))
        #expect(found.meanSize == Double(sizes) / Double(count))
        #expect(found.empty == Double(empty) / Double(count) && found.single == Double(single) / Double(count))
        #expect(found.coverageOfClass == zip(coveredOfClass, ofClass).map { Double($0) / Double($1) })
        if `case`.error == 0 { #expect(found.coverage == 1 && found.meanSize == 8) }
    }

    @Test(arguments: ConformalMethod.allCases)
    func `the label is covered as often as promised`(method: ConformalMethod) {
        let predictions = Self.predictions(4000, classes: 10, skill: 2, seed: 3)
        let found = ConformalSets(of: predictions, method: method, error: 0.1, seed: 0)
        #expect(abs(found.coverage - 0.9) < 0.01)
        #expect(found.meanSize > 1 && found.meanSize < 7)
        let certain = ConformalSets(
            of: Self.predictions(400, classes: 10, skill: 60), method: method, error: 0.1, seed: 0)
        #expect(certain.coverage > 0.85 && certain.meanSize <= 1)
    }

    @Test func `a class without examples has no coverage, and one example is covered`() {
        let one = Predictions(probabilities: [0.2, 0.5, 0.3], classes: 3, labels: [2])
        for method in ConformalMethod.allCases {
            let found = ConformalSets(of: one, method: method, error: 0.1, seed: 0)
            #expect(found.coverage == 1 && found.meanSize == 3 && found.coverageOfClass == [nil, nil, 1])
            #expect(found.leastCoverageOfClass == 1)
        }
    }
}
