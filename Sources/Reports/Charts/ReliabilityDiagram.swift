import EnsembleMetrics
import Platform
import UserMessages

/// Accuracy against confidence, with the number of predictions in each bin below, as an SVG image for light and dark
/// pages.
///
/// The bar of a point is the 95 % interval of its accuracy (Wilson, 1927). Points of few predictions are pale, and not
/// connected with the others: they would make the line jump.
package struct ReliabilityDiagram {
    /// Those that hold predictions, each with its place among all.
    private let bins: [(place: Int, bin: ReliabilityBin)]
    private let numberOfBins: Int
    private let title: String

    /// The number of predictions from which a point is shown in full.
    package static let enoughPredictions = 30

    private static let area = (left: ChartParts.left, right: ChartParts.right, top: 40.0, bottom: 330.0)
    /// The bars of the counts, and the counts above them, which are turned to have room.
    private static let counts = (words: 390.0, top: 396.0, bottom: 450.0)
    /// Of a 95 % interval, in standard deviations.
    private static let width = 1.96

    /// A diagram of bins of equal width from 0 to 1; empty ones are left out.
    package init(_ bins: [ReliabilityBin], title: String = "Reliability diagram") {
        self.title = title
        numberOfBins = bins.count
        self.bins = bins.enumerated().filter { $0.element.answers > 0 }.map { (place: $0.offset, bin: $0.element) }
    }

    /// The 95 % interval of the accuracy of a bin.
    package static func interval(of bin: ReliabilityBin) -> ClosedRange<Double> {
        let (n, p, z) = (Double(bin.answers), bin.accuracy, width)
        let middle = (p + z * z / (2 * n)) / (1 + z * z / n)
        let reach = z / (1 + z * z / n) * (p * (1 - p) / n + z * z / (4 * n * n)).squareRoot()
        return max(0, middle - reach)...min(1, middle + reach)
    }

    /// The image, a complete SVG document.
    package var svg: String {
        let area = Self.area
        let x = Axis(linear: [0, 1], pixels: (area.left, area.right), isTight: true)
        let y = Axis(linear: [0, 1], pixels: (area.bottom, area.top), isTight: true)
        let frame = ChartParts.frame(
            title: title, xLabel: "confidence", yLabel: "accuracy", x, y,
            area: (area.left, area.right, area.top, Self.counts.bottom))
        let diagonal = ChartParts.line("diagonal", from: (x.place(0), y.place(0)), to: (x.place(1), y.place(1)))
        return ChartParts.image(
            title, (ChartParts.width, Self.counts.bottom + 52), frame + [diagonal] + curve(x, y) + histogram(x))
    }

    /// The points with their intervals, and a line through those of many predictions.
    private func curve(_ x: Axis, _ y: Axis) -> [Markup] {
        func place(_ bin: ReliabilityBin) -> (x: Double, y: Double) {
            (x.place(bin.confidence), y.place(bin.accuracy))
        }
        let color = ChartParts.colors[0]
        let certain = bins.map(\.bin).filter { $0.answers >= Self.enoughPredictions }.map(place)
        let path = certain.map { "\(ChartParts.number($0.x)),\(ChartParts.number($0.y))" }.joined(separator: " ")
        let line = Markup("polyline", ["class": "line", "stroke": color, "points": path])
        let points = bins.map { _, bin in
            let (at, interval) = (place(bin), Self.interval(of: bin))
            let words = "\(NumberText.grouped(bin.answers)) predictions, \(NumberText.percent(bin.accuracy)) % correct"
            return Markup(
                "g", ["class": bin.answers < Self.enoughPredictions ? "few" : "many"],
                [
                    Markup("title", [:], [Markup(text: words)]),
                    Markup(
                        "path",
                        [
                            "class": "line", "stroke": color,
                            "d": "M\(ChartParts.number(at.x)) \(ChartParts.number(y.place(interval.lowerBound)))"
                                + "V\(ChartParts.number(y.place(interval.upperBound)))",
                        ]),
                    Markup(
                        "circle",
                        ["cx": ChartParts.number(at.x), "cy": ChartParts.number(at.y), "r": "4", "fill": color]),
                ])
        }
        return [line] + points
    }

    /// The number of predictions of each bin, as bars and in words.
    private func histogram(_ x: Axis) -> [Markup] {
        let most = Double(bins.map(\.bin.answers).max() ?? 1)
        return bins.flatMap { place, bin -> [Markup] in
            func edge(_ place: Int) -> Double { x.place(Double(place) / Double(numberOfBins)) }
            let (left, right) = (edge(place), edge(place + 1))
            let height = max(1, (Self.counts.bottom - Self.counts.top) * Double(bin.answers) / most)
            return [
                Markup(
                    "rect",
                    [
                        "x": ChartParts.number(left), "y": ChartParts.number(Self.counts.bottom - height),
                        "width": ChartParts.number(max(0.5, right - left - 1)), "height": ChartParts.number(height),
                        "fill": ChartParts.colors[ChartParts.colors.count - 1],
                    ]),
                Markup(
                    "text",
                    [
                        "class": "count",
                        "transform": "translate(\(ChartParts.number((left + right) / 2 + 5)) "
                            + "\(ChartParts.number(Self.counts.words))) rotate(-90)",
                    ], [Markup(text: NumberText.grouped(bin.answers))]),
            ]
        }
    }
}
