/// A number of bytes as users write it: 1073741824, 1GiB, 1.5 GB.
public struct ByteCount: Equatable, Sendable, CustomStringConvertible {
    /// Number of bytes.
    public let bytes: Int

    private static let units: [(name: String, bytes: Int)] = [
        ("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10),
        ("TB", 1_000_000_000_000), ("GB", 1_000_000_000), ("MB", 1_000_000), ("KB", 1000), ("B", 1),
    ]

    /// A count of `bytes` bytes.
    public init(_ bytes: Int) { self.bytes = bytes }

    /// Parses a non-negative number with an optional unit, decimal (KB, MB, ...) or binary (KiB, MiB, ...), in upper or
    /// lower case; bytes without a unit. Nil for anything else, and for numbers beyond `Int`.
    public init?(_ text: String) {
        let unit = Self.units.first { text.lowercased().hasSuffix($0.name.lowercased()) }
        let digits = text.dropLast(unit?.name.count ?? 0).drop { $0 == " " }
        let number = String(digits.reversed().drop { $0 == " " }.reversed())
        guard let value = Double(number), value >= 0, value.isFinite, number.first?.isNumber == true else { return nil }
        guard let bytes = Int(exactly: (value * Double(unit?.bytes ?? 1)).rounded()) else { return nil }
        self.bytes = bytes
    }

    /// The count in the largest binary unit that it fills, rounded up to one decimal.
    public var description: String {
        guard let unit = Self.units.prefix(4).first(where: { bytes >= $0.bytes }) else { return "\(bytes) B" }
        let tenths = (Double(bytes) / Double(unit.bytes) * 10).rounded(.up) / 10
        return tenths == tenths.rounded() ? "\(Int(tenths)) \(unit.name)" : "\(tenths) \(unit.name)"
    }
}
