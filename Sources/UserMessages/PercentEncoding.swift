/// Percent-encoding of text in URLs (RFC 3986).
package enum PercentEncoding {
    private static let plain = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._".utf8)

    /// The text with an escape for each byte that is neither plain nor one of `others`.
    package static func encoded(_ text: String, keeping others: String = "") -> String {
        text.utf8.map { byte in
            plain.contains(byte) || others.utf8.contains(byte)
                ? String(UnicodeScalar(byte)) : "%" + NumberText.digits(byte, width: 2, radix: 16).uppercased()
        }.joined()
    }
}
