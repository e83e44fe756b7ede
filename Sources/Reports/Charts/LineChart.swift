import EnsembleMetrics

/// A line chart over one axis, with a band around each line that has several values per point, as an SVG image for
/// light and dark pages.
public struct LineChart {
    /// A point of a line: its mean, and the standard deviation of its values.
    public struct Point {
        let x, y: Double
        let deviation: Double?

        /// The mean and standard deviation of some values; no deviation for a single value.
        public init(x: Double, values: [Double]) {
            self.x = x
            let spread = Spread(of: values)
            (y, deviation) = (spread.mean, spread.std)
        }
    }

    /// A named series of points.
    public struct Line {
        let name: String
        let points: [Point]
        let isConnected: Bool

        /// A line through the given points.
        ///
        /// - Parameter isConnected: Whether the points are connected.
        public init(_ name: String, _ points: [Point], isConnected: Bool = true) {
            self.name = name
            self.points = points
            self.isConnected = isConnected
        }
    }

    private let title, xLabel, yLabel: String
    private let lines: [Line]
    private let isLogarithmic: Bool

    private static let size = (width: 760.0, height: 420.0)
    private static let margins = (left: 62.0, right: 190.0, top: 44.0, bottom: 52.0)
    private static let heightOfName = 16.0

    /// A chart of several lines.
    ///
    /// - Parameter isLogarithmic: Whether the x axis is logarithmic.
    public init(title: String, x: String, y: String, isLogarithmic: Bool = false, _ lines: [Line]) {
        self.title = title
        xLabel = x
        yLabel = y
        self.lines = lines.filter { !$0.points.isEmpty }
        self.isLogarithmic = isLogarithmic
    }

    /// The image, a complete SVG document.
    public var svg: String {
        let (size, margins) = (Self.size, Self.margins)
        let xs = lines.flatMap { $0.points.map(\.x) }
        let ys = lines.flatMap { $0.points.flatMap { [$0.y - ($0.deviation ?? 0), $0.y + ($0.deviation ?? 0)] } }
        let across = (from: margins.left, to: size.width - margins.right)
        let x = isLogarithmic ? Axis(logarithmic: xs, pixels: across) : Axis(linear: xs, pixels: across, isTight: true)
        let y = Axis(linear: ys, pixels: (from: size.height - margins.bottom, to: margins.top))
        let drawn = zip(lines, 0...).map { drawing(of: $0, color: Self.color($1), x, y) }
        let frame = ChartParts.frame(
            title: title, xLabel: xLabel, yLabel: yLabel, x, y, size: size,
            area: (margins.left, size.width - margins.right, margins.top, size.height - margins.bottom))
        return ChartParts.image(title, size, frame + drawn + names(y, across.to))
    }

    private static func color(_ line: Int) -> String { ChartParts.colors[line % ChartParts.colors.count] }

    private func drawing(of line: Line, color: String, _ x: Axis, _ y: Axis) -> Markup {
        func path(_ points: [(Double, Double)]) -> String {
            points.map { "\(ChartParts.number($0.0)),\(ChartParts.number($0.1))" }.joined(separator: " ")
        }
        let points = line.points.map { (x.place($0.x), y.place($0.y)) }
        func edge(_ side: Double) -> [(Double, Double)] {
            line.points.map { (x.place($0.x), y.place($0.y + side * ($0.deviation ?? 0))) }
        }
        let band = Markup(
            "polygon", ["class": "band", "fill": color, "points": path(edge(1) + edge(-1).reversed())])
        let stroke = Markup("polyline", ["class": "line", "stroke": color, "points": path(points)])
        let dots = points.map {
            Markup("circle", ["cx": ChartParts.number($0.0), "cy": ChartParts.number($0.1), "r": "3", "fill": color])
        }
        return Markup("g", [:], (line.isConnected ? [band, stroke] : []) + dots)
    }

    /// The lines' names beside their last points, moved apart if they would overlap.
    private func names(_ y: Axis, _ right: Double) -> [Markup] {
        var ends = lines.indices.map { (line: $0, at: y.place(lines[$0].points[lines[$0].points.count - 1].y)) }
        ends.sort { $0.at < $1.at }
        for place in ends.indices.dropFirst() {
            ends[place].at = max(ends[place].at, ends[place - 1].at + Self.heightOfName)
        }
        let overflow = (ends.last?.at ?? 0) - (Self.size.height - Self.margins.bottom)
        if overflow > 0 {
            for place in ends.indices.reversed() {
                let limit = place + 1 < ends.count ? ends[place + 1].at - Self.heightOfName : ends[place].at - overflow
                ends[place].at = min(ends[place].at, limit)
            }
        }
        return ends.flatMap { end in
            [
                Markup(
                    "circle",
                    [
                        "cx": ChartParts.number(right + 14), "cy": ChartParts.number(end.at), "r": "4",
                        "fill": Self.color(end.line),
                    ]),
                ChartParts.text(lines[end.line].name, at: (right + 24, end.at + 4), anchor: "start"),
            ]
        }
    }
}
