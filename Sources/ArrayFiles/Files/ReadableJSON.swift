import Foundation

extension JSONEncoder {
    /// An encoder of JSON for people, too: on several lines, its keys in alphabetical order.
    package static var readable: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return encoder
    }
}
