import MessagePassing

/// Wall time of a job by phase, in seconds.
public struct PhaseSeconds: Codable, Equatable, Sendable {
    /// Opening the files, and the pass over them that computes the moments.
    public var read = 0.0
    /// Log-softmax and standardization of the panels.
    public var standardize = 0.0
    /// The matrix products.
    public var product = 0.0
    /// Summing partial kernels over the ranks.
    public var reduce = 0.0
    /// Selecting candidates, and merging the nearest neighbors.
    public var select = 0.0
    /// Exact inner products of the candidates.
    public var refine = 0.0
    /// From start to end, including time that belongs to no phase.
    public var total = 0.0

    /// Zero seconds for all phases.
    public init() {}

    private enum CodingKeys: String, CodingKey {
        case read, standardize, product, reduce, select, refine, total
        /// The key of the previous version, which is written for one more version.
        case standardise
    }

    /// Decodes the seconds, with the previous version's key for `standardize` as well.
    ///
    /// - Throws: `DecodingError` if a phase is missing.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func seconds(_ key: CodingKeys) throws -> Double { try container.decode(Double.self, forKey: key) }
        (read, product, reduce) = (try seconds(.read), try seconds(.product), try seconds(.reduce))
        (select, refine, total) = (try seconds(.select), try seconds(.refine), try seconds(.total))
        standardize = try container.decodeIfPresent(Double.self, forKey: .standardize) ?? seconds(.standardise)
    }

    /// Encodes the seconds, with `standardize` under both keys.
    ///
    /// - Throws: `EncodingError`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        for (key, value) in [
            (CodingKeys.read, read), (.standardize, standardize), (.standardise, standardize), (.product, product),
            (.reduce, reduce), (.select, select), (.refine, refine), (.total, total),
        ] { try container.encode(value, forKey: key) }
    }

    /// The given seconds by phase, with their sum as the total.
    init(
        read: Double = 0, standardize: Double = 0, product: Double = 0, reduce: Double = 0, select: Double = 0,
        refine: Double = 0
    ) {
        self.read = read
        self.standardize = standardize
        self.product = product
        self.reduce = reduce
        self.select = select
        self.refine = refine
        total = read + standardize + product + reduce + select + refine
    }

    /// Runs `body` and adds its time to one phase; rethrows its errors.
    ///
    /// - Throws: Errors of `body`.
    public mutating func measure<Result>(
        _ phase: WritableKeyPath<PhaseSeconds, Double>, _ body: () throws -> Result
    ) rethrows -> Result {
        let start = ContinuousClock.now
        defer { self[keyPath: phase] += (ContinuousClock.now - start) / .seconds(1) }
        return try body()
    }

    /// Adds the seconds phase by phase.
    package static func += (sum: inout PhaseSeconds, other: PhaseSeconds) {
        for phase in [\.read, \.standardize, \.product, \.reduce, \.select, \.refine, \.total]
            as [WritableKeyPath<PhaseSeconds, Double>]
        { sum[keyPath: phase] += other[keyPath: phase] }
    }

    /// The time of the slowest rank, phase by phase. Collective: every rank calls it.
    ///
    /// - Throws: `MPIError`.
    public func slowest(over world: Communicator) throws -> PhaseSeconds {
        let longest = try world.allreduce([read, standardize, product, reduce, select, refine, total], .max)
        var result = PhaseSeconds()
        (result.read, result.standardize, result.product) = (longest[0], longest[1], longest[2])
        (result.reduce, result.select, result.refine, result.total) = (longest[3], longest[4], longest[5], longest[6])
        return result
    }
}
