import ArrayFiles
import Foundation
import UserMessages

/// The files of ensembles, found by the usual layouts.
///
/// A run set is a folder with `logits.npy` or `logits_train.npy`, or a `.pt`, `.npz` or `.safetensors` file. A folder
/// that is not itself a run set represents all run sets below it, in the order of their paths; label files at its root
/// belong to all of them.
struct EnsembleFiles {
    /// One set of runs.
    struct RunSet {
        /// The path of the folder or file.
        let path: String
        /// The tensors of the file; of a folder, only those that belong to an ensemble.
        let tensors: [Tensor]

        /// The tensor with the given name; nil if there is none.
        func tensor(named name: String) -> Tensor? { tensors.first { $0.name == name } }
    }

    /// The run sets, in the order of the runs.
    private(set) var runSets: [RunSet] = []
    /// Labels at the root of a folder of run sets.
    private var shared: [Tensor] = []
    /// Files of images and features beside the logits, or at the root of a folder of run sets. They are opened only on
    /// access: a file needed by some commands only must not stop the others.
    private(set) var attachments: [String] = []

    private static let logits = [EnsembleLayout.logits, EnsembleLayout.logitsTrain]
    private static let labels = [EnsembleLayout.labels, EnsembleLayout.labelsTrain]
    private static let attached = [
        EnsembleLayout.images, EnsembleLayout.imagesTrain, EnsembleLayout.features, EnsembleLayout.featuresTrain,
    ]

    /// Opens every run set below the given paths; data stays unread.
    ///
    /// - Throws: `UserError` (66) if there is none, `ArrayFileError` if a file or folder cannot be read.
    init(at paths: [String]) throws {
        for path in paths {
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
                throw UserError.noInput("\(path): no such file or folder")
            }
            let folder = isFolder.boolValue ? path : URL(fileURLWithPath: path).deletingLastPathComponent().relativePath
            attachments += Self.attached.map { EnsembleLayout.file($0, in: folder) }
                .filter { FileManager.default.fileExists(atPath: $0) }
            if !isFolder.boolValue || Self.isRunSet(path) {
                runSets.append(try Self.runSet(at: path))
            } else {
                // Files without logits may exist beside the runs: optimizer states, results.
                let below = try Self.runSets(below: path).map(Self.runSet)
                    .filter { runSet in Self.logits.contains { runSet.tensor(named: $0) != nil } }
                guard !below.isEmpty else {
                    throw UserError.noInput(
                        "\(path): this folder has no logits.npy and no .pt, .npz or .safetensors file with logits")
                }
                runSets += below
                shared += try Self.arrays(Self.labels, in: path)
            }
        }
    }

    /// All tensors of one name: first the tensors shared by several run sets, then those of the run sets in order.
    func tensors(named name: String) -> [Tensor] {
        shared.filter { $0.name == name } + runSets.compactMap { $0.tensor(named: name) }
    }

    private static func runSet(at path: String) throws -> RunSet {
        let tensors = isRunSet(path) ? try arrays(logits + labels, in: path) : try ArrayFile.open(path)
        return RunSet(path: path, tensors: tensors)
    }

    private static func isRunSet(_ folder: String) -> Bool {
        logits.contains { FileManager.default.fileExists(atPath: EnsembleLayout.file($0, in: folder)) }
    }

    private static func arrays(_ names: [String], in folder: String) throws -> [Tensor] {
        try names.map { EnsembleLayout.file($0, in: folder) }
            .filter { FileManager.default.fileExists(atPath: $0) }
            .flatMap { try ArrayFile.open($0) }
    }

    /// Run sets below a folder, sorted by path. Run sets are not searched for others, and hidden files are skipped. The
    /// target of several links counts once: `latest.pt` beside the run to which it points is not another run.
    private static func runSets(below folder: String) throws -> [String] {
        var seen: Set<String> = []
        return try candidates(below: folder, seen: &seen).sorted().filter { seen.insert(resolved($0)).inserted }
    }

    private static func candidates(below folder: String, seen: inout Set<String>) throws -> [String] {
        guard seen.insert(resolved(folder)).inserted else { return [] }
        let entries: [String]
        do {
            entries = try FileManager.default.contentsOfDirectory(atPath: folder)
        } catch {
            throw ArrayFileError.unreadable(folder, "cannot list this folder")
        }
        var found: [String] = []
        for entry in entries where !entry.hasPrefix(".") {
            let path = folder.hasSuffix("/") ? folder + entry : "\(folder)/\(entry)"
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { continue }
            if !isFolder.boolValue {
                if ArrayFile.isNamedAsContainer(path) { found.append(path) }
            } else {
                found += isRunSet(path) ? [path] : try candidates(below: path, seen: &seen)
            }
        }
        return found
    }

    private static func resolved(_ path: String) -> String {
        URL(fileURLWithPath: path).resolvingSymlinksInPath().path
    }
}
