import ArgumentParser
import ArrayFiles
import EnsembleKernel
import Ensembles
import Foundation
import KernelPrediction
import MessagePassing
import Reports
import UserMessages

/// `kernel`: the kernel itself, for all pairs or for the nearest neighbors.
struct KernelCommand: RankCommand {
    static let configuration = CommandConfiguration(
        commandName: "kernel",
        abstract: "Write the ensemble kernel of all pairs, or the graph of nearest neighbors.",
        discussion: """
            K is written as one .npy file of float32, a row for each example of the first kind, by all ranks together: \
            the same bytes on any number of them. numpy.load(path, mmap_mode="r") opens it whatever its size. Until it \
            is whole it is called OUT.partial, and OUT.checkpoint says what is in it: the same command with --resume \
            goes on.

            With --neighbors-only --out is a folder. It gets neighbors.npy (int64, the most similar first), \
            similarities.npy (float32), and graph.npz: a sparse matrix of distances 1 - K for scipy.sparse.load_npz. \
            Examples are not their own neighbors. With --scaling local the similarities are S, the distances 2 - S, or \
            0 where S is more than 2.

            EXAMPLES
              mpirun -n 4 ensemble-kernel-mpi kernel logits/ --pairs test-train --out kernel.npy
              mpirun -n 4 ensemble-kernel-mpi kernel logits/ --pairs train-train --neighbors-only --k 10 --out graph
            """)

    @OptionGroup var ensemble: EnsembleOptionGroup

    @Option(help: "Whose similarities: test-train, train-train or test-test.")
    var pairs = ExamplePairs.testTrain

    @Option(name: .customLong("class"), help: "The kernel of this class alone. [default: the mean over all classes]")
    var oneClass: Int?

    @Option(help: "Transform applied to the logits.")
    var transform = Transform.logSoftmax

    @Flag(help: "Write the nearest neighbors only.")
    var neighborsOnly = false

    @Option(help: "Neighbors of each example, with --neighbors-only. [default: 10, or all if fewer]")
    var k: Int?

    @OptionGroup var scaling: ScalingOptionGroup

    @Option(help: "File of the kernel, or folder of the neighbors.")
    var out: String

    @OptionGroup var search: SearchOptionGroup
    @OptionGroup var checkpoints: CheckpointOptionGroup
    @OptionGroup var output: OutputOptions

    var parallelOptions: ParallelOptions? { search.parallel }

    func validate() throws {
        if k != nil, !neighborsOnly { throw ValidationError("--k is an option of --neighbors-only, which is missing") }
        if oneClass != nil, neighborsOnly {
            throw ValidationError("--neighbors-only: neighbors are those of all classes together, leave out --class")
        }
        if scaling.requested != nil, !neighborsOnly {
            throw ValidationError("--scaling is an option of --neighbors-only, which is missing")
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
        let rows = NumberText.grouped(report.rows)
        let columns =
            report.neighbors.map { "\($0) neighbors" } ?? "\(NumberText.grouped(report.columns)) similarities"
        try output.print(
            text:
                """
                \(TerminalText.line(out)): \(rows) rows (\(pairs.rawValue)) of \(columns), in \
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
