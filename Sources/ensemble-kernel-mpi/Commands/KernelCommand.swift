import ArgumentParser
import ArrayFiles
import EnsembleKernel
import Ensembles
import KernelPrediction
import MessagePassing
import Platform
import Reports
import UserMessages

/// `kernel`: the kernel itself, for all pairs or for the nearest neighbors.
struct KernelCommand: RankCommand {
    static let configuration = CommandConfiguration(
        commandName: "kernel",
        abstract: "Write the kernel matrix, or the graph of nearest neighbors.",
        discussion: """
            K[i, j] is the similarity of two examples: the correlation of their log-softmax outputs over the R runs, \
            averaged over the classes, times (R - 1) / R. It is written to one .npy file of float32. With --pairs \
            test-train the matrix has a row for each test example and a column for each training example. It may be \
            larger than memory: open it by numpy.load(path, mmap_mode="r"). An unfinished file is called OUT.partial.

            With --neighbors-only, --out is a folder. It gets neighbors.npy (int64, most similar first), \
            similarities.npy (float32) and graph.npz, a sparse matrix of distances 1 - K for scipy.sparse.load_npz. An \
            example is not its own neighbor. With --scaling local, similarities are S and distances max(0, 2 - S).

            EXAMPLES
              mpirun -n 4 ensemble-kernel-mpi kernel runs/ -o kernel.npy
              mpirun -n 4 ensemble-kernel-mpi kernel runs/ --pairs train-train \\
                  --neighbors-only -k 10 -o graph
            """)

    @OptionGroup(title: "Input options") var ensemble: EnsembleOptionGroup

    @Option(help: ArgumentHelp("Rows and columns of the matrix.", valueName: "rows-columns"))
    var pairs = ExamplePairs.testTrain

    @Option(
        name: .customLong("class"),
        help: ArgumentHelp("Kernel of a single class. (default: the mean over all classes)", valueName: "c"))
    var oneClass: Int?

    @Option(help: ArgumentHelp("Transform applied to the logits.", valueName: "name"))
    var transform = Transform.logSoftmax

    @Flag(help: "Write only the nearest neighbors of each example.")
    var neighborsOnly = false

    @Option(
        name: [.customShort("k", allowingJoined: true), .long],
        help: ArgumentHelp("Number of neighbors, with --neighbors-only. (default: 10)", valueName: "n"))
    var k: Int?

    @OptionGroup var scaling: ScalingOptionGroup

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Output file, or folder with --neighbors-only.", valueName: "path"))
    var out: String

    @OptionGroup(title: "Machine options") var search: SearchOptionGroup
    @OptionGroup(title: "Checkpoint options") var checkpoints: CheckpointOptionGroup
    @OptionGroup var output: OutputOptions

    var parallelOptions: ParallelOptions? { search.parallel }

    func validate() throws {
        if k != nil, !neighborsOnly { throw ValidationError("--k requires --neighbors-only") }
        if oneClass != nil, neighborsOnly {
            throw ValidationError("--class cannot be combined with --neighbors-only, which uses all classes")
        }
        if scaling.requested != nil, !neighborsOnly {
            throw ValidationError("--scaling requires --neighbors-only")
        }
        if let k, k < 1 { throw ValidationError("--k \(k): must be at least 1") }
    }

    /// The output about the files written.
    private struct Report: Codable {
        var command = "kernel"
        var version = ProgramVersion.current
        let out: String
        let pairs: String
        let rows, columns: Int
        let neighbors: Int?
        let seconds: Double
    }

    func run(world: Communicator) throws {
        checkpoints.use.listen()
        let start = ContinuousClock.now
        let outputs = neighborsOnly ? PredictionFolder.files(in: out) : [out]
        let ensemble = try self.ensemble.open(unnamed: pairs.rows, writing: outputs, world: world)
        let shape = try neighborsOnly ? writeGraph(of: ensemble, world) : writeMatrix(of: ensemble, world)
        guard let shape, world.rank == 0 else { return }
        let report = Report(
            out: out, pairs: pairs.rawValue, rows: shape[0], columns: shape[1],
            neighbors: neighborsOnly ? shape[2] : nil,
            seconds: (ContinuousClock.now - start) / .seconds(1))
        let (rows, columns) = (NumberText.grouped(report.rows), NumberText.grouped(report.columns))
        let contents =
            report.neighbors.map { "\($0) nearest neighbors of \(rows) examples" }
            ?? "\(rows) x \(columns) similarities"
        try output.print(
            text: """
                \(contents) (\(pairs.rawValue)) written to \(TerminalText.line(out)) in \
                \(NumberText.number(report.seconds, 1)) s
                """,
            json: String(decoding: try JSONEncoder.readable.encode(report), as: UTF8.self))
    }

    /// Writes the matrix; returns its numbers of rows and columns.
    private func writeMatrix(of ensemble: Ensemble, _ world: Communicator) throws -> [Int]? {
        let threads = try search.parallel.workersPerRank(world: world)
        let memory = try SearchMachine.bytesPerRank(search.memory.memory?.bytes, world: world)
        let matrix = try world.agree {
            try KernelMatrix(
                of: ensemble, pairs: pairs, class: oneClass, transform: transform, threads: threads, memory: memory,
                ranks: world.size)
        }
        let bar = search.parallel.progressBar("kernel", world: world)
        let checkpoint = try checkpoints.use.open("\(out).checkpoint", world: world)
        try matrix.write(to: out, checkpoint: checkpoint, world: world, remark: checkpoints.use.warn) { bar.update($0) }
        try checkpoint.remove()
        return matrix.shape
    }

    /// Writes the graph; returns its numbers of rows, columns and neighbors, or nil on ranks that took no part in it.
    private func writeGraph(of ensemble: Ensemble, _ world: Communicator) throws -> [Int]? {
        var options = SearchOptions()
        options.transform = transform
        try search.machine.set(&options, world: world)
        let bar = search.parallel.progressBar("kernel", world: world)
        // Ranks that share a core would take longer than a single rank on it.
        guard let workers = try search.parallel.ranksWithCores(world: world) else { return nil }
        let folder = try PredictionFolder(out, world: workers)
        let checkpoint = try checkpoints.use.open("\(out)/checkpoint", world: workers)
        let others = pairs.isSymmetric ? 1 : 0
        let columns = (pairs == .testTest ? ensemble.test : ensemble.train)?.examples ?? 1
        let graph = try NeighborGraph(
            of: ensemble, pairs: pairs, k: k ?? max(1, min(10, columns - others)),
            scaling: scaling.requested?.nearest(of: columns), options: options, checkpoint: checkpoint, world: workers
        ) { bar.update($0) }
        try folder.write(graph)
        try checkpoint.remove()
        return graph.shape + [graph.k]
    }
}
