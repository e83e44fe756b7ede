import EnsembleEvaluation
import EnsembleMetrics
import Foundation
import Reports
import Testing
import TestSupport

@Suite struct ChartTests {
    @Test(arguments: [
        ([83.9, 85.2], [83.5, 84, 84.5, 85, 85.5], ["83.5", "84.0", "84.5", "85.0", "85.5"]),
        ([0, 1], [0, 0.2, 0.4, 0.6, 0.8, 1], ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
        ([-30, 41], [-40, -20, 0, 20, 40, 60], ["-40", "-20", "0", "20", "40", "60"]),
    ])
    func `ticks are round numbers that enclose all values`(values: [Double], ticks: [Double], names: [String]) {
        let axis = Axis(linear: values, pixels: (100, 0))
        #expect(axis.ticks.count == ticks.count && zip(axis.ticks, ticks).allSatisfy { abs($0 - $1) < 1e-9 })
        #expect(axis.ticks.map(axis.name) == names)
        #expect(axis.place(ticks[0]) == 100 && abs(axis.place(ticks[ticks.count - 1])) < 1e-9)
    }

    @Test func `a single value has an axis, and so has none`() {
        let axis = Axis(linear: [84.5], pixels: (0, 10))
        #expect(axis.ticks.count > 1 && (0...10).contains(axis.place(84.5)))
        #expect(Axis(linear: [], pixels: (0, 10)).ticks.count > 1)
        #expect(Axis(linear: [0, 0], pixels: (0, 10)).place(0).isFinite)
    }

    @Test(arguments: [10, 0.5, -40, 1e-300] as [Double])
    func `values that differ by rounding are one value`(value: Double) {
        let axis = Axis(linear: [value, value.nextUp], pixels: (0, 10))
        #expect(axis.ticks.count > 1 && Set(axis.ticks.map(axis.name)).count == axis.ticks.count)
        #expect(axis.ticks.allSatisfy { axis.name($0).count < 8 })
    }

    @Test func `a line without points leaves its color to nobody, and one without deviations has no band`() throws {
        let mean: [LineChart.Point] = [1, 2].map { .init(x: $0, mean: $0 + 1, deviation: nil) }
        let spread: [LineChart.Point] = [1, 2].map { .init(x: $0, mean: $0 + 1, deviation: 0.5) }
        let chart = LineChart(
            title: "", x: "", y: "", [.init("none", []), .init("mean", mean), .init("spread", spread, hasDots: false)])
        let elements = try parsed(chart.svg)
        #expect(elements.filter { $0.name == "polyline" }.map { $0.attributes["stroke"] } == ["#d55e00", "#009e73"])
        #expect(elements.filter { $0.name == "polygon" }.map { $0.attributes["fill"] } == ["#009e73"])
        #expect(elements.count { $0.name == "circle" && $0.attributes["r"] == "3" } == 2)
    }

    @Test func `on a logarithmic axis equal factors are equal distances`() {
        let axis = Axis(logarithmic: [4, 16, 8, 64, 16], pixels: (0, 400))
        #expect(axis.ticks == [4, 8, 16, 64])
        #expect(zip([4.0, 8, 16, 32, 64], [0.0, 100, 200, 300, 400]).allSatisfy { abs(axis.place($0) - $1) < 1e-9 })
        // Names that would cover one another are left out.
        #expect(Axis(logarithmic: (1...100).map(Double.init), pixels: (0, 400)).ticks.count < 17)
        #expect(Axis(logarithmic: [512], pixels: (0, 400)).place(512) == 0)
    }

    @Test func `a chart is a well-formed SVG whose names do not overlap`() throws {
        let chart = LineChart(
            title: "a < b & \"c\"", x: "runs", y: "accuracy, %", isLogarithmic: true,
            [
                .init("same", [1, 2, 4].map { .init(x: $0, values: [80, 81]) }),
                .init("alike", [1, 2, 4].map { .init(x: $0, values: [80.5]) }),
                .init("dots", [1, 2, 4].map { .init(x: $0, values: [80.5]) }, isConnected: false),
                .init("nothing", []),
            ])
        let names = try parsed(chart.svg).filter { $0.name == "text" && $0.attributes["class"] == "name" }
        let labels = names.filter { ["same", "alike", "dots"].contains($0.text) }
        #expect(labels.count == 3 && !names.contains { $0.text == "nothing" })
        // Names stand in two columns, that of the highest line first.
        let places = labels.map { [$0.attributes["x"], $0.attributes["y"]].compactMap { Double($0 ?? "") } }
        #expect(Set(places).count == 3 && Set(places.map { $0[0] }).count == 2)
        #expect(Set(places.map { $0[1] }).sorted().elementsEqual([409, 431]))
        let elements = try parsed(chart.svg)
        #expect(elements.count { $0.name == "circle" } == 3 * 3 + 3)
        #expect(elements.count { $0.name == "polyline" } == 2)
        #expect(elements.first?.attributes["aria-label"] == "a < b & \"c\"")
        #expect(!chart.svg.contains("nan") && !chart.svg.contains("inf"))
    }

    @Test func `a reliability diagram says how many predictions a point has, and how sure it is`() throws {
        let bins: [ReliabilityBin] = [
            .init(answers: 0, confidence: 0, accuracy: 0), .init(answers: 10, confidence: 0.4, accuracy: 0.5),
            .init(answers: 100, confidence: 0.6, accuracy: 0.7), .init(answers: 1234, confidence: 0.9, accuracy: 1),
        ]
        // Of statsmodels: proportion_confint(5, 10, 0.05, "wilson").
        let interval = ReliabilityDiagram.interval(of: bins[1])
        #expect(abs(interval.lowerBound - 0.23659) < 1e-4 && abs(interval.upperBound - 0.76341) < 1e-4)
        #expect(ReliabilityDiagram.interval(of: bins[3]).upperBound == 1)

        let svg = ReliabilityDiagram(bins).svg
        let elements = try parsed(svg)
        let classes = elements.map { $0.attributes["class"] }
        #expect(classes.count { $0 == "few" } == 1 && classes.count { $0 == "many" } == 2)
        #expect(classes.contains("diagonal") && elements.count { $0.name == "rect" } == 3)
        #expect(elements.filter { $0.attributes["class"] == "count" }.map(\.text) == ["10", "100", "1,234"])
        // The line leaves out the point of few predictions.
        let line = try #require(elements.first { $0.name == "polyline" }?.attributes["points"])
        #expect(line.split(separator: " ").count == 2)
        #expect(!svg.contains("nan"))
        #expect(try !parsed(ReliabilityDiagram([]).svg).isEmpty)
    }

    private struct Element: Decodable {
        let name: String
        let attributes: [String: String]
        let text: String
    }

    /// The elements of a document, by Python's parser.
    private func parsed(_ svg: String) throws -> [Element] {
        let python = try Python.run(
            """
            import json, sys, xml.etree.ElementTree as tree
            print(json.dumps([{"name": e.tag.split("}")[-1], "attributes": e.attrib, "text": e.text or ""}
                              for e in tree.fromstring(sys.stdin.read()).iter()]))
            """, input: Data(svg.utf8))
        try #require(python.status == 0)
        return try JSONDecoder().decode([Element].self, from: python.output)
    }
}
