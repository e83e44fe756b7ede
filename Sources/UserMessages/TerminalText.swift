/// Text for a terminal. Names of files, and of tensors within them, may contain anything: what is written to a terminal
/// goes through here, and cannot move its cursor, change its title, or show characters in another order.
package enum TerminalText {
    /// `text` on one line: a question mark for each control character, as `ls` writes it.
    package static func line(_ text: String) -> String { replaced(text, keeping: nil) { _ in "?" } }

    /// A name out of a file on one line, without its middle where it is longer than anybody reads.
    package static func name(_ text: String) -> String {
        guard text.utf8.count > longestName, text.count > longestName else { return line(text) }
        return line("\(text.prefix(longestName / 2))...\(text.suffix(longestName / 2))")
    }

    private static let longestName = 400

    /// `text` with its line breaks: a question mark for each other control character.
    package static func lines(_ text: String) -> String { replaced(text, keeping: "\n") { _ in "?" } }

    /// The same JSON, with an escape for each control character that JSON allows in a string as it is.
    package static func json(_ text: String) -> String {
        replaced(text, keeping: "\n") { scalar in
            let digits = String(scalar.value, radix: 16)
            return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }
    }

    /// Whether a terminal may take a character for a command, or for a change of the direction of text.
    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        // C0, DEL and C1; left-to-right and right-to-left marks; separators of lines and paragraphs, embeddings and
        // overrides; isolates.
        case 0..<0x20, 0x7F..<0xA0, 0x061C, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069: true
        default: false
        }
    }

    private static func replaced(
        _ text: String, keeping kept: Unicode.Scalar?, by replacement: (Unicode.Scalar) -> String
    ) -> String {
        // Nearly all text is printable ASCII.
        if text.utf8.allSatisfy({ 0x20..<0x7F ~= $0 || kept != nil && $0 == UInt8(ascii: "\n") }) { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            if scalar != kept, isControl(scalar) {
                result += replacement(scalar)
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
