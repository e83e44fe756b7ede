import ArrayFiles
import Platform
import UserMessages

/// Soft targets: what networks learn in place of the labels of the training examples, such as the predictions of an
/// ensemble (Hinton et al., "Distilling the knowledge in a neural network", 2015).
public struct TrainingTargets: Sendable {
    /// Probabilities, shape (N, C).
    let probabilities: [Float]
    /// Number of training examples N.
    let examples: Int
    /// Number of classes C.
    let classes: Int

    /// The CRC-32 of the probabilities, by which trainings on the same targets are known.
    var checksum: UInt32 { CRC32.of(probabilities) }

    /// Reads the only array of a file, of shape (N, C).
    ///
    /// - Throws: `ArrayFileError` if it cannot be read; `UserError` (65) if its rows are not probabilities.
    public init(reading path: String) throws {
        let tensor = try ArrayFile.single(path)
        guard tensor.shape.count == 2, tensor.shape[1] > 0 else {
            throw UserError.badData(
                "\(path): has shape \(tensor.shape), but targets are probabilities (training examples, classes)")
        }
        (examples, classes) = (tensor.shape[0], tensor.shape[1])
        probabilities = try tensor.reals().map { Float($0) }
        for example in 0..<examples {
            let row = probabilities[example * classes..<(example + 1) * classes]
            let sum = row.reduce(0, +)
            // Sums of float16 are rounded, too. NaN is in no range.
            guard row.allSatisfy({ 0...1.01 ~= $0 }), 0.99...1.01 ~= sum else {
                throw UserError.badData(
                    "\(path)[\(example)]: is not a row of probabilities, which are at least 0 and sum to 1")
            }
        }
    }

    /// Checks that there is a row for each training example of a data set, all of which is used.
    ///
    /// - Throws: ``TrainingOptionError``.
    func check(_ dataset: Dataset) throws {
        guard examples == dataset.train.count, classes == dataset.classes else {
            throw TrainingOptionError.invalid(
                "targets",
                rule: """
                    of shape (\(dataset.train.count), \(dataset.classes)), a row for each training example that is \
                    used, not (\(examples), \(classes))
                    """)
        }
    }
}
