import Ensembles
import UserMessages

extension Dataset {
    /// Reads the data set called `name`: `fashion-mnist`, if it is installed, or the path of a folder with the four IDX
    /// files of MNIST and similar data sets, of the batches of CIFAR-10 or CIFAR-100 or of an archive of them, or of
    /// what else ``DatasetFiles`` finds.
    ///
    /// - Throws: `UserError`: 66 if there is no such data set, 65 if images and labels do not go together;
    ///   `ArrayFileError` if a file is damaged.
    public static func load(_ name: String) throws -> Dataset {
        let files = try DatasetFiles(name)
        let imageShape = Array(files.train.images.shape.dropFirst())
        func split(_ set: ExampleSet) throws -> Split {
            let images = set == .test ? files.test.images : files.train.images
            guard images.elementType == .uint8, 3...4 ~= images.shape.count, images.count > 0 else {
                throw UserError.badData(
                    "\(images.path): holds no 8-bit images, but \(images.elementType) \(images.shape)")
            }
            guard Array(images.shape.dropFirst()) == imageShape else {
                throw UserError.badData(
                    """
                    \(images.path): has images of another size, \(images.shape.dropFirst()), than \
                    \(files.train.images.path)
                    """)
            }
            return Split(
                images: try images.withContiguousBytes { Array($0) },
                labels: try files.labels(of: set).values.map { Int32($0) })
        }
        let (train, test) = (try split(.train), try split(.test))
        let largest = (train.labels + test.labels).max() ?? 0
        guard largest > 0 else { throw UserError.badData("\(files.path): all labels are of one class") }
        return Dataset(
            name: name, imageShape: imageShape, classes: Int(largest) + 1,
            // Networks are trained without names as well.
            classNames: (try? files.classNames) ?? [], train: train, test: test)
    }
}
