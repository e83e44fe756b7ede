import ArrayFiles
import Foundation

/// The files of ensembles, found by the rules of the layouts that people use.
///
/// A part is one set of runs: a folder with `logits.npy` or `logits_train.npy`, or a `.pt`, `.npz` or `.safetensors`
/// file. A folder that is no part itself stands for all parts below it, in the order of their paths; label files at
/// its root belong to all of them.
struct EnsembleFiles {
    /// One set of runs.
    struct Part {
        /// The folder or file.
        let path: String
        /// What it holds; of a folder only what an ensemble consists of.
        let tensors: [Tensor]

        /// The tensor of that name, where there is one.
        func tensor(named name: String) -> Tensor? { tensors.first { $0.name == name } }
    }

    /// The parts, in the order of the runs.
    private(set) var parts: [Part] = []
    /// Labels that stand at the root of a folder of parts.
    private var shared: [Tensor] = []
    /// Files of images and features beside the logits, or at the root of a folder of parts. They are opened when they are
    /// asked for: what only some commands need is not to stop the others.
    private(set) var attachments: [String] = []

    private static let logits = ["logits", "logits_train"]
    private static let labels = ["labels", "labels_train"]
    private static let attached = ["images", "images_train", "features", "features_train"]
    private static let containers: Set = ["pt", "pth", "npz", "safetensors"]

    /// Opens every part below the given paths; data stays unread.
    init(at paths: [String]) throws {
        for path in paths {
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
                throw EnsembleError.noInput("\(path): no such file or folder")
            }
            let folder = isFolder.boolValue ? path : URL(fileURLWithPath: path).deletingLastPathComponent().relativePath
            attachments += Self.attached.map { Self.file("\($0).npy", in: folder) }
                .filter { FileManager.default.fileExists(atPath: $0) }
            if !isFolder.boolValue || Self.isPart(path) {
                parts.append(try Self.part(at: path))
            } else {
                // Files without logits may stand beside the runs: optimiser states, results.
                let below = try Self.parts(below: path).map(Self.part)
                    .filter { part in Self.logits.contains { part.tensor(named: $0) != nil } }
                guard !below.isEmpty else {
                    throw EnsembleError.noInput(
                        "\(path): this folder has no logits.npy and no .pt, .npz or .safetensors file with logits")
                }
                parts += below
                shared += try Self.arrays(Self.labels, in: path)
            }
        }
    }

    /// All tensors of one name, in the order of the parts, those shared by several parts first.
    func tensors(named name: String) -> [Tensor] {
        shared.filter { $0.name == name } + parts.compactMap { $0.tensor(named: name) }
    }

    private static func part(at path: String) throws -> Part {
        let tensors = isPart(path) ? try arrays(logits + labels, in: path) : try ArrayFile.open(path)
        return Part(path: path, tensors: tensors)
    }

    private static func file(_ name: String, in folder: String) -> String {
        folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
    }

    private static func isPart(_ folder: String) -> Bool {
        logits.contains { FileManager.default.fileExists(atPath: file("\($0).npy", in: folder)) }
    }

    private static func arrays(_ names: [String], in folder: String) throws -> [Tensor] {
        try names.map { file("\($0).npy", in: folder) }
            .filter { FileManager.default.fileExists(atPath: $0) }
            .flatMap { try ArrayFile.open($0) }
    }

    /// Parts below a folder, sorted by path; a folder that is a part is not entered, hidden files are passed over.
    /// What several links lead to counts once: `latest.pt` beside the run that it points to is no further run.
    private static func parts(below folder: String) throws -> [String] {
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
            let path = file(entry, in: folder)
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { continue }
            if !isFolder.boolValue {
                if containers.contains((entry as NSString).pathExtension) { found.append(path) }
            } else {
                found += isPart(path) ? [path] : try candidates(below: path, seen: &seen)
            }
        }
        return found
    }

    private static func resolved(_ path: String) -> String {
        URL(fileURLWithPath: path).resolvingSymlinksInPath().path
    }
}
