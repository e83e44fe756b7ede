/// Labeled images to train on and to test on, as bytes.
public struct Dataset: Sendable {
    /// Images and their classes.
    public struct Split: Sendable {
        /// Pixels (count, the data set's image shape), row-major.
        public let images: [UInt8]
        /// The class of each image.
        public let labels: [Int32]
        /// Number of images.
        public var count: Int { labels.count }

        package init(images: [UInt8], labels: [Int32]) {
            self.images = images
            self.labels = labels
        }
    }

    /// What the data set was asked for by: a known name or a path.
    public let name: String
    /// (H, W), or (H, W, 3) for colors.
    public let imageShape: [Int]
    /// Number of classes; every label is in 0..<classes.
    public let classes: Int
    /// What networks learn.
    public let train: Split
    /// What they are judged by.
    public let test: Split

    package init(name: String, imageShape: [Int], classes: Int, train: Split, test: Split) {
        self.name = name
        self.imageShape = imageShape
        self.classes = classes
        self.train = train
        self.test = test
    }

    /// Bytes an image.
    public var features: Int { imageShape.reduce(1, *) }
    /// Colors of a pixel: 1 or 3.
    public var channels: Int { imageShape.count == 3 ? imageShape[2] : 1 }

    /// The first `trainExamples` and `testExamples` of the data set, or all where it has no more or nil is given.
    public func first(trainExamples: Int?, testExamples: Int?) -> Dataset {
        func first(_ count: Int?, of part: Split) -> Split {
            guard let count, count < part.count else { return part }
            return Split(images: Array(part.images[..<(count * features)]), labels: Array(part.labels[..<count]))
        }
        return Dataset(
            name: name, imageShape: imageShape, classes: classes,
            train: first(trainExamples, of: train), test: first(testExamples, of: test))
    }
}
