/// Something about an ensemble that makes its results worthless, or is likely to.
package enum EnsembleRemark: Equatable, Sendable {
    /// Runs whose test and training logits are those of an earlier run.
    case equalRuns([EqualRuns])
    /// Confident runs agree with one another on the most likely classes of a set as if by chance: their examples are in
    /// another order in each run.
    case runsDisagree(ExampleSet, agreement: Double, chance: Double)
    /// There are many more runs than examples: the axes are in another order.
    case manyMoreRunsThanExamples(runs: Int, examples: Int)
    /// The labels of so many test examples are classes that are -infinity in the first run: they have no probability.
    case labelsOfMaskedClasses(Int)
    /// All labels of a set are the same class.
    case oneClass(ExampleSet, Int)

    /// A run that is equal to an earlier one.
    package struct EqualRuns: Equatable, Sendable {
        /// The numbers of the runs in the ensemble as it was opened.
        package let run, earlier: Int
        /// The files of the runs.
        package let path, earlierPath: String
    }
}
