import Platform

/// Values of any `Codable` type, sent between ranks as JSON, which preserves every bit of a finite number.
extension Communicator {
    /// Gathers the values of all ranks, in rank order, on every rank. Collective: every rank calls it.
    ///
    /// - Throws: `MPIError`, or `EncodingError` for a value that JSON cannot represent, such as NaN.
    package func allgatherAsJSON<Value: Codable>(_ own: [Value]) throws -> [Value] {
        size > 1 ? try decoded(allgather(encoded(own))) : own
    }

    /// Gathers the values of all ranks, in rank order, on rank 0; the other ranks get an empty array. Collective: every
    /// rank calls it.
    ///
    /// - Throws: `MPIError`, or `EncodingError` for a value that JSON cannot represent, such as NaN.
    package func gatherAsJSON<Value: Codable>(_ own: [Value]) throws -> [Value] {
        size > 1 ? try decoded(gather(encoded(own), root: 0) ?? []) : own
    }

    private func encoded(_ values: [some Encodable]) throws -> [UInt8] { Array(try JSONEncoder().encode(values)) }

    private func decoded<Value: Decodable>(_ ofRanks: [[UInt8]]) throws -> [Value] {
        try ofRanks.flatMap { try JSONDecoder().decode([Value].self, from: Data($0)) }
    }
}
