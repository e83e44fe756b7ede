import Foundation

extension NeighbourLists {
    /// Class probabilities by the weighted vote of the first k neighbours, shape (rows, classes).
    ///
    /// A class has the similarity^power of its neighbours. One neighbour more, of their mean weight, is divided equally
    /// among all classes, so that what no neighbour votes for is unlikely and not impossible.
    public func voteProbabilities(k: Int, power: Double, trainLabels: [Int], classes: Int) -> [Double] {
        var probabilities = [Double](repeating: 0, count: rows * classes)
        for row in 0..<rows {
            let own = row * classes..<(row + 1) * classes
            for place in row * self.k..<row * self.k + k {
                probabilities[own.lowerBound + trainLabels[Int(indices[place])]] +=
                    Vote.weighted(power: power).weight(Double(similarities[place]))
            }
            // Negative similarities to an odd power may outweigh others.
            for c in own { probabilities[c] = max(0, probabilities[c]) }
            let total = probabilities[own].reduce(0, +)
            for c in own {
                probabilities[c] =
                    total > 0
                    ? (probabilities[c] + total / Double(k * classes)) / (total + total / Double(k))
                    : 1 / Double(classes)
            }
        }
        return probabilities
    }
}
