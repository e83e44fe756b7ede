import ArrayFiles
import UserMessages

/// Where a data set is, and in which layout, found by names.
///
/// A path is one of
/// - a folder with four IDX files (``IDXFiles``), or the path with which the names of such four files begin,
/// - a folder with batches of CIFAR-10 or CIFAR-100, or a tar archive of one,
/// - a folder with `train.pt` and `test.pt`, dictionaries with `images` and `labels`,
/// - an `.npz` file with `x_train`, `y_train`, `x_test` and `y_test`,
/// - a folder that holds one of these under the names by which torchvision saves them.
struct DatasetLocation {
    /// The path of the folder or file.
    let path: String
    /// Opens the files; images stay unread.
    let open: () throws -> DatasetFiles.Contents

    private static let fashionMNISTFolders = [
        "/usr/share/datasets/fashion-mnist", "/usr/local/share/datasets/fashion-mnist",
    ]

    /// Finds the data set called `name`: `fashion-mnist` or a path.
    ///
    /// - Throws: `UserError` (66) if there is none, or more than one.
    init(_ name: String) throws {
        guard name != "fashion-mnist" else {
            guard let folder = Self.fashionMNISTFolders.first(where: Self.isFolder) else {
                throw UserError.noInput(
                    """
                    fashion-mnist is not in \(Self.fashionMNISTFolders.joined(separator: " or ")): install the Debian \
                    package dataset-fashion-mnist, or give the path of a folder with its four files
                    """)
            }
            self = try Self.only(Self.locations(in: folder), name)
            return
        }
        if Self.isFolder(name) {
            let found = [Self.locations(in: name), Self.below(name, Self.folders), Self.below(name, Self.archives)]
            self = try Self.only(found.first { !$0.isEmpty } ?? [], name)
        } else if Self.exists(name) {
            self = Self.file(name)
        } else {
            // The first part of the names of four files, where a folder has the files of several data sets.
            self = try Self.only(IDXFiles.all(beginningWith: name).map(Self.idx), name)
        }
    }

    private init(path: String, open: @escaping () throws -> DatasetFiles.Contents) {
        (self.path, self.open) = (path, open)
    }

    private static func only(_ found: [DatasetLocation], _ name: String) throws -> DatasetLocation {
        guard let first = found.first else {
            throw UserError.noInput(
                isFolder(name)
                    ? """
                    \(name): holds no known data set: four IDX files, batches of CIFAR-10 or CIFAR-100, \
                    train.pt and test.pt, or a folder named as torchvision names it
                    """ : "\(name): is neither a folder or file nor a known data set (fashion-mnist)")
        }
        guard found.count == 1 else {
            let paths = found.prefix(8).map(\.path).joined(separator: ", ")
            throw UserError.noInput("\(name): holds more than one data set; give one of \(paths)")
        }
        return first
    }

    private static func exists(_ path: String) -> Bool { FileSystem.kind(of: path) != nil }

    private static func isFolder(_ path: String) -> Bool { FileSystem.kind(of: path) == .folder }

    // MARK: - Layouts

    /// The names that torchvision gives to folders of data sets in its root.
    private static let folders =
        ["raw"] + ["MNIST", "FashionMNIST", "KMNIST", "EMNIST", "QMNIST"].map { "\($0)/raw" }
        + ["cifar-10-batches-py", "cifar-10-batches-bin", "cifar-100-python", "cifar-100-binary"]
    /// The names of archives, for roots where none is unpacked.
    private static let archives = ["cifar-10-python", "cifar-10-binary", "cifar-100-python", "cifar-100-binary"]
        .map { "\($0).tar.gz" }

    private static func below(_ root: String, _ names: [String]) -> [DatasetLocation] {
        names.map { FileSystem.joined(root, $0) }.filter(exists).flatMap {
            isFolder($0) ? locations(in: $0) : [file($0)]
        }
    }

    /// The data sets in a folder itself.
    private static func locations(in folder: String) -> [DatasetLocation] {
        var found = IDXFiles.all(in: folder).map(idx)
        if CIFARFiles.areBatches(in: folder) {
            found.append(DatasetLocation(path: folder) { try cifar(try CIFARFiles(folder: folder)) })
        }
        let torch = ["train.pt", "test.pt"].map { FileSystem.joined(folder, $0) }
        if torch.allSatisfy(exists) {
            found.append(DatasetLocation(path: folder) { try TorchImages.open(train: torch[0], test: torch[1]) })
        }
        return found
    }

    private static func idx(_ files: IDXFiles) -> DatasetLocation {
        DatasetLocation(path: files.path, open: files.open)
    }

    private static func file(_ path: String) -> DatasetLocation {
        DatasetLocation(path: path) {
            if path.hasSuffix(".npz") { return try KerasArchive.open(path) }
            guard let files = try CIFARFiles(archive: path) else {
                throw UserError.badData(
                    "\(path): is not a known data set: neither a CIFAR archive (.tar, .tar.gz) nor an .npz with x_train"
                )
            }
            return try cifar(files)
        }
    }

    private static func cifar(_ files: CIFARFiles) throws -> DatasetFiles.Contents {
        func arrays(_ examples: CIFARFiles.Examples?, _ set: ExampleSet) throws -> DatasetFiles.Arrays {
            guard let examples else { throw UserError.noInput("\(files.path): has no \(set.adjective) batches") }
            return DatasetFiles.Arrays(images: examples.images, labels: examples.labels)
        }
        return DatasetFiles.Contents(
            train: try arrays(files.train, .train), test: try arrays(files.test, .test), classNames: files.classNames)
    }
}
