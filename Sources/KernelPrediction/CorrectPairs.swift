import EnsembleMetrics
import Ensembles
import MessagePassing

/// How often two predictions for the same examples are correct: on some examples, or on those of all ranks.
package struct CorrectPairs: Sendable {
    private var examples, first, firstAlone, secondAlone: Int

    /// Counts the labeled ones of some examples.
    ///
    /// - Parameters:
    ///   - predictions: Predictions for the examples `rows`, in their order; none if there are none.
    ///   - others: Predictions for all examples.
    ///   - labels: Labels of all examples, negative for unlabeled ones.
    package init(_ predictions: [Int], rows: [Int], comparedTo others: [Int], labels: [Int]) {
        (examples, first, firstAlone, secondAlone) = (0, 0, 0, 0)
        for (row, prediction) in zip(rows, predictions) where labels[row].isClass {
            let (isFirst, isSecond) = (prediction == labels[row], others[row] == labels[row])
            examples += 1
            first += isFirst ? 1 : 0
            firstAlone += isFirst && !isSecond ? 1 : 0
            secondAlone += isSecond && !isFirst ? 1 : 0
        }
    }

    private init(_ counts: ArraySlice<Int>) {
        let counts = Array(counts)
        (examples, first, firstAlone, secondAlone) = (counts[0], counts[1], counts[2], counts[3])
    }

    private var counts: [Int] { [examples, first, firstAlone, secondAlone] }

    /// The sums over the ranks. Collective over `world`: every rank calls it with as many.
    ///
    /// - Throws: `MPIError`.
    package static func sums(of own: [CorrectPairs], over world: Communicator) throws -> [CorrectPairs] {
        let sums = try world.allreduce(own.flatMap(\.counts), .sum)
        return own.indices.map { CorrectPairs(sums[4 * $0..<4 * $0 + 4]) }
    }

    /// The accuracy of the first predictions; at least one example is labeled.
    package var accuracy: Double { Double(first) / Double(examples) }

    /// The accuracy of the first predictions less that of the second.
    package var difference: PairedDifference {
        PairedDifference(examples: examples, firstAlone: firstAlone, secondAlone: secondAlone)
    }
}
