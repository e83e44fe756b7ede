/// Images to which networks are applied, perhaps with their classes.
public struct LabeledImages: Sendable {
    /// What they are called: a data set or a file.
    let name: String
    /// The shape of an image: (H, W), or (H, W, 3) for color.
    let imageShape: [Int]
    /// Pixel values, shape (count, the shape of an image), row-major.
    let bytes: [UInt8]
    /// The class of each image, as the networks number them, and -1 for those of other classes; nil if no image has one
    /// of the networks' classes.
    let labels: [Int32]?

    /// Number of images.
    public var count: Int { bytes.count / imageShape.reduce(1, *) }

    /// - Parameter labels: nil if no classes are known.
    init(name: String, imageShape: [Int], bytes: [UInt8], labels: [Int32]?) {
        (self.name, self.imageShape, self.bytes) = (name, imageShape, bytes)
        self.labels = labels?.contains { $0 >= 0 } == true ? labels : nil
    }
}
