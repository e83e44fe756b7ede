import Foundation

/// Numbers formatted for people.
package enum NumberText {
    /// A number with `digits` decimals.
    package static func number(_ value: Double, _ digits: Int) -> String { String(format: "%.\(digits)f", value) }

    /// A fraction as a percentage, with two decimals.
    package static func percent(_ fraction: Double) -> String { number(100 * fraction, 2) }

    /// A difference of two fractions in percent, with its sign and its standard error: "+1.61 ± 0.22".
    package static func difference(_ fraction: Double, error: Double) -> String {
        "\(fraction > 0 ? "+" : "")\(percent(fraction)) ± \(percent(error))"
    }

    /// A number with grouped thousands: 10000 as "10,000".
    package static func grouped(_ number: Int) -> String {
        number.formatted(.number.locale(Locale(identifier: "en_US")))
    }

    /// A number with its noun: "1 run", "10,000 runs".
    package static func count(_ number: Int, _ thing: String) -> String {
        "\(grouped(number)) \(thing)\(number == 1 ? "" : "s")"
    }
}
