import Platform
import UserMessages

/// The scale of a chart along one side: positions of values, and ticks.
package struct Axis {
    /// The labeled values, ascending.
    package let ticks: [Double]
    private let range: ClosedRange<Double>
    private let pixels: (from: Double, to: Double)
    private let isLogarithmic: Bool

    /// A linear axis from the smallest to the largest of some values, with ticks at multiples of 1, 2 or 5 times a
    /// power of ten.
    package init(linear values: [Double], pixels: (from: Double, to: Double), isTight: Bool = false) {
        var (least, largest) = (values.min() ?? 0, values.max() ?? 1)
        // What differs by its rounding only is one value: ticks between would be equal.
        if largest - least <= 1e-9 * max(abs(least), abs(largest)) { largest = least }
        let step = Self.step(for: largest > least ? largest - least : max(abs(least), 1) / 10)
        let (low, high) = ((least / step).rounded(.down), (largest / step).rounded(.up))
        let ticks = stride(from: low, through: max(high, low + 1), by: 1).map { $0 * step }
        range = isTight && largest > least ? least...largest : ticks[0]...ticks[ticks.count - 1]
        self.ticks = ticks.filter(range.contains)
        self.pixels = pixels
        isLogarithmic = false
    }

    /// A logarithmic axis, with a tick at each of the values that has room for its label.
    package init(logarithmic values: [Double], pixels: (from: Double, to: Double)) {
        let values = Set(values.filter { $0 > 0 }).sorted()
        let (least, largest) = (values.first ?? 1, values.last ?? 1)
        range = least...max(largest, least * 2)
        self.pixels = pixels
        isLogarithmic = true
        let place = { (value: Double) in log(value / least) / log(max(largest, least * 2) / least) }
        // A label has room if it is at least this far from the last one, as a share of the axis.
        let room = 0.1
        ticks = values.reduce(into: []) { ticks, value in
            if let last = ticks.last, place(value) - place(last) < room { return }
            ticks.append(value)
        }
    }

    /// The position of a value in pixels.
    package func place(_ value: Double) -> Double {
        let share =
            isLogarithmic
            ? log(value / range.lowerBound) / log(range.upperBound / range.lowerBound)
            : (value - range.lowerBound) / (range.upperBound - range.lowerBound)
        return pixels.from + share * (pixels.to - pixels.from)
    }

    /// The label of a tick, with no more decimals than needed to tell it from its neighbors.
    package func name(_ tick: Double) -> String {
        let step = ticks.count > 1 ? abs(ticks[1] - ticks[0]) : 1
        let digits = isLogarithmic || step >= 1 ? 0 : Int((-log10(step)).rounded(.up))
        return NumberText.number(tick, digits)
    }

    /// The number among 1, 2 and 5 times powers of ten that divides a range into about five intervals.
    private static func step(for range: Double) -> Double {
        let rough = range / 5
        let power = pow(10, log10(rough).rounded(.down))
        return power * ([1, 2, 5].first { $0 * power >= rough } ?? 10)
    }
}
