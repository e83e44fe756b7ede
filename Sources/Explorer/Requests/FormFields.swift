import UserMessages

/// The fields of a form, as browsers send them: `application/x-www-form-urlencoded`.
///
/// Source: WHATWG, URL Standard, section 5.
struct FormFields: Equatable, Sendable {
    private let fields: [(name: String, value: String)]

    init(_ fields: [(String, String)]) { self.fields = fields.map { ($0.0, $0.1) } }

    /// The fields of a query, or of the body of a request. Bytes that are no UTF-8 are repaired.
    init(parsing text: some StringProtocol) {
        fields = text.split(separator: "&").map { field in
            let parts = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (Self.decoded(parts[0]), parts.count > 1 ? Self.decoded(parts[1]) : "")
        }
    }

    /// The fields, and further ones behind them.
    static func + (fields: FormFields, further: [(String, String)]) -> FormFields {
        FormFields(fields.fields.map { ($0.name, $0.value) } + further)
    }

    static func == (a: FormFields, b: FormFields) -> Bool { a.text == b.text }

    /// The value of the first field of a name that is not empty; nil if there is none.
    subscript(name: String) -> String? { fields.first { $0.name == name && !$0.value.isEmpty }?.value }

    /// The fields as text for a URL or the body of a request.
    var text: String {
        fields.map { "\(PercentEncoding.encoded($0.name))=\(PercentEncoding.encoded($0.value))" }.joined(separator: "&")
    }

    private static func decoded(_ text: some StringProtocol) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "+") {
                bytes.append(UInt8(ascii: " "))
            } else if byte == UInt8(ascii: "%"), let high = digit(rest.first), let low = digit(rest.dropFirst().first) {
                bytes.append(high << 4 | low)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func digit(_ byte: UInt8?) -> UInt8? {
        byte.flatMap { Character(UnicodeScalar($0)).hexDigitValue }.map { UInt8($0) }
    }
}
