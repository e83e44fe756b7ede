import EnsembleMetrics
import Foundation
import Testing
import TestSupport

struct OutlierDetectionTests {
    /// The definitions, by loops over pairs and thresholds.
    private struct ByDefinition {
        let auroc, standardError, aupr, falsePositiveRate: Double

        init(_ own: [Double], _ outliers: [Double]) {
            func share(_ score: Double, below other: Double) -> Double { score < other ? 1 : score == other ? 0.5 : 0 }
            func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
            let ofOutliers = outliers.map { outlier in mean(own.map { share(outlier, below: $0) }) }
            let ofOwn = own.map { own in mean(outliers.map { share($0, below: own) }) }
            let auroc = mean(ofOutliers)
            self.auroc = auroc
            func variance(_ shares: [Double]) -> Double {
                shares.reduce(0) { $0 + ($1 - auroc) * ($1 - auroc) } / Double(shares.count - 1) / Double(shares.count)
            }
            standardError = (variance(ofOutliers) + variance(ofOwn)).squareRoot()
            var (recall, precision, rates) = (0.0, 0.0, [Double]())
            for threshold in Set(own + outliers).sorted() {
                let found = Double(outliers.count { $0 <= threshold })
                let mistaken = Double(own.count { $0 <= threshold })
                precision += (found / Double(outliers.count) - recall) * found / (found + mistaken)
                recall = found / Double(outliers.count)
                if recall >= 0.95 { rates.append(mistaken / Double(own.count)) }
            }
            (aupr, falsePositiveRate) = (precision, rates.min() ?? .nan)
        }
    }

    @Test(arguments: [(60, 40, 1000), (60, 40, 7), (41, 20, 2), (5, 19, 1), (2, 2, 5)])
    func `the values are those of the definitions, also of equal scores`(own: Int, outliers: Int, values: Int) throws {
        var numbers = SeededNumbers(seed: UInt64(own * outliers * values))
        func scores(_ count: Int, _ shift: Int) -> [Double] {
            (0..<count).map { _ in Double(Int.random(in: 0..<values, using: &numbers) + shift) }
        }
        let (own, others) = (scores(own, values / 3), scores(outliers, 0))
        let (found, expected) = (OutlierDetection(own: own, outliers: others), ByDefinition(own, others))
        #expect(abs(found.auroc - expected.auroc) < 1e-12)
        #expect(abs(try #require(found.aurocStandardError) - expected.standardError) < 1e-12)
        #expect(abs(found.aupr - expected.aupr) < 1e-12)
        #expect(found.falsePositiveRate == expected.falsePositiveRate)
        // The errors of an ensemble are to be found as outliers are.
        let errors = ErrorDetection(
            scores: own + others, isCorrect: own.map { _ in true } + others.map { _ in false })
        #expect(errors.auroc == found.auroc && errors.aupr == found.aupr)
        #expect(errors.aurocStandardError == found.aurocStandardError)
    }

    @Test func `sets that are apart, that are the same, and that have one example`() {
        let apart = OutlierDetection(own: [3, 4, 5], outliers: [1, 2])
        #expect(apart.auroc == 1 && apart.aurocStandardError == 0 && apart.aupr == 1 && apart.falsePositiveRate == 0)
        let other = OutlierDetection(own: [1, 2], outliers: [3, 4, 5])
        #expect(other.auroc == 0 && other.falsePositiveRate == 1)
        let same = OutlierDetection(own: [1, 1], outliers: [1, 1])
        #expect(same.auroc == 0.5 && same.aupr == 0.5 && same.falsePositiveRate == 1)
        let single = OutlierDetection(own: [2], outliers: [1, 3, 3])
        #expect(abs(single.auroc - 1.0 / 3) < 1e-15 && single.aurocStandardError == nil)
    }
}
