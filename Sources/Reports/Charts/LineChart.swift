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

        /// A mean and the standard deviation around it; nil for a single value.
        public init(x: Double, mean: Double, deviation: Double?) { (self.x, y, self.deviation) = (x, mean, deviation) }
    }

    /// A named series of points.
    public struct Line {
        let name: String
        let points: [Point]
        let isConnected, hasDots: Bool

        /// A line through the given points.
        ///
        /// - Parameters:
        ///   - isConnected: Whether the points are connected.
        ///   - hasDots: Whether there is a dot at each point.
        public init(_ name: String, _ points: [Point], isConnected: Bool = true, hasDots: Bool = true) {
            (self.name, self.points, self.isConnected, self.hasDots) = (name, points, isConnected, hasDots)
        }
    }

    private let title, xLabel, yLabel: String
    /// The lines that have points, each with its color: that of its place among all lines, also of those without.
    private let lines: [(line: Line, color: String)]
    private let isLogarithmic: Bool

    private static let area = (left: ChartParts.left, right: ChartParts.right, top: 40.0, bottom: 340.0)
    /// The legend is below the chart, two names a row.
    private static let legend = (top: 404.0, row: 22.0, columns: 2)

    /// A chart of several lines.
    ///
    /// - Parameter isLogarithmic: Whether the x axis is logarithmic.
    public init(title: String, x: String, y: String, isLogarithmic: Bool = false, _ lines: [Line]) {
        self.title = title
        xLabel = x
        yLabel = y
        self.lines = lines.enumerated().filter { !$1.points.isEmpty }.map {
            ($1, ChartParts.colors[$0 % ChartParts.colors.count])
        }
        self.isLogarithmic = isLogarithmic
    }

    /// The image, a complete SVG document.
    public var svg: String {
        let area = Self.area
        let points = lines.flatMap(\.line.points)
        let xs = points.map(\.x)
        let ys = points.flatMap { [$0.y - ($0.deviation ?? 0), $0.y + ($0.deviation ?? 0)] }
        let across = (from: area.left, to: area.right)
        let x = isLogarithmic ? Axis(logarithmic: xs, pixels: across) : Axis(linear: xs, pixels: across, isTight: true)
        let y = Axis(linear: ys, pixels: (from: area.bottom, to: area.top))
        let drawn = lines.map { drawing(of: $0.line, color: $0.color, x, y) }
        let frame = ChartParts.frame(title: title, xLabel: xLabel, yLabel: yLabel, x, y, area: area)
        let rows = Double((lines.count + Self.legend.columns - 1) / Self.legend.columns)
        let size = (width: ChartParts.width, height: Self.legend.top + rows * Self.legend.row)
        return ChartParts.image(title, size, frame + drawn + names)
    }

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
        let connection = line.points.contains { $0.deviation != nil } ? [band, stroke] : [stroke]
        return Markup("g", [:], (line.isConnected ? connection : []) + (line.hasDots ? dots : []))
    }

    /// The lines' names in the order of their last points, the highest first.
    private var names: [Markup] {
        let order = lines.indices.sorted {
            let (one, other) = (lines[$0].line.points, lines[$1].line.points)
            return (other[other.count - 1].y, $0) < (one[one.count - 1].y, $1)
        }
        return order.enumerated().flatMap { place, line in
            let (row, column) = (place / Self.legend.columns, place % Self.legend.columns)
            let left = Double(column) * ChartParts.width / Double(Self.legend.columns)
            let middle = Self.legend.top + Double(row) * Self.legend.row
            return [
                Markup(
                    "circle",
                    [
                        "cx": ChartParts.number(left + 8), "cy": ChartParts.number(middle), "r": "5",
                        "fill": lines[line].color,
                    ]),
                ChartParts.text(lines[line].line.name, at: (left + 20, middle + 5), anchor: "start"),
            ]
        }
    }
}
