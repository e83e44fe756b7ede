import UserMessages

/// The classes of examples, and their source.
public struct Labels: Sendable {
    /// The class of each example; a negative number if the example is unlabeled.
    public let values: [Int]
    /// The file and tensor, or the data set, for messages.
    public let source: String

    /// Labels from a source other than a tensor.
    public init(_ values: [Int], source: String) {
        self.values = values
        self.source = source
    }

    /// The error for other than one label an example.
    static func wrongCount(_ count: Int, source: String, examples: Int) -> UserError {
        .badData("\(source) has \(count) labels, but the logits have \(examples) examples")
    }

    /// The labels of unlabeled examples all the same, and the others as they are: -1 and -100 mean the same. Checks
    /// the number of labels, and that each is negative or in 0..<classes.
    ///
    /// - Throws: ``UserError`` (65) giving the wrong number, or the first label that is not a class.
    func checked(examples: Int, classes: Int) throws -> Labels {
        guard values.count == examples else {
            throw Self.wrongCount(values.count, source: source, examples: examples)
        }
        if let place = values.firstIndex(where: { $0 >= classes }) {
            let labels = values.filter(\.isClass)
            let countsFromOne = labels.min() == 1 && labels.max() == classes
            throw UserError.badData(
                "\(source)[\(place)] is \(values[place]), not a class (0 to \(classes - 1))"
                    + (countsFromOne ? ": the labels seem to count from 1; subtract 1" : ""))
        }
        return Labels(values.map { $0.isClass ? $0 : .unlabeled }, source: source)
    }
}
