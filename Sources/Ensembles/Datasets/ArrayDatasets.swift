import ArrayFiles

/// `train.pt` and `test.pt`, each a dictionary of `images` (N, H, W, 3), `labels` (N) and `classes`, the names of the
/// classes: CIFAR-10 as the repositories of airbench save it.
enum TorchImages {
    /// Opens both files.
    ///
    /// - Throws: `ArrayFileError` if an array is missing, or a file is damaged.
    static func open(train: String, test: String) throws -> DatasetFiles.Contents {
        func arrays(_ file: ArrayFile) throws -> DatasetFiles.Arrays {
            try .init(named: ("images", "labels"), in: file.tensors, of: file.path)
        }
        let (train, test) = (try ArrayFile(train), try ArrayFile(test))
        return DatasetFiles.Contents(
            train: try arrays(train), test: try arrays(test),
            classNames: {
                guard case .dictionary(let entries) = test.root,
                    case .texts(let names)? = entries.last(where: { $0.key == "classes" })?.value
                else { return [] }
                return names
            })
    }
}

/// An `.npz` file with `x_train`, `y_train`, `x_test` and `y_test`, such as the `mnist.npz` of keras.
enum KerasArchive {
    /// Opens the file.
    ///
    /// - Throws: `ArrayFileError` if an array is missing, or the file is damaged.
    static func open(_ path: String) throws -> DatasetFiles.Contents {
        let tensors = try ArrayFile.open(path)
        return DatasetFiles.Contents(
            train: try .init(named: ("x_train", "y_train"), in: tensors, of: path),
            test: try .init(named: ("x_test", "y_test"), in: tensors, of: path))
    }
}

extension DatasetFiles.Arrays {
    /// The two arrays with these names; labels may be a column, (N, 1).
    fileprivate init(named names: (images: String, labels: String), in tensors: [Tensor], of path: String) throws {
        func tensor(_ name: String) throws -> Tensor {
            if let tensor = tensors.first(where: { $0.name == name }) { return tensor }
            let there = tensors.prefix(8).map(\.name).joined(separator: ", ")
            throw ArrayFileError.malformed(
                path, "is not a data set: it has no array named \(name)" + (there.isEmpty ? "" : ", but \(there)"))
        }
        images = try tensor(names.images)
        let labels = try tensor(names.labels)
        self.labels = labels.shape.count == 2 && labels.shape[1] == 1 ? labels.select(axis: 1, 0) : labels
    }
}
