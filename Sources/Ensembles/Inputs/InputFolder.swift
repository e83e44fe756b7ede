import ArrayFiles
import Foundation
import UserMessages

/// A file of an ensemble, with the arrays in it.
struct InputFile {
    /// The path by which the file was opened.
    let path: String
    /// The path below the folder that was given; the file's own name if it was given itself.
    let pathBelow: String
    let arrays: [StoredArray]
    /// Whether the file may hold logits: `--files` and the like exclude some.
    let mayHoldLogits: Bool

    /// The folder of the file, below the folder that was given; empty for that folder itself.
    var folder: String { pathBelow.split(separator: "/").dropLast().joined(separator: "/") }
    /// The name of the file without its folder.
    var fileName: String { String(pathBelow.split(separator: "/").last ?? "") }

    /// Opens a file.
    ///
    /// - Throws: `ArrayFileError`.
    init(_ path: String, pathBelow: String? = nil, mayHoldLogits: Bool = true) throws {
        self.path = path
        self.pathBelow = pathBelow ?? path.split(separator: "/").last.map(String.init) ?? path
        self.mayHoldLogits = mayHoldLogits
        arrays = StoredArray.all(in: try ArrayFile(path).root, stem: ArrayFile.stem(of: path))
    }
}

/// The files below a folder that may belong to an ensemble, opened, in natural order of their paths.
struct InputFolder {
    /// A file that is not used.
    struct PassedOver {
        /// The path below the folder.
        let pathBelow: String
        /// Why the file is not used; nil for a file that holds no arrays by its name.
        let reason: String?

        /// The path and the reason.
        var text: String { pathBelow + (reason.map { " (\($0))" } ?? "") }
    }

    private(set) var files: [InputFile] = []
    private(set) var passedOver: [PassedOver] = []
    /// Files that could not be opened, and folders that could not be listed, with the reason.
    private(set) var failures: [(pathBelow: String, error: ArrayFileError)] = []

    private let root: String
    private let pattern: String?
    private var seen: Set<FileIdentity> = []

    /// Opens the files of a folder and of the folders below it. Links are followed, and what several lead to counts
    /// once; hidden files and folders are passed over. Folders below one with logits in files of their own, such as
    /// logits.npy, are not searched.
    ///
    /// - Parameter pattern: A shell pattern for files with logits; nil for all files.
    /// - Throws: `ArrayFileError` if the folder itself cannot be listed.
    init(_ root: String, matching pattern: String?) throws {
        (self.root, self.pattern) = (root, pattern)
        if let identity = FileSystem.identity(of: root) { seen.insert(identity) }
        try search("")
    }

    private mutating func search(_ folder: String) throws {
        let names = try FileSystem.entries(of: folder.isEmpty ? root : FileSystem.joined(root, folder))
            .sorted { $0.precedesNaturally($1) }
        var folders: [String] = []
        let first = files.count
        for name in names {
            let pathBelow = folder.isEmpty ? name : "\(folder)/\(name)"
            let path = FileSystem.joined(root, pathBelow)
            if name.hasPrefix(".") {
                passedOver.append(PassedOver(pathBelow: pathBelow, reason: nil))
                continue
            }
            switch FileSystem.kind(of: path) {
            case .folder: folders.append(pathBelow)
            case .file: open(path, pathBelow)
            case .other, nil:
                passedOver.append(PassedOver(pathBelow: pathBelow, reason: "link to nothing, or no file"))
            }
        }
        if let runSet = files[first...].first(where: \.isOfRunSet) {
            passedOver += folders.map {
                PassedOver(pathBelow: $0 + "/", reason: "beside \(runSet.fileName)")
            }
            return
        }
        for folder in folders {
            guard let identity = FileSystem.identity(of: FileSystem.joined(root, folder)),
                seen.insert(identity).inserted
            else { continue }
            do {
                try search(folder)
            } catch let error as ArrayFileError {
                failures.append((folder + "/", error))
            }
        }
    }

    private mutating func open(_ path: String, _ pathBelow: String) {
        let isLabels = StoredName(ArrayFile.stem(of: pathBelow)).isLabels
        guard ArrayFile.isNamedAsArrays(path) || isLabels && ArrayFile.isNamedAsText(path) else {
            if !Self.companions.contains(where: pathBelow.hasSuffix) {
                passedOver.append(PassedOver(pathBelow: pathBelow, reason: nil))
            }
            return
        }
        if Self.ownNames.contains(ArrayFile.stem(of: pathBelow)) { return }
        let matches = pattern.map { Self.matches(pathBelow, $0) } ?? true
        guard matches || isLabels else {
            passedOver.append(PassedOver(pathBelow: pathBelow, reason: "other name"))
            return
        }
        guard let identity = FileSystem.identity(of: path), seen.insert(identity).inserted else { return }
        do {
            files.append(try InputFile(path, pathBelow: pathBelow, mayHoldLogits: matches))
        } catch let error as ArrayFileError {
            failures.append((pathBelow, error))
        } catch {
            failures.append((pathBelow, .malformed(path, "\(error)")))
        }
    }

    private static func matches(_ pathBelow: String, _ pattern: String) -> Bool {
        let name = pattern.contains("/") ? pathBelow : String(pathBelow.split(separator: "/").last ?? "")
        return fnmatch(pattern, name, FNM_PERIOD) == 0
    }

    /// Files beside the logits that are neither logits nor labels.
    private static let companions = [".safetensors.index.json", EnsembleLayout.record]
    private static let ownNames: Set<String> = [
        EnsembleLayout.images, EnsembleLayout.imagesTrain, EnsembleLayout.features, EnsembleLayout.featuresTrain,
    ]
}

extension InputFile {
    /// Whether the file holds logits under a name of its own, as logits.npy does: the folder is a set of runs.
    fileprivate var isOfRunSet: Bool {
        arrays.contains {
            $0.isBare && $0.says.rest.isEmpty && ($0.says.kind == .logits || $0.says.kind == nil && $0.says.set != nil)
                && $0.value.looksLikeLogits
        }
    }
}

extension StoredName {
    /// Whether the name is one for labels alone.
    var isLabels: Bool { kind == .labels && rest.isEmpty }
}
