import Platform

/// A column of text: one number or name a line, as labels are often kept in `.txt` and `.csv` files, or a list of them
/// in JSON. Lines may be quoted; a first line that is no number before numbers is a heading.
enum TextColumn {
    /// The largest file that is read as text.
    private static let maximumByteCount = 1 << 30

    /// The values of a file; nil if it holds anything but one value a line.
    ///
    /// - Throws: `ArrayFileError` (malformed) if the file is too large for a list of labels.
    static func read(_ file: MappedFile) throws -> StoredValue? {
        guard file.byteCount <= maximumByteCount else {
            throw ArrayFileError.malformed(file.path, "is too large for a list of labels")
        }
        let bytes = try file.withAllBytes { [UInt8]($0) }
        guard let text = text(of: bytes) else { return nil }
        if file.path.lowercased().hasSuffix(".json") { return try json(Array(text.utf8), file.path) }
        var lines = text.split(whereSeparator: \.isNewline).map { unquoted($0) }.filter { !$0.isEmpty }
        guard !lines.isEmpty, !lines.contains(where: { $0.contains { ",;\t".contains($0) } }) else { return nil }
        if lines.count > 1, Double(lines[0]) == nil, lines.dropFirst().allSatisfy({ Double($0) != nil }) {
            lines.removeFirst()
        } else if lines.count > 1, headings.contains(lines[0].lowercased()) {
            lines.removeFirst()
        }
        return try value(lines, file.path)
    }

    /// Headings of a column of names, which could be a name themselves.
    private static let headings: Set<String> = [
        "label", "labels", "class", "classes", "class_name", "target", "targets", "y", "category",
    ]

    /// The text without a byte order mark; nil for bytes that are neither UTF-8 nor, by their mark, UTF-16.
    private static func text(of bytes: [UInt8]) -> String? {
        if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
            return String(data: Data(bytes), encoding: .utf16)
        }
        guard !bytes.contains(0) else { return nil }
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        return String(validating: bytes.dropFirst(bytes.starts(with: mark) ? mark.count : 0), as: UTF8.self)
    }

    private static func unquoted(_ line: Substring) -> String {
        let trimmed = String(line.withoutOuterSpaces)
        guard trimmed.count > 1, let quote = trimmed.first, quote == "\"" || quote == "'", trimmed.last == quote else {
            return trimmed
        }
        return String(trimmed.dropFirst().dropLast())
    }

    private static func value(_ lines: [String], _ path: String) throws -> StoredValue {
        let name = ArrayFile.stem(of: path)
        let integers = lines.compactMap { Int($0) }
        if integers.count == lines.count { return .tensor(try Tensor(name: name, numbers: integers, path: path)) }
        let reals = lines.compactMap { Double($0) }
        if reals.count == lines.count { return .tensor(try Tensor(name: name, numbers: reals, path: path)) }
        return .texts(lines)
    }

    private static func json(_ bytes: [UInt8], _ path: String) throws -> StoredValue? {
        let (decoder, data) = (JSONDecoder(), Data(bytes))
        let name = ArrayFile.stem(of: path)
        if let integers = try? decoder.decode([Int].self, from: data) {
            return .tensor(try Tensor(name: name, numbers: integers, path: path))
        }
        if let reals = try? decoder.decode([Double].self, from: data) {
            return .tensor(try Tensor(name: name, numbers: reals, path: path))
        }
        return (try? decoder.decode([String].self, from: data)).map { .texts($0) }
    }
}
