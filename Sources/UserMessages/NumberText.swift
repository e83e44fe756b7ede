import Platform

/// Numbers formatted for people.
package enum NumberText {
    /// A number with `digits` decimals, with spaces before it if it is shorter than `width`; 0 has no sign.
    package static func number(_ value: Double, _ digits: Int, width: Int = 0) -> String {
        // The largest number has 309 digits before the point.
        let capacity = max(width, 320 + digits)
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: capacity) { text in
            withVaList([CInt(width), CInt(digits), value]) { _ = vsnprintf(text.baseAddress!, capacity, "%*.*f", $0) }
            let number = String(cString: text.baseAddress!)
            let isZero = value.isFinite && value.sign == .minus && !number.contains { "1"..."9" ~= $0 }
            return isZero ? self.number(0, digits, width: width) : number
        }
    }

    /// The digits of a number that is not negative, with zeros before them if there are fewer than `width`.
    package static func digits(_ number: some BinaryInteger, width: Int, radix: Int = 10) -> String {
        let digits = String(number, radix: radix)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    /// A fraction as a percentage, with two decimals.
    package static func percent(_ fraction: Double) -> String { number(100 * fraction, 2) }

    /// A difference of two fractions in percent, with its sign and its standard error: "+1.61 ± 0.22".
    package static func difference(_ fraction: Double, error: Double) -> String {
        "\(fraction > 0 ? "+" : "")\(percent(fraction)) ± \(percent(error))"
    }

    /// A number with grouped thousands: 10000 as "10,000".
    package static func grouped(_ number: Int) -> String {
        let digits = Array(String(number.magnitude))
        let groups = stride(from: digits.count, to: 0, by: -3).map { String(digits[max(0, $0 - 3)..<$0]) }
        return (number < 0 ? "-" : "") + groups.reversed().joined(separator: ",")
    }

    /// A number with its noun: "1 run", "10,000 runs".
    package static func count(_ number: Int, _ thing: String) -> String {
        "\(grouped(number)) \(thing)\(number == 1 ? "" : "s")"
    }
}
