/// The mean and the standard deviation over several ensembles.
public struct Spread<Value: Codable & Equatable & Sendable>: Codable, Equatable, Sendable {
    /// Mean over the ensembles.
    public let mean: Value
    /// Standard deviation over the ensembles, with n - 1; nil for a single one.
    public let std: Value?
}

extension [Double] {
    /// Arithmetic mean of at least one number.
    var mean: Double { reduce(0, +) / Double(count) }

    /// Standard deviation with n - 1, of at least two numbers.
    var standardDeviation: Double {
        let mean = mean
        return (reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count - 1)).squareRoot()
    }
}

extension Spread<Double> {
    /// The spread of at least one number.
    public init(of values: [Double]) {
        self.init(mean: values.mean, std: values.count > 1 ? values.standardDeviation : nil)
    }
}

extension Spread<Metrics> {
    /// The spread of every metric over at least one ensemble.
    public init(of ensembles: [Metrics]) {
        self.init(
            mean: Metrics(combining: ensembles) { $0.mean },
            std: ensembles.count > 1 ? Metrics(combining: ensembles) { $0.standardDeviation } : nil)
    }
}

extension Spread<Diversity> {
    /// The spread of every property of the diversity over at least one ensemble.
    public init(of ensembles: [Diversity]) {
        self.init(
            mean: Diversity(combining: ensembles) { $0.mean },
            std: ensembles.count > 1 ? Diversity(combining: ensembles) { $0.standardDeviation } : nil)
    }
}
