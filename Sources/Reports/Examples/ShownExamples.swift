import Ensembles

/// What people know the examples of one set by: their images, the names of their files, their texts.
public struct ShownExamples: Sendable {
    /// The images; nil if there are none.
    package let images: ExampleImages?
    /// The name of each file; nil for numbers.
    package let fileNames: [String]?
    /// The text of each example; nil if there are none.
    package let texts: [String]?

    /// Examples with these images, names and texts.
    public init(images: ExampleImages? = nil, fileNames: [String]? = nil, texts: [String]? = nil) {
        (self.images, self.fileNames, self.texts) = (images, fileNames, texts)
    }

    /// The name of an example: that of its file, or its number.
    package func name(_ example: Int, of set: ExampleSet) -> String {
        fileNames?[example] ?? "\(set.rawValue) \(example)"
    }

    /// The beginning of the text of an example; nil without texts.
    package func beginning(of example: Int, upTo most: Int) -> String? {
        texts.map { texts in
            let text = texts[example]
            return text.count > most ? text.prefix(most - 1) + "…" : text
        }
    }
}
