import Platform

/// Lines in small letters, in which a part is found fast.
struct SearchableLines: Sendable {
    private let lines: [[UInt8]]

    init(_ lines: [String]) { self.lines = lines.map(Self.lowered) }

    /// A text in small letters.
    static func lowered(_ text: String) -> [UInt8] { Array(text.lowercased().utf8) }

    /// Whether a line has a part, in small letters.
    func line(_ number: Int, contains part: [UInt8]) -> Bool {
        let line = lines[number]
        guard let first = part.first, part.count <= line.count else { return part.isEmpty }
        return line.withUnsafeBytes { line in
            part.withUnsafeBytes { part in
                let last = line.count - part.count
                return (0...last).contains { place in
                    line[place] == first && memcmp(line.baseAddress! + place, part.baseAddress!, part.count) == 0
                }
            }
        }
    }
}
