import Platform
import RandomStreams

/// How the examples that a network is trained on are drawn from all training examples: for each chain anew.
public enum ExampleDraw: Codable, Equatable, Sendable {
    /// A random subset of the given share of the examples, at least one.
    case subset(share: Double)
    /// As many examples as there are, drawn with replacement: Breiman, "Bagging predictors", 1996.
    case bootstrap

    /// The number of examples that are drawn from `count`.
    func size(of count: Int) -> Int {
        switch self {
        case .subset(let share): max(1, Int((share * Double(count)).rounded()))
        case .bootstrap: count
        }
    }

    /// The examples of chain `chain` of the ensemble with seed `seed`: a function of these numbers only.
    ///
    /// - Parameter examples: The numbers of all examples, ascending.
    /// - Returns: The numbers of the drawn ones, ascending; those that are drawn several times are repeated.
    func examples(of examples: [Int32], chain: Int, seed: UInt64) -> [Int32] {
        // The streams from 0 on are those of the networks.
        var randomNumbers = RandomNumbers(seed: seed, run: -1 - chain)
        switch self {
        case .subset:
            var order = examples
            randomNumbers.shuffle(&order)
            return order.prefix(size(of: examples.count)).sorted()
        case .bootstrap:
            return examples.map { _ in examples[randomNumbers.next(below: examples.count)] }.sorted()
        }
    }

    /// Checks the value.
    ///
    /// - Throws: ``TrainingOptionError``.
    func validate() throws {
        guard case .subset(let share) = self else { return }
        try TrainingOptionError.require(share > 0 && share < 1, "subset", "above 0 and below 1")
    }
}

extension TrainingOptions {
    /// The numbers of the examples from which networks are trained, of `count` training examples; ascending.
    func usedExamples(of count: Int) -> [Int32] {
        let leftOut = Set(leftOut ?? [])
        return (0..<Int32(count)).filter { !leftOut.contains(Int($0)) }
    }
}
