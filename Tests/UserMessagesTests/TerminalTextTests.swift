import Foundation
import Testing
import UserMessages

@Suite struct TerminalTextTests {
    /// C0, DEL, C1, directions of text, and line separators.
    static let controls: [Unicode.Scalar] = [
        "\u{0}", "\u{7}", "\u{8}", "\t", "\r", "\u{1B}", "\u{1F}", "\u{7F}", "\u{80}", "\u{85}", "\u{9B}", "\u{9F}",
        "\u{200E}", "\u{200F}", "\u{2028}", "\u{2029}", "\u{202A}", "\u{202E}", "\u{2066}", "\u{2069}",
    ]

    @Test func `each control character becomes a question mark, and all other text stays`() {
        for control in Self.controls { #expect(TerminalText.line("é\(control)日") == "é?日") }
        #expect(TerminalText.line("\u{1B}]0;title\u{7}run\r\n2") == "?]0;title?run??2")
        let plain = ["", "run 1 ~ §", "naïve ̈ 日本 👩‍👩‍👧 \u{A0}"]
        for text in plain { #expect(TerminalText.line(text) == text) }
    }

    @Test func `a text of several lines keeps its line breaks only`() {
        #expect(TerminalText.lines("a\nb\r\n\u{1B}[2Jc\n") == "a\nb?\n?[2Jc\n")
    }

    @Test func `JSON for a terminal has escapes and means the same`() throws {
        let names = Self.controls.map { "a\($0)b" } + ["é日👩‍👩‍👧"]
        let json = String(decoding: try JSONEncoder().encode(names), as: UTF8.self)
        let shown = TerminalText.json(json)
        #expect(shown == TerminalText.line(shown))
        #expect(try JSONDecoder().decode([String].self, from: Data(shown.utf8)) == names)
    }

    @Test func `a field of a table is one line without control characters`() {
        let lines = TextTable(["file", "name"], [["a\nb\u{1B}[31m.pt", "x\u{202E}y"], ["c", "d"]]).lines
        #expect(lines == ["file         name", "a?b?[31m.pt   x?y", "c               d"])
    }
}
