import ArrayFiles
import Foundation
import TestSupport

/// The path of a committed fixture; `make_fixtures.py` says what is in it.
func fixture(_ name: String) -> String {
    Fixtures.arrayFile(name)
}

/// The bytes of a committed fixture.
func bytes(of name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(fileURLWithPath: fixture(name))))
}

/// The error with which opening a file of these contents, and reading all that is in it, ends; nil if it does not.
func error(_ name: String, _ contents: [UInt8]) throws -> ArrayFileError? {
    let scratch = try Scratch()
    return try refusal { try readAll(scratch(name, holding: contents)) }
}

/// Opens a file and touches every element in it.
@discardableResult
func readAll(_ path: String) throws -> [Tensor] {
    let tensors = try ArrayFile.open(path)
    for tensor in tensors {
        try tensor.withContiguousBytes { bytes in
            precondition(bytes.count == tensor.byteCount)
            _ = bytes.reduce(0, &+)
        }
    }
    return tensors
}

/// The only tensor of that name in a fixture.
func tensor(_ name: String, in file: String) throws -> Tensor {
    try ArrayFile.open(fixture(file)).first { $0.name == name }!
}

extension Tensor {
    /// All elements in C order, in float64.
    func values() throws -> [Double] {
        try withContiguousBytes { bytes in
            func all<Number: BinaryFloatingPoint>(_: Number.Type) -> [Double] {
                bytes.bindMemory(to: Number.self).map { Double($0) }
            }
            switch elementType {
            case .float16: return all(Float16.self)
            case .bfloat16:
                return bytes.bindMemory(to: UInt16.self).map { Double(Float(bitPattern: UInt32($0) << 16)) }
            case .float32: return all(Float.self)
            case .float64: return all(Double.self)
            default: return try integers().map { Double($0) }
            }
        }
    }
}

/// What every `grid` fixture holds: element [i, j, k] of shape (3, 4, 5) is 100 i + 10 j + k.
let grid: [Double] = (0..<60).map { place in
    let (i, j, k) = (place / 20, place / 5 % 4, place % 5)
    return Double(100 * i + 10 * j + k)
}

/// The leaves of what a fixture holds, in a few words each, by their names.
func outline(of path: String) throws -> [String: String] {
    let leaves = try ArrayFile(path).root.leaves.map { leaf in
        let words =
            switch leaf.value {
            case .tensor(let tensor): "\(tensor.elementType.rawValue) \(tensor.shape)"
            case .texts(let texts): "\(texts)"
            case .plain: "plain"
            case .none: "none"
            case .unread(let reason): reason
            case .list, .dictionary: "no leaf"
            }
        return (leaf.name, words)
    }
    return Dictionary(leaves) { first, _ in "\(first), and another" }
}
