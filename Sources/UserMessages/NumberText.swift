import Foundation

/// Numbers as people read them.
package enum NumberText {
    /// A number with so many digits after the point.
    package static func number(_ value: Double, _ digits: Int) -> String { String(format: "%.\(digits)f", value) }

    /// A fraction in percent, with two digits after the point.
    package static func percent(_ fraction: Double) -> String { number(100 * fraction, 2) }

    /// 10000 as "10,000".
    package static func grouped(_ number: Int) -> String {
        number.formatted(.number.locale(Locale(identifier: "en_US")))
    }

    /// "1 run", "10,000 runs".
    package static func count(_ number: Int, _ thing: String) -> String {
        "\(grouped(number)) \(thing)\(number == 1 ? "" : "s")"
    }
}
