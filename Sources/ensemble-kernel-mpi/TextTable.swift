import Foundation

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

    /// A number with so many digits after the point.
    static func number(_ value: Double, _ digits: Int) -> String { String(format: "%.\(digits)f", value) }

    /// A fraction in percent.
    static func percent(_ fraction: Double) -> String { number(100 * fraction, 2) }

    /// "1 run", "10,000 runs".
    static func count(_ number: Int, _ thing: String) -> String {
        "\(grouped(number)) \(thing)\(number == 1 ? "" : "s")"
    }

    /// 10000 as "10,000".
    static func grouped(_ number: Int) -> String {
        number.formatted(.number.locale(Locale(identifier: "en_US")))
    }
}
