import Platform

extension JSONEncoder {
    /// An encoder of human-readable JSON: on several lines, keys in alphabetical order.
    package static var readable: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return encoder
    }
}
