extension [Int] {
    /// The accuracy of these predictions: the fraction equal to the labels.
    package func accuracy(of labels: [Int]) -> Double {
        Double(zip(self, labels).count { $0 == $1 }) / Double(labels.count)
    }
}
