import ArrayFiles
import EnsembleKernel
import Foundation
import MessagePassing

/// The folder of `predict --out`. Every file appears whole or not at all.
struct ResultsFolder {
    private let path: String
    private let world: Communicator

    /// Makes the folder and sees that it can be written, before hours are spent on what goes into it.
    ///
    /// Collective: every rank calls it.
    /// - Throws: `AgreedFailure` with exit code 73 on every rank where the folder cannot be written.
    init(_ path: String, world: Communicator) throws {
        self.path = path
        self.world = world
        try world.agree {
            guard world.rank == 0 else { return }
            do {
                try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            } catch {
                throw ArrayFileError.cannotWrite(path, "cannot make this folder")
            }
            guard access(path, W_OK | X_OK) == 0 else {
                throw ArrayFileError.cannotWrite(path, String(cString: strerror(errno)))
            }
        }
    }

    /// Writes all files; each rank its own rows of the neighbours. Collective: every rank calls it.
    ///
    /// - Throws: `AgreedFailure` with exit code 73 on every rank where a file cannot be written.
    func write(_ prediction: Prediction) throws {
        let summary = prediction.summary
        let k = prediction.parts.first?.lists.k ?? 1
        let shape = [summary.ensemble.test, summary.neighbors]
        precondition(k == summary.neighbors || prediction.parts.isEmpty)
        try writeRows("neighbors.npy", .int64, shape) { writer in
            for part in prediction.parts { try writer.write(part.lists.indices.span, at: part.rows.lowerBound * k) }
        }
        try writeRows("similarities.npy", .float32, shape) { writer in
            for part in prediction.parts {
                try writer.write(part.lists.similarities.span, at: part.rows.lowerBound * k)
            }
        }
        try world.agree {
            guard world.rank == 0, let table = prediction.table else { return }
            try AtomicFile.write(table.csv, to: "\(path)/predictions.csv")
            try AtomicFile.write(summary.json(), to: "\(path)/summary.json")
        }
    }

    /// Makes one .npy file of the rows that each rank writes by `body`.
    private func writeRows(
        _ name: String, _ elementType: ElementType, _ shape: [Int], _ body: (NPYWriter) throws -> Void
    ) throws {
        let file = "\(path)/\(name)"
        let created = try world.agree {
            world.rank == 0 ? try NPYWriter(creating: file, elementType: elementType, shape: shape) : nil
        }
        do {
            try world.agree {
                let writer = try created ?? NPYWriter(openingPartial: file)
                try body(writer)
                try writer.synchronize()
            }
            try world.agree { try created?.commit() }
        } catch {
            created?.discard()
            throw error
        }
    }
}
