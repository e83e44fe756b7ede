import EnsembleEvaluation
import EnsembleKernel

/// The pictures of a sweep.
public struct SweepCharts {
    private let sweep: Sweep

    /// Those of `sweep`.
    public init(_ sweep: Sweep) { self.sweep = sweep }

    /// The names of all files that there may be.
    public static let fileNames = [
        "accuracy-by-runs.svg", "accuracy-by-k.svg", "accuracy-by-transform.svg", "accuracy-by-class.svg",
    ]

    /// Every picture by the name of its file, as SVG; of single classes only where there are such.
    public var files: [(name: String, svg: String)] {
        let charts = [byRuns, byNeighbours, byTransform] + (ofClasses.isEmpty ? [] : [byClass])
        return zip(Self.fileNames, charts).map { (name: $0, svg: $1.svg) }
    }

    private static let accuracy = "test accuracy, %"

    /// The kernels of all classes by the transform that was looked at first.
    private var kernels: [Sweep.Kernel] { sweep.kernels(sweep.kernels[0].transform) }

    private var ofClasses: [Sweep.Kernel] { sweep.kernels.filter { $0.one_class != nil } }

    private var largest: Sweep.Kernel? { kernels.max { $0.window.runs < $1.window.runs } }

    private func line<Point>(
        _ name: String, _ points: [Point], _ window: (Point) -> Sweep.Window, _ value: (Point) -> Double
    ) -> LineChart.Line {
        LineChart.Line(
            name,
            sweep.byRuns(points, window, value).map { size in
                LineChart.Point(x: Double(size.runs), values: size.values.map { 100 * $0 })
            })
    }

    private var placeOfThree: Int { sweep.place(of: 3) }

    var byRuns: LineChart {
        let (twenty, power) = (sweep.place(of: 20), sweep.placeOfFourthPower)
        return LineChart(
            title: "Accuracy by the number of runs", x: "runs", y: Self.accuracy, isLogarithmic: true,
            [
                line("kernel, \(sweep.k[twenty]) weighted", kernels, \.window) { $0.weighted[power][twenty] },
                line("kernel, majority of \(sweep.k[placeOfThree])", kernels, \.window) { $0.majority[placeOfThree] },
                line("mean of probabilities", sweep.averages, \.window) { $0.ensemble_probabilities },
                line("mean of logits", sweep.averages, \.window) { $0.ensemble_logits },
                line("single run", sweep.averages, \.window) { $0.single_model_mean },
            ])
    }

    private var byTransform: LineChart {
        LineChart(
            title: "Majority of \(sweep.k[placeOfThree]), by what the logits become", x: "runs", y: Self.accuracy,
            isLogarithmic: true,
            sweep.transforms.map { transform in
                line(transform.rawValue, sweep.kernels(transform), \.window) { $0.majority[placeOfThree] }
            })
    }

    var byNeighbours: LineChart {
        func line(_ name: String, _ accuracies: [Double]) -> LineChart.Line {
            LineChart.Line(name, zip(sweep.k, accuracies).map { LineChart.Point(x: Double($0), values: [100 * $1]) })
        }
        let weighted = zip(sweep.powers, largest?.weighted ?? []).map { line("similarity^\(Int($0))", $1) }
        return LineChart(
            title: "Accuracy by the number of neighbours, \(largest?.window.runs ?? 0) runs", x: "neighbours",
            y: Self.accuracy, isLogarithmic: true, [line("majority", largest?.majority ?? [])] + weighted)
    }

    private var byClass: LineChart {
        let classes = ofClasses.compactMap { kernel in
            kernel.one_class.map { LineChart.Point(x: Double($0), values: [100 * kernel.majority[placeOfThree]]) }
        }
        let together = largest.map { [100 * $0.majority[placeOfThree]] } ?? []
        return LineChart(
            title: "Majority of \(sweep.k[placeOfThree]) by the kernel of one class", x: "class", y: Self.accuracy,
            [
                .init("one class", classes, isConnected: false),
                .init("all classes", classes.map { LineChart.Point(x: $0.x, values: together) }),
            ])
    }
}
