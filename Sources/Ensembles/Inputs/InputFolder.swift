import ArrayFiles
import Platform
import UserMessages

/// A file of an ensemble, with the arrays in it.
struct InputFile {
    /// The path by which the file was opened.
    let path: String
    /// The path below the folder that was given; the file's own name if it was given itself.
    let pathBelow: String
    /// The path below the folder around everything that was given.
    let place: String
    /// What the name of the file says, the number of a shard left out.
    let says: StoredName
    /// Whether the name ends in the number of a shard: `log-00001-of-00002`.
    let isShard: Bool
    let arrays: [StoredArray]
    /// The entries of dictionaries of one entry a run.
    let entriesByRun: [StoredArray.EntryByRun]
    /// Whether the file may hold logits: `--files` and the like exclude some.
    let mayHoldLogits: Bool
    /// Whether the user gave the file itself, and not the folder.
    let isNamed: Bool

    /// The folder of the file, below the folder that was given; empty for that folder itself.
    var folder: String { FileSystem.folder(of: pathBelow) }
    /// The folder of the file, below the folder around everything that was given; empty for that folder itself.
    var placeOfFolder: String { FileSystem.folder(of: place) }
    /// The name of the file without its folder.
    var fileName: String { FileSystem.lastComponent(of: pathBelow) }
    /// Whether the file's name or one of its arrays' mentions test or training examples.
    var mentionsSet: Bool {
        says.set != nil || arrays.contains { !$0.isBare && $0.says.set != nil && $0.value.mayBeLogits }
    }

    /// Opens a file that was given itself.
    ///
    /// - Parameter place: The path below the folder around everything that was given; nil for the file's name.
    /// - Throws: `ArrayFileError`.
    init(_ path: String, place: String? = nil, mayHoldLogits: Bool = true) throws {
        let name = FileSystem.lastComponent(of: path)
        try self.init(path, pathBelow: name, place: place ?? name, mayHoldLogits: mayHoldLogits, isNamed: true)
    }

    fileprivate init(_ path: String, pathBelow: String, place: String, mayHoldLogits: Bool, isNamed: Bool) throws {
        let stem = ArrayFile.stem(of: path)
        let root = try ArrayFile(path).root
        (self.path, self.pathBelow, self.place) = (path, pathBelow, place)
        (self.mayHoldLogits, self.isNamed) = (mayHoldLogits, isNamed)
        let withoutShard = Self.withoutShard(stem)
        says = StoredName(withoutShard ?? stem)
        isShard = withoutShard != nil
        (arrays, entriesByRun) = StoredArray.all(in: root, stem: stem)
    }

    /// The stem of `model-00001-of-00002` without the shard; nil for other stems.
    private static func withoutShard(_ stem: String) -> String? {
        let parts = stem.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count >= 4, parts[parts.count - 2] == "of",
            [parts[parts.count - 3], parts[parts.count - 1]].allSatisfy({ $0.count == 5 && Int($0) != nil })
        else { return nil }
        return parts.dropLast(3).joined(separator: "-")
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
    private(set) var failures: [Failure] = []

    /// A file that cannot be opened, or a folder that cannot be listed, whose path ends with a slash.
    typealias Failure = (pathBelow: String, error: ArrayFileError)

    private let root: String
    private let place: String
    private let pattern: String?
    private var seen: Set<FileIdentity> = []

    /// Opens the files of a folder and of the folders below it. Links are followed, and what several lead to counts
    /// once; hidden files and folders are passed over. Folders below one with logits in files of their own, such as
    /// logits.npy, are not searched.
    ///
    /// - Parameters:
    ///   - place: The path below the folder around everything that was given.
    ///   - pattern: A shell pattern for files with logits; nil for all files.
    /// - Throws: `ArrayFileError` if the folder itself cannot be listed.
    init(_ root: String, place: String, matching pattern: String?) throws {
        (self.root, self.place, self.pattern) = (root, place, pattern)
        if let identity = FileSystem.identity(of: root) { seen.insert(identity) }
        try search("")
    }

    private mutating func search(_ folder: String) throws {
        let names = try FileSystem.entries(of: folder.isEmpty ? root : FileSystem.joined(root, folder))
            .sorted { $0.precedesNaturally($1) }
        let isOfLabels = StoredName(FileSystem.lastComponent(of: folder)).isLabels
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
            case .file: open(path, pathBelow, isOfLabels: isOfLabels)
            case .other, nil:
                passedOver.append(PassedOver(pathBelow: pathBelow, reason: "link to nothing, or no file"))
            }
        }
        if pattern == nil, let runSet = files[first...].first(where: \.isOfRunSet) {
            for folder in folders {
                if let below = logits(below: folder) {
                    throw EnsembleError.severalKindsOfFiles(source: root, names: [runSet.pathBelow, below])
                }
            }
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

    /// The first file called logits below a folder, by its name alone; nil if there is none.
    private mutating func logits(below folder: String) -> String? {
        let path = FileSystem.joined(root, folder)
        guard let identity = FileSystem.identity(of: path), seen.insert(identity).inserted,
            let names = try? FileSystem.entries(of: path)
        else { return nil }
        for name in names.sorted(by: { $0.precedesNaturally($1) }) where !name.hasPrefix(".") {
            let pathBelow = FileSystem.joined(folder, name)
            if FileSystem.kind(of: FileSystem.joined(root, pathBelow)) == .folder {
                if let below = logits(below: pathBelow) { return below }
            } else if ArrayFile.isNamedAsArrays(name), StoredName(ArrayFile.stem(of: name)).isOfRunSet {
                return pathBelow
            }
        }
        return nil
    }

    private mutating func open(_ path: String, _ pathBelow: String, isOfLabels: Bool) {
        let isLabels = isOfLabels || StoredName(ArrayFile.stem(of: pathBelow)).kind == .labels
        guard ArrayFile.isNamedAsArrays(path) || isLabels && ArrayFile.isNamedAsText(path) else {
            if !Self.companions.contains(where: pathBelow.hasSuffix) {
                passedOver.append(PassedOver(pathBelow: pathBelow, reason: nil))
            }
            return
        }
        if EnsembleLayout.attachments.contains(ArrayFile.stem(of: pathBelow)) { return }
        let matches = pattern.map { Self.matches(pathBelow, $0) } ?? true
        guard matches || isLabels else {
            passedOver.append(PassedOver(pathBelow: pathBelow, reason: "other name"))
            return
        }
        guard let identity = FileSystem.identity(of: path), seen.insert(identity).inserted else { return }
        do {
            files.append(
                try InputFile(
                    path, pathBelow: pathBelow, place: FileSystem.joined(place, pathBelow), mayHoldLogits: matches,
                    isNamed: false))
        } catch let error as ArrayFileError {
            failures.append((pathBelow, error))
        } catch {
            failures.append((pathBelow, .malformed(path, "\(error)")))
        }
    }

    private static func matches(_ pathBelow: String, _ pattern: String) -> Bool {
        let name = pattern.contains("/") ? pathBelow : FileSystem.lastComponent(of: pathBelow)
        return fnmatch(pattern, name, FNM_PERIOD) == 0
    }

    /// Files beside the logits that are neither logits nor labels.
    private static let companions =
        [".safetensors.index.json", EnsembleLayout.record]
        + EnsembleLayout.lists.map { EnsembleLayout.file($0, in: "") }
}

extension InputFile {
    /// Whether the file holds logits under a name of its own, as logits.npy does: the folder is a set of runs.
    fileprivate var isOfRunSet: Bool {
        arrays.contains { $0.isBare && $0.says.isOfRunSet && $0.value.looksLikeLogits }
    }
}

extension StoredName {
    /// Whether the name is one for labels alone.
    var isLabels: Bool { kind == .labels && rest.isEmpty }

    /// Whether the name is one for logits alone, or for a set: `logits_3`, `test`.
    fileprivate var isOfRunSet: Bool { rest.isEmpty && (kind == .logits || kind == nil && set != nil) }
}
