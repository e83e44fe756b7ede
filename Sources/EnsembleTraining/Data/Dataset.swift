import RandomStreams

/// Labeled images for training and testing, as bytes.
public struct Dataset: Sendable {
    /// Images and their classes.
    public struct Split: Sendable {
        /// Pixel values, shape (count, the data set's image shape), row-major.
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

    /// The name by which the data set was requested: a known name or a path.
    public let name: String
    /// The shape of an image: (H, W), or (H, W, 3) for color.
    public let imageShape: [Int]
    /// Number of classes; every label is in 0..<classes.
    public let classes: Int
    /// The names of the classes; empty if they are unknown.
    public let classNames: [String]
    /// The examples for training networks.
    public let train: Split
    /// The examples for testing networks.
    public let test: Split

    package init(
        name: String, imageShape: [Int], classes: Int, classNames: [String] = [], train: Split, test: Split
    ) {
        self.name = name
        self.imageShape = imageShape
        self.classes = classes
        self.classNames = classNames
        self.train = train
        self.test = test
    }

    /// Number of bytes per image.
    public var features: Int { imageShape.reduce(1, *) }
    /// Number of color channels: 1 or 3.
    public var channels: Int { imageShape.count == 3 ? imageShape[2] : 1 }

    /// The data set with every image moved by up to `most` pixels up or down and left or right, each move as likely as
    /// any other; pixels from outside are 0. The moves depend on the seed and the number of the image only.
    package func shifted(by most: Int, seed: UInt64) -> Dataset {
        func shifted(_ part: Split, stream: Int) -> Split {
            var randomNumbers = RandomNumbers(seed: seed, run: stream)
            let (height, width, row) = (imageShape[0], imageShape[1], features / imageShape[0])
            var images = [UInt8](repeating: 0, count: part.images.count)
            for image in 0..<part.count {
                let (down, right) = (
                    Int(randomNumbers.next(below: 2 * most + 1)) - most,
                    Int(randomNumbers.next(below: 2 * most + 1)) - most
                )
                let kept = max(0, right)..<max(max(0, right), min(width, width + right))
                for y in max(0, down)..<max(max(0, down), min(height, height + down)) {
                    let target = image * features + y * row
                    let source = image * features + (y - down) * row
                    for place in kept.lowerBound * channels..<kept.upperBound * channels {
                        images[target + place] = part.images[source + place - right * channels]
                    }
                }
            }
            return Split(images: images, labels: part.labels)
        }
        // Chains have the streams from 0 on.
        return Dataset(
            name: name, imageShape: imageShape, classes: classes, classNames: classNames,
            train: shifted(train, stream: -1), test: shifted(test, stream: -2))
    }

    /// The pixels of some examples.
    func images(_ examples: [Int], of part: Split) -> [UInt8] {
        examples.flatMap { part.images[$0 * features..<($0 + 1) * features] }
    }

    /// The number of each class if some are left out; nil for these.
    func numbersOfClasses(without leftOut: [Int]) -> [Int32?] {
        var next: Int32 = 0
        return (0..<classes).map { c in
            guard !leftOut.contains(c) else { return nil }
            defer { next += 1 }
            return next
        }
    }

    /// The names of the classes if some are left out; empty if they are unknown.
    func classNames(without leftOut: [Int]) -> [String] {
        guard !leftOut.isEmpty else { return classNames }
        return classNames.count == classes
            ? classNames.indices.filter { !leftOut.contains($0) }.map { classNames[$0] } : []
    }

    /// The examples that are used with these options, as they are used: moved, without the classes left out, and cut.
    ///
    /// - Throws: ``TrainingOptionError`` if such classes cannot be left out.
    func used(with options: TrainingOptions) throws -> Dataset {
        func cut(_ dataset: Dataset) -> Dataset {
            dataset.first(trainExamples: options.trainExamples, testExamples: options.testExamples)
        }
        // A move depends on the number of the image in the whole data set, so that classes are left out after it.
        let leftOut = options.leftOutClasses ?? []
        let some = leftOut.isEmpty ? cut(self) : self
        let moved = options.shift.map { some.shifted(by: $0, seed: options.seed) } ?? some
        return cut(try moved.leavingOut(classes: leftOut))
    }

    /// The data set without the examples of some classes; the others are numbered anew, in the same order.
    ///
    /// - Throws: ``TrainingOptionError`` if a number is not that of a class, fewer than two classes remain, or no
    ///   training or no test example remains.
    package func leavingOut(classes leftOut: [Int]) throws -> Dataset {
        guard !leftOut.isEmpty else { return self }
        if let other = leftOut.first(where: { !(0..<classes ~= $0) }) {
            throw TrainingOptionError.invalid(
                "leave out classes", rule: "numbers of the \(classes) classes, from 0 on, not \(other)")
        }
        let numbers = numbersOfClasses(without: leftOut)
        func remaining(of part: Split) -> Split {
            let examples = part.labels.indices.filter { numbers[Int(part.labels[$0])] != nil }
            return Split(
                images: images(examples, of: part), labels: examples.compactMap { numbers[Int(part.labels[$0])] })
        }
        let (train, test) = (remaining(of: train), remaining(of: test))
        let kept = numbers.count { $0 != nil }
        guard kept >= 2, train.count > 0, test.count > 0 else {
            throw TrainingOptionError.invalid(
                "leave out classes", rule: "so few that two classes with training and test examples remain")
        }
        return Dataset(
            name: name, imageShape: imageShape, classes: kept, classNames: classNames(without: leftOut),
            train: train, test: test)
    }

    /// The data set cut to its first `trainExamples` and `testExamples`; all of them if it has no more or nil is given.
    public func first(trainExamples: Int?, testExamples: Int?) -> Dataset {
        func first(_ count: Int?, of part: Split) -> Split {
            guard let count, count < part.count else { return part }
            return Split(images: Array(part.images[..<(count * features)]), labels: Array(part.labels[..<count]))
        }
        return Dataset(
            name: name, imageShape: imageShape, classes: classes, classNames: classNames,
            train: first(trainExamples, of: train), test: first(testExamples, of: test))
    }
}
