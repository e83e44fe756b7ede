import ArrayFiles
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

    /// The arrays of a data set in some layout.
    struct Contents {
        let train, test: Arrays
        /// Reads the names of the classes; none where they are unknown.
        var classNames: () throws -> [String] = { [] }
    }

    /// The name by which the data set was requested: a known name or a path.
    package let name: String
    /// The folder or file in which it was found.
    package let path: String
    private let contents: Contents

    /// The arrays of the training examples.
    package var train: Arrays { contents.train }
    /// The arrays of the test examples.
    package var test: Arrays { contents.test }

    /// Opens the data set called `name`: `fashion-mnist`, if it is installed, or what ``DatasetLocation`` finds at a
    /// path.
    ///
    /// - Throws: `UserError`: 66 if there is no such data set, or more than one, 65 if it is incomplete;
    ///   `ArrayFileError` if a file is damaged.
    package init(_ name: String) throws {
        let location = try DatasetLocation(name)
        (self.name, path, contents) = (name, location.path, try location.open())
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
        if let index = classes.firstIndex(where: { !(0..<ClassNames.most ~= $0) }) {
            throw UserError.badData("\(arrays.labels.path): label \(index) is \(classes[index]), which is not a class")
        }
        return Labels(classes, source: "\(name): \(set.adjective) labels")
    }

    /// The names of the classes, fit for a terminal; empty if they are unknown.
    ///
    /// - Throws: `ArrayFileError` if their file cannot be read.
    package var classNames: [String] {
        get throws { ClassNames.readable(try contents.classNames()) }
    }
}
