import ArrayFiles
import Platform
import UserMessages

/// The four IDX files of MNIST and similar data sets: images and labels of the training and of the test examples, plain
/// or compressed by gzip.
///
/// A name says what is in a file by its words: `train-images-idx3-ubyte`, `t10k-labels.idx1-ubyte`,
/// `emnist-balanced-test-images-idx3-ubyte.gz`, `qmnist-train-labels-idx2-int`.
struct IDXFiles {
    /// What one of the four files holds.
    private struct Role: Hashable {
        let set: ExampleSet
        let isLabels: Bool
    }

    /// The folder, with the first part of the names where a folder has several data sets.
    let path: String
    private let folder: String
    /// What all four names begin with, up to the words that say their roles.
    private let prefix: String
    private let files: [Role: String]

    /// The data sets in a folder. Those of which a file is missing count only if none is complete.
    static func all(in folder: String) -> [IDXFiles] {
        let names = ((try? FileSystem.entries(of: folder)) ?? []).sorted()
        var filesByPrefix: [String: [Role: String]] = [:]
        for name in names {
            guard let (prefix, role) = parse(name) else { continue }
            // A plain file, which comes before that with .gz, needs no time to inflate.
            if filesByPrefix[prefix]?[role] == nil { filesByPrefix[prefix, default: [:]][role] = name }
        }
        let groups = filesByPrefix.sorted { $0.key < $1.key }.map { (prefix: $0.key, files: $0.value) }
        let complete = groups.filter { $0.files.count == 4 }
        let counted = complete.isEmpty ? groups : complete
        return counted.map { group in
            IDXFiles(
                path: counted.count == 1 ? folder : FileSystem.joined(folder, withoutHyphen(group.prefix)),
                folder: folder,
                prefix: group.prefix, files: group.files)
        }
    }

    /// The data sets of whose files the paths begin with `path`.
    static func all(beginningWith path: String) -> [IDXFiles] {
        let url = URL(fileURLWithPath: path)
        let (folder, start) = (url.deletingLastPathComponent().relativePath, url.lastPathComponent)
        let found = all(in: folder).filter { $0.prefix.hasPrefix(start) }
        let exact = found.filter { withoutHyphen($0.prefix) == start }
        return exact.isEmpty ? found : exact
    }

    private static func withoutHyphen(_ prefix: String) -> String {
        prefix.hasSuffix("-") || prefix.hasSuffix("_") ? String(prefix.dropLast()) : prefix
    }

    /// The first part of a name, up to the words that say its role, and that role; nil if the name does not say all.
    private static func parse(_ name: String) -> (prefix: String, role: Role)? {
        let lowercase = name.lowercased()
        guard lowercase.contains("idx") || lowercase.contains("ubyte") else { return nil }
        let words = lowercase.split { !$0.isLetter && !$0.isNumber }
        let sets = Set(words.compactMap { Self.sets[String($0)] })
        let kinds = Set(words.compactMap { Self.kinds[String($0)] })
        guard let set = sets.first, let isLabels = kinds.first, sets.count == 1, kinds.count == 1,
            let first = words.first(where: { Self.sets[String($0)] != nil || Self.kinds[String($0)] != nil })
        else { return nil }
        let length = lowercase.distance(from: lowercase.startIndex, to: first.startIndex)
        return (String(name.prefix(length)), Role(set: set, isLabels: isLabels))
    }

    private static let sets: [String: ExampleSet] = ["train": .train, "test": .test, "t10k": .test]
    private static let kinds = ["images": false, "labels": true]

    /// Opens the four files.
    ///
    /// - Throws: `UserError` (66) if one is missing; `ArrayFileError` if one is damaged.
    func open() throws -> DatasetFiles.Contents {
        func tensor(_ role: Role) throws -> Tensor {
            guard let name = files[role] else {
                let set = role.set == .train ? "train" : "t10k"
                let usual = prefix + set + (role.isLabels ? "-labels-idx1-ubyte" : "-images-idx3-ubyte")
                throw UserError.noInput("\(FileSystem.joined(folder, usual)): is missing, with or without .gz")
            }
            let path = FileSystem.joined(folder, name)
            guard let tensor = try ArrayFile.open(path).first else {
                throw UserError.badData("\(path): holds no array")
            }
            return tensor
        }
        func arrays(_ set: ExampleSet) throws -> DatasetFiles.Arrays {
            let images = try tensor(Role(set: set, isLabels: false))
            let labels = try tensor(Role(set: set, isLabels: true))
            // QMNIST says more of an image than its class, which comes first.
            let hasMore = labels.shape.count == 2 && labels.shape[1] > 0
            return DatasetFiles.Arrays(images: images, labels: hasMore ? labels.select(axis: 1, 0) : labels)
        }
        let (train, test) = (try arrays(.train), try arrays(.test))
        let names = isFashionMNIST ? ClassNames.fashionMNIST : []
        return DatasetFiles.Contents(train: train, test: test, classNames: { names })
    }

    /// Whether the folder or the one around it is called so, as in `FashionMNIST/raw`: nothing in the files says it.
    private var isFashionMNIST: Bool {
        URL(fileURLWithPath: folder).standardizedFileURL.pathComponents.suffix(2)
            .contains { $0.lowercased().filter(\.isLetter) == "fashionmnist" }
    }
}
