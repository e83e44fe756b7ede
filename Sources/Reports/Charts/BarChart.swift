import Platform

/// A bar chart of counts over one axis, as an SVG image for light and dark pages.
struct BarChart {
    let title, xLabel, yLabel: String
    /// The position and height of each bar; evenly spaced.
    let bars: [(x: Double, count: Int)]

    private static let area = (left: ChartParts.left, right: ChartParts.right, top: 40.0, bottom: 250.0)

    /// The image, a complete SVG document.
    var svg: String {
        let area = Self.area
        let step = bars.count > 1 ? bars[1].x - bars[0].x : 1
        let ends = [(bars.first?.x ?? 0) - step / 2, (bars.last?.x ?? 1) + step / 2]
        let x = Axis(linear: ends, pixels: (area.left, area.right), isTight: true)
        let y = Axis(
            linear: [0, Double(bars.map(\.count).max() ?? 1)], pixels: (area.bottom, area.top))
        let base = y.place(0)
        let drawn = bars.filter { $0.count > 0 }.map { bar in
            let (left, right, top) = (x.place(bar.x - step / 2), x.place(bar.x + step / 2), y.place(Double(bar.count)))
            return Markup(
                "rect",
                [
                    "x": ChartParts.number(left), "y": ChartParts.number(top),
                    "width": ChartParts.number(max(0.5, right - left - 1)), "height": ChartParts.number(base - top),
                    "fill": ChartParts.colors[0],
                ], [Markup("title", [:], [Markup(text: "\(bar.count)")])])
        }
        let frame = ChartParts.frame(title: title, xLabel: xLabel, yLabel: yLabel, x, y, area: area)
        return ChartParts.image(title, (ChartParts.width, area.bottom + 52), frame + drawn)
    }
}
