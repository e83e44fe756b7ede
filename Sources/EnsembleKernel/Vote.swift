import Foundation

/// How the labels of the nearest neighbours become a prediction.
public enum Vote: Sendable, Equatable {
    /// The most frequent label; ties to the smallest label (as torch.mode on the CPU).
    case majority
    /// The label with the largest sum of similarity^power; ties to the smallest label. Negative similarities count
    /// nothing where the power is no integer. Source: KellerJordan/cifar10-zoo, kernel/eval_kernel.py.
    case weighted(power: Double)

    /// The label that the first `k` of some neighbours vote for; `labels` and `similarities` are best first.
    ///
    /// `tally` is scratch of one number a class.
    package func winner(
        labels: ArraySlice<Int>, similarities: ArraySlice<Float>, k: Int, tally: inout [Double]
    ) -> Int {
        for c in tally.indices { tally[c] = 0 }
        for (label, similarity) in zip(labels.prefix(k), similarities.prefix(k)) {
            tally[label] += weight(Double(similarity))
        }
        var best = 0
        for c in tally.indices where tally[c] > tally[best] { best = c }
        return best
    }

    private func weight(_ similarity: Double) -> Double {
        switch self {
        case .majority: 1
        case .weighted(let power):
            similarity < 0 && power != power.rounded() ? 0 : pow(similarity, power)
        }
    }
}

extension NeighbourLists {
    /// The label that each row's first `k` neighbours vote for, of `classes` labels.
    ///
    /// - Parameter trainLabels: label of every train example, each in 0..<classes.
    public func predictions(_ vote: Vote, k: Int, trainLabels: [Int], classes: Int) -> [Int] {
        let labels = indices.map { trainLabels[Int($0)] }
        var tally = [Double](repeating: 0, count: classes)
        return (0..<rows).map { row in
            let list = row * self.k..<(row + 1) * self.k
            return vote.winner(labels: labels[list], similarities: similarities[list], k: k, tally: &tally)
        }
    }
}
