/// Columns of text for a terminal: the first begins at the left, the others end at the right.
struct TextTable {
    private let rows: [[String]]

    /// - Precondition: every row has as many fields as there are headings.
    init(_ headings: [String], _ rows: [[String]]) {
        precondition(rows.allSatisfy { $0.count == headings.count })
        self.rows = [headings] + rows
    }

    var lines: [String] {
        let widths = rows[0].indices.map { column in rows.map(\.[column].count).max() ?? 0 }
        return rows.map { row in
            zip(row, widths).enumerated().map { column, field in
                let space = String(repeating: " ", count: field.1 - field.0.count)
                return column == 0 ? field.0 + space : space + field.0
            }.joined(separator: "  ")
        }
    }
}
