import Foundation

/// How the labels of the nearest neighbours become a prediction.
public enum Vote: Sendable, Equatable {
    /// The most frequent label; ties to the smallest label (as torch.mode on the CPU).
    case majority
    /// The label with the largest sum of similarity^power; ties to the smallest label. Negative similarities count
    /// nothing where the power is no integer. Source: KellerJordan/cifar10-zoo, kernel/eval_kernel.py.
    case weighted(power: Double)

    /// What people call the vote of the k nearest.
    public func name(k: Int) -> String {
        switch self {
        case .majority: "majority of the \(k) nearest"
        case .weighted(let power):
            "\(k) nearest weighted by similarity^\(power.formatted(.number.locale(Locale(identifier: "en_US_POSIX"))))"
        }
    }

    /// Calls `body` with the label that the first k of some neighbours vote for, for each of `ks`, which ascend, and its
    /// place among them. `labels` and `similarities` are best first; `tally` is scratch of one number a class.
    fileprivate func forEachWinner(
        labels: some Collection<Int>, similarities: ArraySlice<Float>, ks: [Int], tally: inout [Double],
        _ body: (_ place: Int, _ label: Int) -> Void
    ) {
        for c in tally.indices { tally[c] = 0 }
        var place = 0
        for (seen, (label, similarity)) in zip(1..., zip(labels, similarities)) {
            tally[label] += weight(Double(similarity))
            guard seen == ks[place] else { continue }
            var best = 0
            for c in tally.indices where tally[c] > tally[best] { best = c }
            body(place, best)
            place += 1
            guard place < ks.count else { return }
        }
    }

    func weight(_ similarity: Double) -> Double {
        switch self {
        case .majority: 1
        case .weighted(let power):
            similarity < 0 && power != power.rounded() ? 0 : pow(similarity, power)
        }
    }
}

extension NeighbourLists {
    /// The labels that each row's first neighbours vote for, of `classes` labels: for each of `ks` an array of them.
    ///
    /// - Parameters:
    ///   - ks: numbers of neighbours, ascending, each in 1...k.
    ///   - trainLabels: label of every train example, each in 0..<classes.
    public func predictions(_ vote: Vote, ks: [Int], trainLabels: [Int], classes: Int) -> [[Int]] {
        var result = ks.map { _ in [Int](repeating: 0, count: rows) }
        guard !ks.isEmpty else { return [] }
        var tally = [Double](repeating: 0, count: classes)
        for row in 0..<rows {
            let list = row * k..<(row + 1) * k
            vote.forEachWinner(
                labels: indices[list].lazy.map { trainLabels[Int($0)] }, similarities: similarities[list], ks: ks,
                tally: &tally
            ) { place, label in result[place][row] = label }
        }
        return result
    }
}
