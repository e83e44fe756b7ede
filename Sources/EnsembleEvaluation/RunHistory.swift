import ArrayFiles
import EnsembleKernel
import Foundation

/// How the runs of an ensemble were made, as far as `ensemble.json` beside their logits tells.
package struct RunHistory {
    /// The runs of each chain, in the order in which they were drawn. Runs that nothing is known of are chains of one.
    package private(set) var chains: [[Int]] = []
    /// Passes over the training examples that each run cost once the earlier ones of its chain were there; nil where that
    /// is not known of all runs.
    package private(set) var costs: [Double]? = []
    /// The methods by which the runs were made, in the order of their first runs.
    package private(set) var methods: [String] = []

    /// What is read of `ensemble.json`.
    private struct Record: Decodable {
        struct Run: Decodable {
            let method: String?
            let chain: Int?
            let cost_epochs: Double?
        }
        let runs: [Run]
    }

    /// - Throws: ``EnsembleError`` or `ArrayFileError` where an `ensemble.json` cannot be read or does not belong to the
    ///   logits beside it.
    package init(of logits: Logits) throws {
        var first = 0
        for part in logits.parts {
            let runs = part.runsOfFile
            if let record = try Self.record(beside: part.tensor) {
                add(record.runs[runs], from: first)
            } else {
                chains += runs.indices.map { [first + $0 - runs.lowerBound] }
                costs = nil
            }
            first += runs.count
        }
    }

    private mutating func add(_ rows: some Collection<Record.Run>, from first: Int) {
        var places: [Int: Int] = [:]
        for (run, row) in zip(first..., rows) {
            if let chain = row.chain, let place = places[chain] {
                chains[place].append(run)
            } else {
                if let chain = row.chain { places[chain] = chains.count }
                chains.append([run])
            }
            // Whatever stands in the file, a terminal gets nothing but letters of it.
            let method = (row.method ?? "").filter { $0.isLetter || $0.isNumber || "-_.".contains($0) }
            if !method.isEmpty, !methods.contains(method) { methods.append(method) }
            if let cost = row.cost_epochs { costs?.append(cost) } else { costs = nil }
        }
    }

    /// The record of the folder that holds a `logits.npy`; nil where there is none.
    private static func record(beside tensor: Tensor) throws -> Record? {
        let logits = URL(fileURLWithPath: tensor.path)
        let path = logits.deletingLastPathComponent().appendingPathComponent("ensemble.json").relativePath
        guard logits.pathExtension == "npy", FileManager.default.fileExists(atPath: path) else { return nil }
        guard let contents = FileManager.default.contents(atPath: path) else {
            throw ArrayFileError.unreadable(path, "is no readable file")
        }
        guard let record = try? JSONDecoder().decode(Record.self, from: contents) else {
            throw EnsembleError.badData("\(path): does not tell of the runs in the way of train")
        }
        guard record.runs.count == tensor.shape[0] else {
            throw EnsembleError.badData(
                "\(path): tells of \(record.runs.count) runs, but \(tensor.path) has \(tensor.shape[0])")
        }
        if let run = record.runs.firstIndex(where: { !(0...1e100).contains($0.cost_epochs ?? 0) }) {
            throw EnsembleError.badData("\(path): runs[\(run)].cost_epochs is not between 0 and 1e100")
        }
        return record
    }
}
