extension [Int] {
    /// The number of these predictions that are equal to the labels. Unlabeled examples do not count.
    ///
    /// Not generic: over any sequence, the loop took longer than the vote.
    package func correct(for labels: ArraySlice<Int>) -> Int {
        var count = 0
        for (prediction, label) in zip(self, labels) where label.isClass && prediction == label { count += 1 }
        return count
    }

    /// The accuracy of these predictions: the fraction of the labeled examples whose prediction is equal to the label.
    ///
    /// - Precondition: At least one example is labeled.
    package func accuracy(of labels: [Int]) -> Double {
        Double(correct(for: labels[...])) / Double(labels.labeledCount)
    }
}
