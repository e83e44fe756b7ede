import Ensembles

/// The definition of a search, shared by its stages: the examples, the transform, and the ranks that search.
struct SearchProblem {
    /// Logits of the examples whose neighbors are sought, shape (R, T, C): the rows of the kernel.
    let test: Logits
    /// Logits of the examples among which they are sought, shape (R, N, C): the columns of the kernel.
    let train: Logits
    /// The transform applied to the logits.
    let transform: Transform
    /// The scaling of the kernel by which neighbors are near; nil if the kernel itself is.
    var scaling: LocalScaling?
    /// This rank's place in the process grid.
    let grid: RankGrid
    /// Number of threads of this rank.
    let threads: Int

    /// The kernel of these numbers of runs and classes.
    var kernel: Kernel { Kernel(runs: test.runs, classes: test.classes) }
    /// The runs that this rank owns.
    var runs: Range<Int> { grid.runs(of: test.runs) }
    /// The training examples that this rank owns.
    var columns: Range<Int> { grid.columns(of: train.examples) }
}
