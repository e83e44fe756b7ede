import ArrayFiles
import Foundation

extension Dataset {
    /// The data set called `name`: `fashion-mnist`, where it is installed, or the path of a folder that holds the
    /// four IDX files of MNIST and its kin (`train-images-idx3-ubyte`..., plain or `.gz`) or the batches of CIFAR-10
    /// (binary or pickled).
    ///
    /// - Throws: `TrainingError`: 66 if there is no such data set, 65 if images and labels do not go together;
    ///   `ArrayFileError` if a file is damaged.
    public static func load(_ name: String) throws -> Dataset {
        let folder = try folder(of: name)
        let names = ["images_train", "labels_train", "images", "labels"]
        let tensors = try idxFiles(in: folder) ?? ArrayFile.open(folder)
        let parts = try names.map { name in
            guard let tensor = tensors.first(where: { $0.name == name }) else {
                throw TrainingError.noInput("\(folder): has no \(name == names[0] ? "training" : "test") batches")
            }
            return tensor
        }
        return try Dataset(name, folder, train: (parts[0], parts[1]), test: (parts[2], parts[3]))
    }

    private static let fashionMNISTFolders = [
        "/usr/share/datasets/fashion-mnist", "/usr/local/share/datasets/fashion-mnist",
    ]

    private static func folder(of name: String) throws -> String {
        func isFolder(_ path: String) -> Bool {
            var isFolder: ObjCBool = false
            return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
        }
        if name == "fashion-mnist" {
            if let folder = fashionMNISTFolders.first(where: isFolder) { return folder }
            throw TrainingError.noInput(
                "fashion-mnist is not in \(fashionMNISTFolders.joined(separator: " or ")): install the Debian package "
                    + "dataset-fashion-mnist, or give the path of a folder with its four files")
        }
        guard isFolder(name) else {
            throw TrainingError.noInput("\(name): is neither a known data set (fashion-mnist) nor a folder")
        }
        return name
    }

    /// The four arrays of MNIST and its kin under our names; nil if the folder has none of their files.
    private static func idxFiles(in folder: String) throws -> [Tensor]? {
        let files = [
            "images_train": "train-images-idx3-ubyte", "labels_train": "train-labels-idx1-ubyte",
            "images": "t10k-images-idx3-ubyte", "labels": "t10k-labels-idx1-ubyte",
        ]
        let found = files.compactMapValues { file in
            ["\(folder)/\(file)", "\(folder)/\(file).gz"].first(where: FileManager.default.fileExists(atPath:))
        }
        if found.isEmpty { return nil }
        return try files.map { name, file in
            guard let path = found[name] else { throw TrainingError.noInput("\(folder)/\(file): is missing") }
            guard let tensor = try ArrayFile.open(path).first else {
                throw TrainingError.badData("\(path): holds no array")
            }
            return tensor.named(name)
        }
    }

    private init(_ name: String, _ folder: String, train: (Tensor, Tensor), test: (Tensor, Tensor)) throws {
        let imageShape = Array(train.0.shape.dropFirst())
        let parts = try [train, test].map { images, labels in
            guard images.elementType == .uint8, 3...4 ~= images.shape.count, images.count > 0 else {
                throw TrainingError.badData(
                    "\(images.path): holds no 8-bit images, but \(images.elementType) \(images.shape)")
            }
            guard Array(images.shape.dropFirst()) == imageShape else {
                throw TrainingError.badData(
                    "\(images.path): has images of another size, \(images.shape.dropFirst()), than \(train.0.path)")
            }
            guard labels.shape == [images.shape[0]] else {
                throw TrainingError.badData(
                    "\(labels.path): has labels \(labels.shape) for \(images.shape[0]) images of \(images.path)")
            }
            let classes = try labels.integers()
            if let index = classes.firstIndex(where: { !(0..<10_000 ~= $0) }) {
                throw TrainingError.badData("\(labels.path): label \(index) is \(classes[index]), which is no class")
            }
            return Part(
                images: try images.withContiguousBytes { Array($0) }, labels: classes.map { Int32($0) })
        }
        let largest = parts.flatMap(\.labels).max() ?? 0
        guard largest > 0 else { throw TrainingError.badData("\(folder): all labels are of one class") }
        self.init(
            name: name, imageShape: imageShape, classes: Int(largest) + 1, train: parts[0], test: parts[1])
    }
}
