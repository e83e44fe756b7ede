import ArrayFiles

/// What the folders around the files of an ensemble say about them: `test/seed_3.npy`, `labels/seed_3.npy`.
struct InputPlaces {
    /// What a folder says, those around it included.
    private struct Folder {
        var set: ExampleSet?
        var isOfOtherExamples = false
        var kind: StoredName.Kind?
        /// What tells the runs in it from those in other folders.
        var run = ""
        /// The words of its own that name neither a set nor a kind nor a run, `clean` for one.
        var rest = ""
    }

    private var folders: [String: Folder] = [:]
    private let saysOther: Bool

    /// - Parameters:
    ///   - folder: The name of the folder around all files.
    ///   - choosesFiles: Whether the user has said which files are meant, whatever their folders are called.
    init(of files: [InputFile], in folder: String?, choosesFiles: Bool) {
        saysOther = !choosesFiles
        let saysSet = Self.folders(around: files.filter(\.mentionsSet))
        var sides: [String: Set<String>] = [:]
        var names: [String: StoredName] = [:]
        for file in files {
            for folder in Self.folders(around: file.place).dropLast() where names[folder] == nil {
                let says = StoredName(FileSystem.lastComponent(of: folder))
                names[folder] = says
                if let side = says.side {
                    sides["\(FileSystem.folder(of: folder))/\(says.run)", default: []].insert(side)
                }
            }
        }
        var root = Folder()
        // The whole may be called train, but what is named alone is meant, whatever it is called.
        if let says = folder.map(StoredName.init), says.run.isEmpty, !saysSet.contains("") { root.set = says.set }
        folders[""] = root
        for (path, says) in names.sorted(by: { $0.key.utf8.count < $1.key.utf8.count }) {
            var folder = folders[FileSystem.folder(of: path)] ?? Folder()
            // "cifar10_test" says something beside "cifar10_train" only: what "training_runs" holds need not be
            // training logits.
            let isSide = says.run.isEmpty || sides["\(FileSystem.folder(of: path))/\(says.run)"]?.count ?? 0 > 1
            if says.side != nil, isSide, !saysSet.contains(path) {
                (folder.set, folder.isOfOtherExamples) = (says.set, says.isOfOtherExamples)
            }
            if says.rest.isEmpty { folder.kind = says.kind ?? folder.kind }
            if !says.run.isEmpty { folder.run += (folder.run.isEmpty ? "" : "/") + says.run }
            if !says.rest.isEmpty, says.kind == nil, !says.isOfOtherExamples {
                folder.rest += (folder.rest.isEmpty ? "" : "/") + says.rest
            }
            folders[path] = folder
        }
    }

    private func folder(of file: InputFile) -> Folder { folders[file.placeOfFolder] ?? Folder() }

    /// The examples of which the file's own name speaks, or the folders'.
    func set(of file: InputFile) -> ExampleSet? {
        file.says.set ?? (file.says.isOfOtherExamples && saysOther ? nil : folder(of: file).set)
    }

    /// Whether the file holds validation examples or the like by its own name, or the folders'.
    func areOtherExamples(in file: InputFile) -> Bool {
        guard saysOther, file.says.set == nil else { return false }
        // What the user names is meant.
        return file.says.isOfOtherExamples && !file.isNamed
            || folder(of: file).isOfOtherExamples && !given(file).isOfOtherExamples
    }

    /// The kind of numbers that a name promises, or else the file's or the folders'.
    func kind(of array: StoredArray, in file: InputFile) -> StoredName.Kind? {
        if let kind = array.says.kind { return kind }
        if array.isBare { return folder(of: file).kind }
        return file.says.isLabels && array.says.rest.isEmpty ? .labels : nil
    }

    /// The words of the folders below the one that was given which name neither a set nor a kind nor a run.
    func rest(of file: InputFile) -> String {
        String(folder(of: file).rest.dropFirst(given(file).rest.count))
    }

    /// The folder that was given, in which a file was found.
    private func given(_ file: InputFile) -> Folder {
        folders[String(file.place.dropLast(file.pathBelow.count + 1))] ?? Folder()
    }

    /// What tells the run of this file from those in other files.
    func run(of file: InputFile) -> String { "\(folder(of: file).run)/\(file.says.run)" }

    /// What tells the run of this file from those in other files, by its numbers alone.
    func number(of file: InputFile) -> String { "\(folder(of: file).run)/\(file.says.number)" }

    /// The folders around some files, "" among them.
    static func folders(around files: [InputFile]) -> Set<String> {
        var all: Set<String> = []
        for file in files {
            for folder in folders(around: file.place) where !all.insert(folder).inserted { break }
        }
        return all
    }

    /// The folders around a file from the innermost outwards, the last of which is "".
    private static func folders(around place: String) -> [String] {
        var folders: [String] = []
        var folder = FileSystem.folder(of: place)
        while !folder.isEmpty {
            folders.append(folder)
            folder = FileSystem.folder(of: folder)
        }
        return folders + [""]
    }
}

extension StoredName {
    /// The side that a name takes in a pair such as `cifar10_test` and `cifar10_train`.
    fileprivate var side: String? { isOfOtherExamples ? "other" : set?.rawValue }
}

/// The paths that a user gives, taken as files and folders of one folder around them all.
struct InputArguments {
    /// The folder around all paths.
    let folder: String?
    /// Each path below that folder; empty for the folder itself. A path that is given twice, by itself or with a folder
    /// around it, has two places.
    let places: [String]

    init(_ paths: [String]) {
        let parts = paths.map { $0.split(separator: "/").filter { $0 != "." } }
        // The last part of a file's path is its name.
        let folders = zip(paths, parts).map { path, parts in
            FileSystem.kind(of: path) == .folder ? parts : parts.dropLast()
        }
        var common = folders.first.map(Array.init) ?? []
        for folder in folders.dropFirst() {
            common = Array(zip(common, folder).prefix { $0 == $1 }.map(\.0))
        }
        folder = common.last.map(String.init)
        let given = Set(parts)
        var seen: [ArraySlice<Substring>: Int] = [:]
        places = parts.map { parts in
            let place = parts.dropFirst(common.count)
            let others = (0..<parts.count).count { given.contains(Array(parts[..<$0])) } + seen[place, default: 0]
            seen[place, default: 0] += 1
            return ((others > 0 ? ["\(others)"] : []) + place).joined(separator: "/")
        }
    }
}
