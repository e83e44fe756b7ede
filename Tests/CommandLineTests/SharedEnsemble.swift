import Foundation
import Testing
import TestSupport

/// A synthetic ensemble that the tests of a suite share, since it takes a while to make, and what a job that nothing
/// disturbs predicts with it.
final class SharedEnsemble: Sendable {
    /// The one of the suite whose tests run.
    @TaskLocal static var current: SharedEnsemble?

    private let scratch: Scratch

    /// The folder of the ensemble, which no test may change.
    var path: String { scratch("ensemble") }
    /// The folder of the results of `predict --k-max 11`.
    var results: String { scratch("results") }

    fileprivate init(runs: Int, test: Int, train: Int) throws {
        scratch = try Scratch()
        let made = try Program.run(
            "synthesize", "--runs", "\(runs)", "--test", "\(test)", "--train", "\(train)", "--classes", "10", "--out",
            path, ranks: 2)
        try #require(made.exitCode == 0, "\(made.error)")
        let outcome = try Program.run("predict", path, "--out", results, "--k-max", "11")
        try #require(outcome.exitCode == 0, "\(outcome.error)")
    }
}

/// Makes the ensemble before the tests of a suite, and removes it after them.
struct SharedEnsembleTrait: SuiteTrait, TestScoping {
    let runs, test, train: Int

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        let ensemble = try SharedEnsemble(runs: runs, test: self.test, train: train)
        try await SharedEnsemble.$current.withValue(ensemble, operation: function)
    }
}

extension Trait where Self == SharedEnsembleTrait {
    /// An ensemble of so many runs and examples in `SharedEnsemble.current`.
    static func ensemble(runs: Int, test: Int, train: Int) -> Self { Self(runs: runs, test: test, train: train) }
}
