/// A parser of the small part of Python's literals that occurs in `.npy` headers: text, integers, booleans, None,
/// tuples, lists and dictionaries with text keys.
struct PythonLiteral {
    /// The value of a literal.
    indirect enum Value: Equatable {
        case none
        case boolean(Bool)
        case integer(Int)
        case text(String)
        case sequence([Value])
        case dictionary([String: Value])
    }

    /// Text that is not such a literal.
    struct Failure: Error {
        let reason: String
    }

    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = [UInt8](bytes)
    }

    /// Parses the whole text as one literal.
    ///
    /// - Throws: `Failure`.
    mutating func parse() throws -> Value {
        let value = try value(depth: 0)
        skipSpace()
        guard position == bytes.count else { throw Failure(reason: "something follows the dictionary") }
        return value
    }

    private mutating func value(depth: Int) throws -> Value {
        guard depth < 8 else { throw Failure(reason: "is nested too deeply") }
        skipSpace()
        switch current {
        case UInt8(ascii: "{"): return try dictionary(depth: depth + 1)
        case UInt8(ascii: "("): return .sequence(try sequence(until: UInt8(ascii: ")"), depth: depth + 1))
        case UInt8(ascii: "["): return .sequence(try sequence(until: UInt8(ascii: "]"), depth: depth + 1))
        case UInt8(ascii: "'"), UInt8(ascii: "\""): return .text(try text())
        default: return try word()
        }
    }

    private mutating func dictionary(depth: Int) throws -> Value {
        position += 1
        var fields: [String: Value] = [:]
        while !skip(UInt8(ascii: "}")) {
            let key = try value(depth: depth)
            guard case .text(let name) = key, skip(UInt8(ascii: ":")) else {
                throw Failure(reason: "a dictionary key is malformed")
            }
            fields[name] = try value(depth: depth)
            guard skip(UInt8(ascii: ",")) || isNext(UInt8(ascii: "}")) else {
                throw Failure(reason: "a comma or a closing brace is missing")
            }
        }
        return .dictionary(fields)
    }

    private mutating func sequence(until end: UInt8, depth: Int) throws -> [Value] {
        position += 1
        var values: [Value] = []
        while !skip(end) {
            values.append(try value(depth: depth))
            guard skip(UInt8(ascii: ",")) || isNext(end) else {
                throw Failure(reason: "a comma or a closing bracket is missing")
            }
        }
        return values
    }

    private mutating func text() throws -> String {
        let quote = bytes[position]
        let start = position + 1
        guard let end = bytes[start...].firstIndex(where: { $0 == quote || $0 == UInt8(ascii: "\\") }),
            bytes[end] == quote
        else { throw Failure(reason: "a text has no end, or an escape") }
        position = end + 1
        return String(decoding: bytes[start..<end], as: UTF8.self)
    }

    private mutating func word() throws -> Value {
        let separators = Set(",:)]} \n\t\r".utf8)
        let word = String(decoding: bytes[position...].prefix { !separators.contains($0) }, as: UTF8.self)
        position += word.utf8.count
        switch word {
        case "True": return .boolean(true)
        case "False": return .boolean(false)
        case "None": return .none
        default:
            // Python 2 wrote long integers with an L.
            guard let integer = Int(word.hasSuffix("L") ? String(word.dropLast()) : word) else {
                throw Failure(reason: "'\(word.prefix(40))' is not a value that a header can have")
            }
            return .integer(integer)
        }
    }

    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while let byte = current, " \n\t\r".utf8.contains(byte) { position += 1 }
    }

    private mutating func isNext(_ byte: UInt8) -> Bool {
        skipSpace()
        return current == byte
    }

    private mutating func skip(_ byte: UInt8) -> Bool {
        guard isNext(byte) else { return false }
        position += 1
        return true
    }
}
