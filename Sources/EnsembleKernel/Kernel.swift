import Ensembles

/// The ensemble kernel of R runs and C classes: two examples are similar if their outputs rise and fall together over
/// the runs.
///
///     x[r, i, c]  the transformed logits of run r, example i, class c         log-softmax by default
///     z[r, i, c]  = (x - mean over r of x) / std over r of x                  std with R - 1; 0 if x is constant
///     K[i, j]     = 1 / (R C) * sum over r and c of z[r, i, c] z[r, j, c]
///
/// So K is (R - 1) / R times the mean over the classes of Pearson's correlations over the runs. As one matrix product
/// of rows of length R C: K = Z Z^T / (R C). Source: the data set card of kjj0/cifar10-multirun-logits. All
/// consequences of the definition are here, and the rest of the program calls them.
public struct Kernel: Equatable, Sendable {
    /// Number of runs R.
    public let runs: Int
    /// Number of classes C.
    public let classes: Int

    /// The kernel of `runs` runs and `classes` classes.
    public init(runs: Int, classes: Int) {
        precondition(runs >= 1 && classes >= 1)
        self.runs = runs
        self.classes = classes
    }

    /// Number of terms of the sum: R C.
    public var terms: Int { runs * classes }

    /// K from the sum over runs and classes of products of z.
    public func similarity(ofSum sum: Double) -> Double { sum / Double(terms) }

    /// K[i, i] of an example whose outputs all vary, which is the largest possible value: (R - 1) / R.
    public var selfSimilarity: Double { Double(runs - 1) / Double(runs) }

    /// The Euclidean norm of z for an example with the given number of classes that vary over the runs: at most sqrt(R
    /// C).
    func norm(varyingClasses: Int) -> Double { (Double(runs - 1) * Double(varyingClasses)).squareRoot() }

    /// The factor of x - mean in z, 1 / std, from the sum over the runs of (x - mean)^2; 0 if x is constant.
    func scale(ofSumOfSquares squares: Double) -> Double {
        squares > Self.leastSumOfSquares ? 1 / (squares / Double(runs - 1)).squareRoot() : 0
    }

    /// Below this, x counts as constant. The added squares were subnormal and lost their digits: the logarithm of the
    /// most likely class varies this little if its logit leads by hundreds in every run.
    private static let leastSumOfSquares = 0x1p-960
}
