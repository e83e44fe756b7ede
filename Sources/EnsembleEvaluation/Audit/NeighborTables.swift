import ArrayFiles
import EnsembleKernel
import Ensembles
import MessagePassing

/// The nearest training examples of every example, by the kernel and by the locally scaled kernel, for those who walk
/// from an example to its neighbors.
public struct NeighborTables {
    /// Parts of the test and of the training examples.
    typealias Parts = (test: [NeighborLists.OfExamples], train: [NeighborLists.OfExamples])

    private let kernel: Parts
    private let scaled: Parts?
    private let examples: (test: Int, train: Int)
    private let world: Communicator

    /// The largest number of neighbors written of each example.
    static let most = 12

    /// The names of the files of a set of examples, by the kernel or by the locally scaled kernel: int64 indices of
    /// training examples and float32 similarities, both (M, k), the most similar first.
    package static func files(
        _ set: ExampleSet, isScaled: Bool
    ) -> (neighbors: String, similarities: String) {
        let suffix = (isScaled ? "_scaled" : "") + (set == .train ? "_train" : "")
        return ("neighbors\(suffix).npy", "similarities\(suffix).npy")
    }

    /// The names of all files.
    public static let fileNames = [ExampleSet.test, .train].flatMap { set in
        [false, true].map { files(set, isScaled: $0) }.flatMap { [$0.neighbors, $0.similarities] }
    }

    /// - Parameters:
    ///   - kernel: This rank's neighbors by the kernel.
    ///   - scaled: Those by the locally scaled kernel; nil without labels.
    ///   - examples: Numbers of examples on all ranks.
    init(kernel: Parts, scaled: Parts?, examples: (test: Int, train: Int), world: Communicator) {
        (self.kernel, self.scaled, self.examples, self.world) = (kernel, scaled, examples, world)
    }

    /// Writes the files into a folder. Collective: every rank calls it.
    ///
    /// - Throws: `AgreedFailure` (73) on every rank if a file cannot be written, or `MPIError`.
    public func write(into folder: String) throws {
        for (parts, isScaled) in [(kernel, false), (scaled, true)] {
            for set in [ExampleSet.test, .train] {
                let files = Self.files(set, isScaled: isScaled)
                let paths = ["\(folder)/\(files.neighbors)", "\(folder)/\(files.similarities)"]
                guard let parts else {
                    // Neighbors of other data must not remain beside the new ones.
                    try world.agree { if world.rank == 0 { try AtomicFile.remove(paths) } }
                    continue
                }
                let (own, rows) = set == .test ? (parts.test, examples.test) : (parts.train, examples.train)
                let k = try world.allreduce(own.map { min(Self.most, $0.lists.k) }.min() ?? Self.most, .min)
                let first = own.map { (rows: $0.rows, lists: $0.lists.first(k)) }
                func write<Value: TensorElement>(_ path: String, _ values: (NeighborLists) -> [Value]) throws {
                    try world.writeTogether(path, Value.elementType, shape: [rows, k]) { writer in
                        for part in first { try writer.write(values(part.lists).span, at: part.rows.lowerBound * k) }
                    }
                }
                try write(paths[0]) { $0.indices }
                try write(paths[1]) { $0.similarities }
            }
        }
    }
}
