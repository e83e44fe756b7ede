import Foundation

/// Values of any kind between ranks, as JSON, which keeps every bit of a number.
extension Communicator {
    /// Everything that the ranks have, in their order, on every rank. Collective: every rank calls it.
    package func allgatherAsJSON<Value: Codable>(_ own: [Value]) throws -> [Value] {
        size > 1 ? try decoded(allgather(encoded(own))) : own
    }

    /// Everything that the ranks have, in their order, on rank 0; nothing on the others. Collective: every rank calls
    /// it.
    package func gatherAsJSON<Value: Codable>(_ own: [Value]) throws -> [Value] {
        size > 1 ? try decoded(gather(encoded(own), root: 0) ?? []) : own
    }

    private func encoded(_ values: [some Encodable]) throws -> [UInt8] { Array(try JSONEncoder().encode(values)) }

    private func decoded<Value: Decodable>(_ ofRanks: [[UInt8]]) throws -> [Value] {
        try ofRanks.flatMap { try JSONDecoder().decode([Value].self, from: Data($0)) }
    }
}
