import MessagePassing

/// Seconds of wall time by phase of a job.
public struct PhaseSeconds: Codable, Equatable, Sendable {
    /// Opening the files and the pass over them that computes the moments.
    public var read = 0.0
    /// Log-softmax and standardisation of the panels.
    public var standardise = 0.0
    /// The matrix products.
    public var product = 0.0
    /// Summing partial kernels over the ranks.
    public var reduce = 0.0
    /// Selecting candidates, and merging the nearest neighbours.
    public var select = 0.0
    /// Exact inner products of the candidates.
    public var refine = 0.0
    /// From start to end, what belongs to no phase included.
    public var total = 0.0

    /// All zero.
    public init() {}

    /// Phases that make up the total.
    init(
        read: Double = 0, standardise: Double = 0, product: Double = 0, reduce: Double = 0, select: Double = 0,
        refine: Double = 0
    ) {
        self.read = read
        self.standardise = standardise
        self.product = product
        self.reduce = reduce
        self.select = select
        self.refine = refine
        total = read + standardise + product + reduce + select + refine
    }

    /// Runs `body` and adds its time to one phase.
    public mutating func measure<Result>(
        _ phase: WritableKeyPath<PhaseSeconds, Double>, _ body: () throws -> Result
    ) rethrows -> Result {
        let start = ContinuousClock.now
        defer { self[keyPath: phase] += (ContinuousClock.now - start) / .seconds(1) }
        return try body()
    }

    /// Adds phase by phase.
    static func += (sum: inout PhaseSeconds, other: PhaseSeconds) {
        for phase in [\.read, \.standardise, \.product, \.reduce, \.select, \.refine, \.total]
            as [WritableKeyPath<PhaseSeconds, Double>]
        { sum[keyPath: phase] += other[keyPath: phase] }
    }

    /// Phase by phase the time of the slowest rank. Collective: every rank calls it.
    public func slowest(over world: Communicator) throws -> PhaseSeconds {
        let longest = try world.allreduce([read, standardise, product, reduce, select, refine, total], .max)
        var result = PhaseSeconds()
        (result.read, result.standardise, result.product) = (longest[0], longest[1], longest[2])
        (result.reduce, result.select, result.refine, result.total) = (longest[3], longest[4], longest[5], longest[6])
        return result
    }
}
