import ArrayFiles
import EnsembleEvaluation
import EnsembleKernel

/// The charts of a sweep.
public struct SweepCharts {
    private let sweep: Sweep

    /// The charts of `sweep`.
    public init(_ sweep: Sweep) { self.sweep = sweep }

    /// The names of all files that may be written.
    public static let fileNames = [
        "accuracy-by-runs.svg", "accuracy-by-k.svg", "accuracy-by-transform.svg", "hubness.svg",
        "accuracy-by-class.svg", "accuracy-of-classes.svg",
    ]

    /// Every chart as SVG with the name of its file; the charts of single classes only if there are any.
    public var files: [(name: String, svg: String)] {
        let charts =
            [byRuns, byNeighbors, byTransform, hubness] + (sweep.kernelsOfClassesOfAllRuns.isEmpty ? [] : [byClass])
            + (sweep.sweepsClasses ? [ofClasses] : [])
        return zip(Self.fileNames, charts).map { (name: $0, svg: $1.svg) }
    }

    /// The paths of all files that a sweep may have in a folder.
    public static func files(in folder: String) -> [String] {
        (fileNames + ["sweep.csv", "sweep.json"]).map { "\(folder)/\($0)" }
    }

    /// Writes the charts, `sweep.csv` and then `sweep.json` into a folder.
    ///
    /// - Throws: `ArrayFileError` (73) if a file cannot be written.
    public func write(into folder: String) throws {
        try AtomicFile.remove(Self.fileNames.map { "\(folder)/\($0)" })
        try AtomicFile.write(
            files.map { ("\(folder)/\($0.name)", $0.svg) } + [("\(folder)/sweep.csv", sweep.csv)],
            then: ("\(folder)/sweep.json", try sweep.json()))
    }

    private static let accuracy = "test accuracy, %"

    /// The kernels of all classes by the first transform.
    private var kernels: [Sweep.Kernel] { sweep.kernels(sweep.kernels[0].transform) }

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

    var byRuns: LineChart {
        let (majority, weighted) = sweep.publishedVotes
        let scaled = kernels.filter { $0.local != nil }
        let further =
            scaled.isEmpty
            ? []
            : [
                line("kernel, local scaling", scaled, \.window) { $0.local?.accuracy ?? 0 },
                line("ensemble x local", scaled, \.window) { $0.local?.product ?? 0 },
            ]
        return LineChart(
            title: "Accuracy by the number of runs", x: "runs", y: Self.accuracy, isLogarithmic: true,
            further + [
                line("kernel, \(weighted.k) weighted", kernels, \.window) {
                    sweep.accuracy(of: weighted, by: $0)
                },
                line("kernel, \(majority.k) nearest", kernels, \.window) { sweep.accuracy(of: majority, by: $0) },
                line("ensemble, probabilities", sweep.averages, \.window) { $0.ensemble_probabilities },
                line("single run", sweep.averages, \.window) { $0.single_model_mean },
            ]
                + (scaled.isEmpty
                    ? [line("ensemble, logits", sweep.averages, \.window) { $0.ensemble_logits }] : [])
                + ofPixels)
    }

    /// The best vote by pixels, the same for any number of runs.
    private var ofPixels: [LineChart.Line] {
        guard let pixels = sweep.pixels else { return [] }
        let best = max(
            pixels.kernel_majority.accuracy, pixels.kernel_weighted.accuracy, pixels.kernel_local?.accuracy ?? 0)
        return [line("pixels, best vote", sweep.averages, \.window) { _ in best }]
    }

    private var byTransform: LineChart {
        let vote = sweep.publishedVotes.majority
        return LineChart(
            title: "Majority of the \(vote.k) nearest by transform of the logits", x: "runs", y: Self.accuracy,
            isLogarithmic: true,
            sweep.transforms.map { transform in
                line(transform.rawValue, sweep.kernels(transform), \.window) { sweep.accuracy(of: vote, by: $0) }
            })
    }

    private var hubness: LineChart {
        LineChart(
            title: "Hubness among the \(kernels.first?.hubness?.k ?? 0) nearest by transform of the logits", x: "runs",
            y: "skewness of neighbor counts", isLogarithmic: true,
            sweep.transforms.map { transform in
                LineChart.Line(
                    transform.rawValue,
                    sweep.byRuns(sweep.kernels(transform), \.window) { $0.hubness?.skewness ?? 0 }.map { size in
                        LineChart.Point(x: Double(size.runs), values: size.values)
                    })
            })
    }

    var byNeighbors: LineChart {
        func line(_ name: String, _ accuracies: [Double]) -> LineChart.Line {
            LineChart.Line(name, zip(sweep.k, accuracies).map { LineChart.Point(x: Double($0), values: [100 * $1]) })
        }
        return LineChart(
            title: "Accuracy by the number of neighbors, \(largest?.window.runs ?? 0) runs", x: "neighbors",
            y: Self.accuracy, isLogarithmic: true,
            Sweep.votes.map { vote in line(vote.shortName, largest.map { sweep.accuracies(of: vote, by: $0) } ?? []) })
    }

    private var byClass: LineChart {
        let vote = sweep.publishedVotes.majority
        let classes = sweep.kernelsOfClassesOfAllRuns.compactMap { kernel in
            kernel.one_class.map { number in
                LineChart.Point(x: Double(number), values: [100 * sweep.accuracy(of: vote, by: kernel)])
            }
        }
        let together = largest.map { [100 * sweep.accuracy(of: vote, by: $0)] } ?? []
        return LineChart(
            title: "Majority of the \(vote.k) nearest by single-class kernels", x: "class", y: Self.accuracy,
            [
                .init("one class", classes, isConnected: false),
                .init("all classes", classes.map { LineChart.Point(x: $0.x, values: together) }),
            ])
    }

    private var ofClasses: LineChart {
        let vote = sweep.publishedVotes.majority
        return LineChart(
            title: "Majority of the \(vote.k) nearest by single-class kernels and transform", x: "runs",
            y: Self.accuracy, isLogarithmic: true,
            sweep.transforms.map { transform in
                line(transform.rawValue, sweep.kernelsOfClasses(transform), \.window) {
                    sweep.accuracy(of: vote, by: $0)
                }
            })
    }
}
