import Foundation

/// Values as bytes to send to other ranks: JSON keeps every bit of a number.
func encodedAsJSON(_ value: some Encodable) throws -> [UInt8] { Array(try JSONEncoder().encode(value)) }

/// The value that another rank encoded.
func decodedFromJSON<Value: Decodable>(_ bytes: [UInt8]) throws -> Value {
    try JSONDecoder().decode(Value.self, from: Data(bytes))
}
