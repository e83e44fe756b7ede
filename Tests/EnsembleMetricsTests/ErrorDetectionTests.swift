import EnsembleMetrics
import Foundation
import Testing
import TestSupport

struct ErrorDetectionTests {
    /// The definitions, by loops over pairs and thresholds.
    private struct ByDefinition {
        var (auroc, aupr): (Double?, Double?)
        var (aurc, coverage): (Double, Double)

        init(_ scores: [Double], _ isCorrect: [Bool]) {
            let wrong = scores.indices.filter { !isCorrect[$0] }
            let correct = scores.indices.filter { isCorrect[$0] }
            var pairs = 0.0
            for one in wrong {
                for other in correct {
                    pairs += scores[one] < scores[other] ? 1 : scores[one] == scores[other] ? 0.5 : 0
                }
            }
            auroc = wrong.isEmpty || correct.isEmpty ? nil : pairs / Double(wrong.count * correct.count)
            var (recall, precision) = (0.0, 0.0)
            for threshold in Set(scores).sorted() {
                let found = scores.indices.filter { scores[$0] <= threshold }
                let right = Double(found.count { !isCorrect[$0] })
                precision += (right / Double(wrong.count) - recall) * right / Double(found.count)
                recall = right / Double(wrong.count)
            }
            aupr = wrong.isEmpty ? nil : precision
            // Of equal scores the mean over many orders; the best coverage takes them all or none.
            var numbers = SeededNumbers(seed: 5)
            let orders = 2000
            aurc = 0
            for _ in 0..<orders {
                let order = scores.indices.shuffled(using: &numbers).sorted { scores[$0] > scores[$1] }
                var errors = 0.0
                for (place, example) in order.enumerated() {
                    errors += isCorrect[example] ? 0 : 1
                    aurc += errors / Double(place + 1) / Double(scores.count * orders)
                }
            }
            coverage = 0
            for threshold in scores {
                let taken = scores.indices.filter { scores[$0] >= threshold }
                if Double(taken.count { !isCorrect[$0] }) <= 0.05 * Double(taken.count) {
                    coverage = max(coverage, Double(taken.count) / Double(scores.count))
                }
            }
        }
    }

    @Test(arguments: [(60, 60), (60, 7), (41, 2), (5, 1)])
    func `the values are those of the definitions, also of equal scores`(count: Int, values: Int) {
        var numbers = SeededNumbers(seed: UInt64(count * values))
        let scores = (0..<count).map { _ in Double(Int.random(in: 0..<values, using: &numbers)) }
        let isCorrect = scores.map { Double.random(in: 0...Double(values), using: &numbers) < $0 + 1 }
        let (found, expected) = (ErrorDetection(scores: scores, isCorrect: isCorrect), ByDefinition(scores, isCorrect))
        #expect(found.auroc.map { abs($0 - (expected.auroc ?? 9)) < 1e-12 } ?? (expected.auroc == nil))
        #expect(found.aupr.map { abs($0 - (expected.aupr ?? 9)) < 1e-12 } ?? (expected.aupr == nil))
        #expect(abs(found.aurc - expected.aurc) < 0.005, "\(found.aurc) \(expected.aurc)")
        #expect(found.coverageAtRisk == expected.coverage)
        // Wrong predictions last: nothing is in excess of the best order.
        let best = ErrorDetection(
            scores: (0..<count).map { -Double($0) }, isCorrect: isCorrect.sorted { $0 && !$1 })
        #expect(abs(best.excessAURC) < 1e-12 && found.excessAURC >= -1e-12)
        #expect(abs(found.aurc - found.excessAURC - best.aurc) < 1e-12)
    }

    @Test func `risk at a coverage is that of the fewest predictions that are so many`() {
        let isCorrect = [true, true, false, true, true, true, false, false, true, true, false]
        // 80 % of 11 are 8.8: of the first 9 three are wrong.
        let found = ErrorDetection(scores: (0..<11).map { -Double($0) }, isCorrect: isCorrect)
        #expect(found.riskAtCoverage == 3.0 / 9)
        // Of equal scores any 9 are as wrong as all.
        let equal = ErrorDetection(scores: Array(repeating: 1, count: 11), isCorrect: isCorrect)
        #expect(abs(equal.riskAtCoverage - 4.0 / 11) < 1e-15 && equal.auroc == 0.5 && equal.coverageAtRisk == 0)
    }

    @Test func `risk by coverage is the error of the first predictions, of equal ones the mean`() {
        let isCorrect = [true, false, false, true, true, true, false]
        // 1 to 14 % of 7 are 1, 15 to 28 % are 2 ... and 86 to 100 % are 7.
        let risks = ErrorDetection.withRiskByCoverage(scores: [7, 6, 5, 4, 3, 2, 1], isCorrect: isCorrect)
            .riskByCoverage
        #expect(risks.count == 100 && risks[13] == 0 && risks[14] == 0.5 && risks[28] == 2.0 / 3)
        #expect(risks[84] == 2.0 / 6 && risks[85] == 3.0 / 7 && risks[99] == 3.0 / 7)
        // The second to the fourth are equal, two of three wrong: the second is two thirds of an error.
        let ties = ErrorDetection.withRiskByCoverage(scores: [7, 5, 5, 5, 3, 2, 1], isCorrect: isCorrect).riskByCoverage
        #expect(abs(ties[20] - 1.0 / 3) < 1e-15 && abs(ties[50] - 0.5) < 1e-15)
        #expect(
            ErrorDetection.withRiskByCoverage(scores: [1], isCorrect: [false]).riskByCoverage
                == Array(repeating: 1, count: 100))
    }

    @Test func `the bins of a reliability diagram have the distances of the calibration error`() throws {
        let predictions = MemberSums(of: try RealEnsemble.members(3)).averageOfProbabilities
        let bins = predictions.answers.reliabilityBins
        let count = bins.reduce(0) { $0 + $1.answers }
        let error = bins.reduce(0) { $0 + Double($1.answers) * abs($1.confidence - $1.accuracy) } / Double(count)
        #expect(count == predictions.examples)
        #expect(abs(error - Metrics(of: predictions, seed: 0).expectedCalibrationError) < 1e-12)
        let edges = [0, 1.0 / 15, 0.0667, 1].map { ScoredPrediction(confidence: $0, isCorrect: true) }.reliabilityBins
        #expect(edges.map(\.answers) == [2, 1] + Array(repeating: 0, count: 12) + [1])
    }

    @Test func `without wrong or without correct predictions some values are absent`() {
        let scores = [0.3, 0.2, 0.9]
        let correct = ErrorDetection(scores: scores, isCorrect: [true, true, true])
        #expect(correct.auroc == nil && correct.aupr == nil && correct.aurc == 0 && correct.excessAURC == 0)
        #expect(correct.coverageAtRisk == 1 && correct.riskAtCoverage == 0)
        let wrong = ErrorDetection(scores: scores, isCorrect: [false, false, false])
        #expect(wrong.auroc == nil && wrong.aupr == 1 && wrong.aurc == 1 && wrong.excessAURC == 0)
        #expect(wrong.coverageAtRisk == 0 && wrong.riskAtCoverage == 1)
    }
}
