extension [Int] {
    /// The number of these predictions that are equal to the labels. Unlabeled examples do not count.
    package func correct(for labels: some Sequence<Int>) -> Int {
        zip(self, labels).count { $1.isClass && $0 == $1 }
    }

    /// The accuracy of these predictions: the fraction of the labeled examples whose prediction is equal to the label.
    ///
    /// - Precondition: At least one example is labeled.
    package func accuracy(of labels: [Int]) -> Double {
        Double(correct(for: labels)) / Double(labels.labeledCount)
    }
}
