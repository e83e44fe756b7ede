import Platform

/// A reader of JSON that goes through the text once, from one value to the next, for headers of a hundred megabytes.
/// Source of the grammar: RFC 8259.
struct JSONScanner {
    private let bytes: UnsafeRawBufferPointer
    /// The position of the next byte.
    private(set) var position = 0

    /// Text that is not the JSON that is expected.
    struct Failure: Error {
        let reason: String
        let position: Int
    }

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    /// Reads an object: calls `body` with each key, and with the scanner before the value, which `body` reads.
    mutating func object(_ body: (String, inout JSONScanner) throws -> Void) throws {
        try require(UInt8(ascii: "{"), "an object should begin")
        if skip(UInt8(ascii: "}")) { return }
        repeat {
            let key = try string()
            try require(UInt8(ascii: ":"), "a colon should be")
            try body(key, &self)
        } while skip(UInt8(ascii: ","))
        try require(UInt8(ascii: "}"), "an object should end")
    }

    /// Reads an array of non-negative integers.
    mutating func integers() throws -> [Int] {
        try require(UInt8(ascii: "["), "an array should begin")
        var integers: [Int] = []
        if skip(UInt8(ascii: "]")) { return integers }
        repeat { integers.append(try integer()) } while skip(UInt8(ascii: ","))
        try require(UInt8(ascii: "]"), "an array should end")
        return integers
    }

    private mutating func integer() throws -> Int {
        skipSpace()
        let start = position
        var value = 0
        while position < bytes.count, case let digit = bytes[position] &- UInt8(ascii: "0"), digit < 10 {
            let (tens, first) = value.multipliedReportingOverflow(by: 10)
            let (sum, second) = tens.addingReportingOverflow(Int(digit))
            guard !first, !second else { throw failure("a number is too large") }
            value = sum
            position += 1
        }
        guard position > start else { throw failure("a non-negative integer should be") }
        return value
    }

    /// Reads a string.
    mutating func string() throws -> String {
        try require(UInt8(ascii: "\""), "a string should begin")
        let start = position
        var isPlain = true
        while position < bytes.count, bytes[position] != UInt8(ascii: "\"") {
            guard bytes[position] >= 0x20 else { throw failure("a string holds a control character") }
            if bytes[position] == UInt8(ascii: "\\") {
                isPlain = false
                position += 1
            }
            position += 1
        }
        guard position < bytes.count else { throw failure("a string has no end") }
        defer { position += 1 }
        let text = UnsafeRawBufferPointer(rebasing: bytes[start..<position])
        if isPlain, let string = String(validating: text, as: UTF8.self) { return string }
        // Escapes are rare: they are left to the library.
        let quoted = Data([UInt8(ascii: "\"")] + text + [UInt8(ascii: "\"")])
        guard let string = try? JSONDecoder().decode(String.self, from: quoted) else {
            throw failure("a string is not sound")
        }
        return string
    }

    /// Passes over a value of any kind.
    mutating func skipValue(depth: Int = 0) throws {
        guard depth < 64 else { throw failure("is nested too deeply") }
        skipSpace()
        switch position < bytes.count ? bytes[position] : 0 {
        case UInt8(ascii: "{"): try object { _, scanner in try scanner.skipValue(depth: depth + 1) }
        case UInt8(ascii: "\""): _ = try string()
        case UInt8(ascii: "["):
            position += 1
            if skip(UInt8(ascii: "]")) { return }
            repeat { try skipValue(depth: depth + 1) } while skip(UInt8(ascii: ","))
            try require(UInt8(ascii: "]"), "an array should end")
        default:
            let start = position
            while position < bytes.count, "+-.0123456789Eaeflnrstu".utf8.contains(bytes[position]) { position += 1 }
            let word = String(decoding: bytes[start..<position], as: UTF8.self)
            guard ["true", "false", "null"].contains(word) || Double(word) != nil else {
                throw failure("a value should be")
            }
        }
    }

    /// Passes over white space to the end.
    mutating func end() throws {
        skipSpace()
        guard position == bytes.count else { throw failure("the end should be") }
    }

    private mutating func require(_ byte: UInt8, _ what: String) throws {
        guard skip(byte) else { throw failure(what) }
    }

    private mutating func skip(_ byte: UInt8) -> Bool {
        skipSpace()
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    private mutating func skipSpace() {
        while position < bytes.count, [0x20, 0x09, 0x0a, 0x0d].contains(bytes[position]) { position += 1 }
    }

    private func failure(_ reason: String) -> Failure { Failure(reason: reason, position: position) }
}
