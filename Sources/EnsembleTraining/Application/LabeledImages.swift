import ArrayFiles
import Ensembles
import UserMessages

/// Images to which networks are applied, perhaps with their classes.
public struct LabeledImages: Sendable {
    /// What they are called in messages: a data set or a file.
    let name: String
    /// The shape of an image: (H, W), or (H, W, 3) for color.
    let imageShape: [Int]
    /// Pixel values, shape (count, the shape of an image), row-major.
    let bytes: [UInt8]
    /// The class of each image, negative if it has none; nil if no classes are known.
    let labels: [Int32]?

    /// Number of images.
    public var count: Int { bytes.count / imageShape.reduce(1, *) }

    /// The test or the training examples of a data set, moved by up to `shift` pixels as `train --shift` does with the
    /// same seed.
    public init(_ set: ExampleSet, of dataset: Dataset, shift: Int, seed: UInt64) {
        let shifted = shift > 0 ? dataset.shifted(by: shift, seed: seed) : dataset
        let split = set == .test ? shifted.test : shifted.train
        (name, imageShape, bytes, labels) = (dataset.name, dataset.imageShape, split.images, split.labels)
    }

    /// The images in a file of one array, and the classes in another.
    ///
    /// - Parameter labels: The path of the file with the classes; nil for none.
    /// - Throws: `ArrayFileError` if a file cannot be read; `UserError` (65) if it does not hold images, or not one
    ///   class for each.
    public init(file path: String, labels: String?) throws {
        let tensor = try Self.array(path)
        let images = try Images(requiring: tensor, examples: tensor.shape.first ?? 0)
        let count = images.tensor.shape[0]
        name = path
        imageShape = [images.height, images.width] + (images.channels > 1 ? [images.channels] : [])
        bytes = try images.tensor.withContiguousBytes { Array($0) }
        self.labels = try labels.map { path in
            let values = try Self.array(path).integers()
            guard values.count == count else {
                throw UserError.badData(
                    "\(path): has \(values.count) labels for \(count) images of \(tensor.path)")
            }
            return values.map { Int32(clamping: $0) }
        }
    }

    private init(name: String, imageShape: [Int], bytes: [UInt8], labels: [Int32]?) {
        (self.name, self.imageShape, self.bytes, self.labels) = (name, imageShape, bytes, labels)
    }

    private static func array(_ path: String) throws -> Tensor {
        guard let tensor = try ArrayFile.open(path).first else {
            throw UserError.badData("\(path): holds no array")
        }
        return tensor
    }

    /// The images of some classes.
    ///
    /// - Throws: `UserError` (65) if there are none, or (64) if no classes are known.
    public func ofClasses(_ classes: [Int]) throws -> LabeledImages {
        guard let labels else { throw UserError.usage("\(name): no labels tell which images are of these classes") }
        let wanted = Set(classes.map { Int32(clamping: $0) })
        let kept = labels.indices.filter { wanted.contains(labels[$0]) }
        guard !kept.isEmpty else {
            throw UserError.badData("\(name): no image is of class \(classes.map(String.init).joined(separator: ", "))")
        }
        let size = imageShape.reduce(1, *)
        return LabeledImages(
            name: name, imageShape: imageShape, bytes: kept.flatMap { bytes[$0 * size..<($0 + 1) * size] },
            labels: kept.map { labels[$0] })
    }
}
