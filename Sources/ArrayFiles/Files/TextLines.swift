import Platform

/// The lines of texts that people write and edit.
package enum TextLines {
    /// The lines of a text in UTF-8, without a byte order mark; what is no UTF-8 is repaired. Other characters that end
    /// lines may be part of a name or a text.
    package static func of(_ contents: Data) -> [Substring] {
        String(decoding: contents, as: UTF8.self).drop { $0 == "\u{FEFF}" }.split(omittingEmptySubsequences: false) {
            $0 == "\n" || $0 == "\r\n"
        }
    }
}
