import Ensembles

/// What is searched among what, and by which ranks: what the stages of a search have in common.
struct SearchProblem {
    /// Logits of the examples whose neighbors are wanted, shape (R, T, C): the rows of the kernel.
    let test: Logits
    /// Logits of the examples to find them among, shape (R, N, C): the columns of the kernel.
    let train: Logits
    /// The transform of the logits.
    let transform: Transform
    /// This rank's place among the others.
    let grid: RankGrid
    /// Threads of this rank.
    let threads: Int

    /// The kernel of the runs and classes.
    var kernel: Kernel { Kernel(runs: test.runs, classes: test.classes) }
    /// This rank's runs.
    var runs: Range<Int> { grid.runs(of: test.runs) }
    /// This rank's training examples.
    var columns: Range<Int> { grid.columns(of: train.examples) }
}
