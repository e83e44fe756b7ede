/// The mean over several ensembles, and how far they lie apart.
public struct Spread<Value: Codable & Equatable & Sendable>: Codable, Equatable, Sendable {
    /// Mean.
    public let mean: Value
    /// Standard deviation, with one less than their number; nil for one.
    public let std: Value?
}

extension [Double] {
    /// Arithmetic mean, of at least one.
    var mean: Double { reduce(0, +) / Double(count) }

    /// Standard deviation with n - 1, of at least two.
    var standardDeviation: Double {
        let mean = mean
        return (reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count - 1)).squareRoot()
    }
}

extension Spread<Double> {
    /// The spread of at least one value.
    public init(of values: [Double]) {
        self.init(mean: values.mean, std: values.count > 1 ? values.standardDeviation : nil)
    }
}

extension Spread<Metrics> {
    /// The spread of every measure, of at least one ensemble.
    public init(of ensembles: [Metrics]) {
        self.init(
            mean: Metrics(combining: ensembles) { $0.mean },
            std: ensembles.count > 1 ? Metrics(combining: ensembles) { $0.standardDeviation } : nil)
    }
}

extension Spread<Diversity> {
    /// The spread of every difference, of at least one ensemble.
    public init(of ensembles: [Diversity]) {
        self.init(
            mean: Diversity(combining: ensembles) { $0.mean },
            std: ensembles.count > 1 ? Diversity(combining: ensembles) { $0.standardDeviation } : nil)
    }
}
