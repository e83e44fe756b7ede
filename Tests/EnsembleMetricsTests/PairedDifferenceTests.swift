import EnsembleMetrics
import Testing

struct PairedDifferenceTests {
    @Test(arguments: [(7, 0, 0), (10, 3, 1), (10, 1, 3), (40, 20, 20), (5, 5, 0), (1, 1, 0)])
    func `mean and standard error are those of the differences`(examples: Int, first: Int, second: Int) {
        let differences = (0..<examples).map { $0 < first ? 1.0 : $0 < first + second ? -1.0 : 0.0 }
        let mean = differences.reduce(0, +) / Double(examples)
        let squares = differences.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        let found = PairedDifference(examples: examples, firstAlone: first, secondAlone: second)
        #expect(abs(found.mean - mean) < 1e-12)
        let error = examples > 1 ? (squares / Double(examples - 1) / Double(examples)).squareRoot() : 0
        #expect(abs(found.standard_error - error) < 1e-12)
    }

    @Test func `a difference is clear beyond two standard errors`() {
        #expect(PairedDifference(examples: 10_000, firstAlone: 120, secondAlone: 80).isClearlyPositive)
        #expect(!PairedDifference(examples: 10_000, firstAlone: 110, secondAlone: 90).isClearlyPositive)
        #expect(!PairedDifference(examples: 10_000, firstAlone: 80, secondAlone: 120).isClearlyPositive)
        let mean = PairedDifference(
            meanOf: [(120, 80), (90, 110)].map {
                PairedDifference(examples: 10_000, firstAlone: $0.0, secondAlone: $0.1)
            })
        #expect(abs(mean.mean - 0.001) < 1e-12 && abs(mean.standard_error - 0.001414) < 1e-5)
    }
}
