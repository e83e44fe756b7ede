/// Text as a field of a table whose fields are separated by commas (RFC 4180).
package enum CSVField {
    /// The text in quotes, which are doubled within it.
    package static func quoted(_ text: String) -> String {
        "\"" + text.unicodeScalars.map { $0 == "\"" ? "\"\"" : String($0) }.joined() + "\""
    }
}
