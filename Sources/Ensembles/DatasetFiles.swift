import ArrayFiles
import Foundation
import UserMessages

/// The files of a labeled image data set: its arrays, which are read only on access.
package struct DatasetFiles {
    /// The arrays of the test or of the training examples.
    package struct Arrays {
        /// Images as bytes, shape (M, H, W) or (M, H, W, 3).
        package let images: Tensor
        /// Labels, shape (M).
        package let labels: Tensor
    }

    /// The name by which the data set was requested: a known name or a path.
    package let name: String
    /// The folder of the files.
    package let folder: String
    /// The arrays of the training examples.
    package let train: Arrays
    /// The arrays of the test examples.
    package let test: Arrays

    /// Opens the data set called `name`: `fashion-mnist`, if it is installed, or the path of a folder with the four IDX
    /// files of MNIST and similar data sets (`train-images-idx3-ubyte`..., plain or `.gz`) or the batches of CIFAR-10
    /// (binary or pickled).
    ///
    /// - Throws: `UserError` (66) if there is no such data set; `ArrayFileError` if a file is damaged.
    package init(_ name: String) throws {
        let folder = try Self.folder(of: name)
        let tensors = try Self.idxFiles(in: folder) ?? ArrayFile.open(folder)
        func required(_ name: String, _ set: ExampleSet) throws -> Tensor {
            guard let tensor = tensors.first(where: { $0.name == name }) else {
                throw UserError.noInput("\(folder): has no \(set.adjective) batches")
            }
            return tensor
        }
        train = Arrays(
            images: try required(EnsembleLayout.imagesTrain, .train),
            labels: try required(EnsembleLayout.labelsTrain, .train))
        test = Arrays(
            images: try required(EnsembleLayout.images, .test), labels: try required(EnsembleLayout.labels, .test))
        (self.name, self.folder) = (name, folder)
    }

    /// The labels of the test or of the training examples. Images are not read.
    ///
    /// - Throws: `UserError` (65) if there is not one valid class label for each image; `ArrayFileError` (65) if the
    ///   labels are not integers.
    package func labels(of set: ExampleSet) throws -> Labels {
        let arrays = set == .test ? test : train
        guard arrays.labels.shape == [arrays.images.shape.first ?? 0] else {
            throw UserError.badData(
                """
                \(arrays.labels.path): has labels \(arrays.labels.shape) for \(arrays.images.shape.first ?? 0) images \
                of \(arrays.images.path)
                """)
        }
        let classes = try arrays.labels.integers()
        if let index = classes.firstIndex(where: { !(0..<10_000 ~= $0) }) {
            throw UserError.badData("\(arrays.labels.path): label \(index) is \(classes[index]), which is no class")
        }
        return Labels(classes, source: "\(name): \(set.adjective) labels")
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
            throw UserError.noInput(
                "fashion-mnist is not in \(fashionMNISTFolders.joined(separator: " or ")): install the Debian package "
                    + "dataset-fashion-mnist, or give the path of a folder with its four files")
        }
        guard isFolder(name) else {
            throw UserError.noInput("\(name): is neither a known data set (fashion-mnist) nor a folder")
        }
        return name
    }

    /// The four arrays of MNIST and similar data sets under this program's names; nil if the folder has none of their
    /// files.
    private static func idxFiles(in folder: String) throws -> [Tensor]? {
        let files = [
            EnsembleLayout.imagesTrain: "train-images-idx3-ubyte",
            EnsembleLayout.labelsTrain: "train-labels-idx1-ubyte",
            EnsembleLayout.images: "t10k-images-idx3-ubyte", EnsembleLayout.labels: "t10k-labels-idx1-ubyte",
        ]
        let found = files.compactMapValues { file in
            ["\(folder)/\(file)", "\(folder)/\(file).gz"].first(where: FileManager.default.fileExists(atPath:))
        }
        if found.isEmpty { return nil }
        return try files.map { name, file in
            guard let path = found[name] else { throw UserError.noInput("\(folder)/\(file): is missing") }
            guard let tensor = try ArrayFile.open(path).first else {
                throw UserError.badData("\(path): holds no array")
            }
            return tensor.named(name)
        }
    }
}
