import Platform
import UserMessages

/// Elements common to all kinds of charts.
enum ChartParts {
    /// Colors that people with any kind of color vision can distinguish (Okabe and Ito, "Color universal design",
    /// 2008), and gray.
    static let colors = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#808080"]

    /// Text has the color of the page around an image within a page. An image by itself, which may be shown on any
    /// background, has a gray that is legible on white and on black.
    private static let style = Markup(
        "style", [:],
        [
            Markup(
                raw: """
                    text{font:14.5px system-ui,sans-serif;fill:currentColor}.title{font-size:16px;font-weight:600}\
                    .grid{stroke:#8884;stroke-width:1}.line{fill:none;stroke-width:2}.band{opacity:.16}\
                    .diagonal{stroke:#888;stroke-dasharray:5 4}.few{opacity:.35}
                    """)
        ])

    /// The size of all charts but for their height: small enough that text is legible where they fill a telephone.
    static let width = 480.0
    /// The places of the vertical axis and of the right end of the other.
    static let (left, right) = (62.0, 464.0)

    /// A complete SVG document with the given contents.
    static func image(_ title: String, _ size: (width: Double, height: Double), _ contents: [Markup]) -> String {
        Markup(
            "svg",
            [
                "xmlns": "http://www.w3.org/2000/svg", "viewBox": "0 0 \(Int(size.width)) \(Int(size.height))",
                "width": "\(Int(size.width))", "height": "\(Int(size.height))", "color": "#767676", "role": "img",
                "aria-label": title,
            ], [style] + contents
        ).description + "\n"
    }

    /// The title, the names of both axes, and their ticks.
    static func frame(
        title: String, xLabel: String, yLabel: String, _ x: Axis, _ y: Axis,
        area: (left: Double, right: Double, top: Double, bottom: Double)
    ) -> [Markup] {
        let rows = y.ticks.flatMap { tick -> [Markup] in
            let at = y.place(tick)
            return [
                line("grid", from: (area.left, at), to: (area.right, at)),
                text(y.name(tick), at: (area.left - 8, at + 4), anchor: "end"),
            ]
        }
        let columns = x.ticks.map { text(x.name($0), at: (x.place($0), area.bottom + 20), anchor: "middle") }
        return rows + columns + [
            text(title, at: (0, 20), anchor: "start", class: "title"),
            text(xLabel, at: ((area.left + area.right) / 2, area.bottom + 42), anchor: "middle"),
            Markup(
                "text",
                [
                    "x": "0", "y": "0", "text-anchor": "middle",
                    "transform": "translate(14 \(number((area.top + area.bottom) / 2))) rotate(-90)",
                ], [Markup(text: yLabel)]),
        ]
    }

    static func text(
        _ text: String, at place: (Double, Double), anchor: String, class: String = "name"
    ) -> Markup {
        Markup(
            "text",
            ["x": number(place.0), "y": number(place.1), "text-anchor": anchor, "class": `class`],
            [Markup(text: text)])
    }

    static func line(_ class: String, from: (Double, Double), to: (Double, Double)) -> Markup {
        Markup(
            "line",
            [
                "class": `class`, "x1": number(from.0), "y1": number(from.1), "x2": number(to.0), "y2": number(to.1),
            ])
    }

    /// A coordinate with one decimal: a tenth of a pixel.
    static func number(_ value: Double) -> String { NumberText.number(value, 1) }
}
