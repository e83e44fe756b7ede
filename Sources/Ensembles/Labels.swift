import ArrayFiles
import UserMessages

/// The classes of examples, and their source.
public struct Labels: Sendable {
    /// The class of each example.
    public let values: [Int]
    /// The file and tensor, or the data set, for messages.
    public let source: String

    /// Labels from a source other than a tensor.
    public init(_ values: [Int], source: String) {
        self.values = values
        self.source = source
    }

    /// Reads labels of any integer type.
    ///
    /// - Throws: `UserError` (65) if the tensor is not one-dimensional, `ArrayFileError` (65) if it does not hold
    ///   integers.
    public init(_ tensor: Tensor) throws {
        source = "\(tensor.path): \(tensor.name)"
        guard tensor.shape.count == 1 else {
            throw UserError.badTensor(tensor, "has shape \(tensor.shape), expected one label an example")
        }
        values = try tensor.integers()
    }

    /// Checks the number of labels, and that each is in 0..<classes.
    ///
    /// - Throws: ``UserError`` (65) giving the wrong number, or the first label that is not a class.
    func check(examples: Int, classes: Int) throws {
        guard values.count == examples else {
            throw UserError.badData(
                "\(source) has \(values.count) labels, but the logits have \(examples) examples")
        }
        if let place = values.firstIndex(where: { !(0..<classes).contains($0) }) {
            throw UserError.badData("\(source)[\(place)] is \(values[place]), not a class in 0..<\(classes)")
        }
    }
}
