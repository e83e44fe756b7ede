/// A table of text for a terminal.
package struct TextTable {
    /// The columns that are aligned left; the others are aligned right.
    package enum Alignment: Sendable {
        case firstLeft
        /// All columns but the last.
        case lastRight
    }

    private let rows: [[String]]
    private let alignment: Alignment

    /// A table of headings and rows.
    ///
    /// - Precondition: Every row has as many fields as there are headings.
    package init(_ headings: [String], _ rows: [[String]], _ alignment: Alignment = .firstLeft) {
        precondition(rows.allSatisfy { $0.count == headings.count })
        // A field is one line of a length that all others can be filled up to, whatever a file is called.
        self.rows = ([headings] + rows).map { $0.map(TerminalText.name) }
        self.alignment = alignment
    }

    /// The lines of the table, headings first, without spaces behind their last field.
    package var lines: [String] {
        let widths = rows[0].indices.map { column in rows.map(\.[column].count).max() ?? 0 }
        return rows.map { row in
            var line = zip(row, widths).enumerated().map { column, field in
                let space = String(repeating: " ", count: field.1 - field.0.count)
                let isLeft = alignment == .firstLeft ? column == 0 : column < row.count - 1
                return isLeft ? field.0 + space : space + field.0
            }.joined(separator: "  ")
            while line.last == " " { line.removeLast() }
            return line
        }
    }
}
