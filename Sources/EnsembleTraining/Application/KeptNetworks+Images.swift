import ArrayFiles
import Ensembles
import UserMessages

extension KeptNetworks {
    /// The test or the training examples of a data set.
    ///
    /// They have labels if it is the data set of the training, by its training images, or has classes of the same
    /// names.
    ///
    /// - Parameters:
    ///   - classes: Numbers of the classes in the data set whose examples are taken; nil for all.
    ///   - shift: The most pixels by which images are moved, as in a training with this option and seed; 0 for none.
    /// - Precondition: 0...1,000,000 contains `shift`.
    /// - Throws: `UserError`: 64 if the data set has no such class, 65 if the images do not have the size of those of
    ///   the training, or none is of these classes.
    public func images(
        _ set: ExampleSet, of dataset: Dataset, classes: [Int]? = nil, shift: Int = 0, seed: UInt64 = 0
    ) throws -> LabeledImages {
        try requireSize(dataset.imageShape, dataset.name)
        if let other = classes?.first(where: { !(0..<dataset.classes ~= $0) }) {
            throw UserError.usage("\(dataset.name): has classes 0 to \(dataset.classes - 1), not \(other)")
        }
        let shifted = shift > 0 ? dataset.shifted(by: shift, seed: seed) : dataset
        let split = set == .test ? shifted.test : shifted.train
        let wanted = classes.map { Set($0.map { Int32(clamping: $0) }) }
        let chosen = split.labels.indices.filter { wanted?.contains(split.labels[$0]) ?? true }
        guard !chosen.isEmpty else {
            let numbers = (classes ?? []).map(String.init).joined(separator: ", ")
            throw UserError.badData("\(dataset.name): no \(set.adjective) image is of class \(numbers)")
        }
        let numbers = dataset.numbersOfClasses(without: recipe.options.leftOutClasses ?? [])
        return LabeledImages(
            name: dataset.name, imageShape: imageShape, bytes: dataset.images(chosen, of: split),
            labels: isThatOfTraining(dataset) ? chosen.map { numbers[Int(split.labels[$0])] ?? -1 } : nil)
    }

    /// The images in a file of one array: bytes, or numbers from 0 to 1.
    ///
    /// - Parameter labels: The path of a file with their classes, numbered as the outputs of the networks, or negative
    ///   numbers; nil for none.
    /// - Throws: `ArrayFileError` if a file cannot be read; `UserError` (65) if it does not hold images of the size of
    ///   those of the training, or not one class for each.
    public func images(file path: String, labels: String? = nil) throws -> LabeledImages {
        let tensor = try ArrayFile.single(path)
        let count = tensor.shape.first ?? 0
        guard count > 0 else { throw UserError.badTensor(tensor, "has shape \(tensor.shape): no images") }
        let images = try Images(requiring: tensor, examples: count)
        if tensor.elementType != .uint8 {
            for image in 0..<count {
                guard let other = try tensor[image].reals().first(where: { !(0...1).contains($0) }) else { continue }
                throw UserError.badTensor(
                    tensor, "has \(other) in image \(image), which is neither a byte (uint8) nor a number from 0 to 1")
            }
        }
        let shape = [images.height, images.width] + (images.channels > 1 ? [images.channels] : [])
        try requireSize(shape, path)
        return LabeledImages(
            name: path, imageShape: imageShape, bytes: try images.tensor.withContiguousBytes { Array($0) },
            labels: try labels.map { try self.labels($0, of: tensor) })
    }

    private func labels(_ path: String, of images: Tensor) throws -> [Int32] {
        let tensor = try ArrayFile.single(path)
        guard tensor.shape == [images.shape[0]] else {
            throw UserError.badTensor(
                tensor,
                "has shape \(tensor.shape), not one label for each of the \(images.shape[0]) images of "
                    + images.path)
        }
        let numbers = try tensor.integers()
        if let place = numbers.firstIndex(where: { $0 >= recipe.classes }) {
            throw UserError.badTensor(
                tensor, "[\(place)] is \(numbers[place]), not an output of the networks (0 to \(recipe.classes - 1))")
        }
        return numbers.map { Int32(max($0, -1)) }
    }

    /// Checks the shape of an image; one channel or none is the same.
    private func requireSize(_ shape: [Int], _ name: String) throws {
        func size(_ shape: [Int]) -> [Int] { shape.count == 3 && shape[2] == 1 ? Array(shape.dropLast()) : shape }
        guard size(shape) == size(imageShape) else {
            throw UserError.badData(
                "\(name): has images of shape \(shape), but the networks in \(folder) take \(imageShape)")
        }
    }

    /// Whether the classes are those of the training: by their names or, which takes longer, the training images.
    private func isThatOfTraining(_ dataset: Dataset) -> Bool {
        let leftOut = recipe.options.leftOutClasses ?? []
        guard dataset.classes - leftOut.count == recipe.classes else { return false }
        if dataset.classNames(without: leftOut) == record.classNames { return true }
        return (try? dataset.used(with: recipe.options))?.train.images == trainingImages
    }
}
