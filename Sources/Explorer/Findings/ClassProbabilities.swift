import ArrayFiles
import Ensembles
import UserMessages

/// Probabilities of the classes of every example, as a report has saved them: float32 (M, C).
struct ClassProbabilities: Sendable {
    private let tensor: Tensor
    /// The likeliest class of each example, of equal ones the first.
    let predicted: [Int32]

    /// The probabilities in a file.
    ///
    /// - Throws: `ArrayFileError` if it cannot be read, `UserError` (65) if it has none of this shape.
    init(_ path: String, _ shape: (examples: Int, classes: Int)) throws {
        let (examples, classes) = shape
        tensor = try ArrayFile.required(path, .float32, examples: examples, columns: classes)
        predicted = try tensor.withContiguousBytes { bytes in
            let all = bytes.bindMemory(to: Float.self)
            return (0..<examples).map { example in
                let row = UnsafeBufferPointer(rebasing: all[example * classes..<(example + 1) * classes])
                return Int32(row.indices.reduce(0) { row[$1] > row[$0] ? $1 : $0 })
            }
        }
    }

    /// The probabilities of the classes of an example.
    ///
    /// - Throws: `ArrayFileError` if the file has changed.
    subscript(example: Int) -> [Float] {
        get throws { try tensor[example].withContiguousBytes { [Float]($0.bindMemory(to: Float.self)) } }
    }

    /// The probability of one class for each example, 0 for none.
    ///
    /// - Throws: `ArrayFileError` if the file has changed.
    func probabilities(of labels: [Int]) throws -> [Float] {
        try tensor.withContiguousBytes { bytes in
            let (all, classes) = (bytes.bindMemory(to: Float.self), tensor.shape[1])
            return labels.enumerated().map { $1.isClass ? all[$0 * classes + $1] : 0 }
        }
    }
}

extension ArrayFile {
    /// The array of a file of a report, shape (M, n) with n of at least 1.
    ///
    /// - Parameter columns: The n; nil for any.
    /// - Throws: `ArrayFileError` if it cannot be read, `UserError` (65) if it has another type or shape.
    static func required(
        _ path: String, _ type: ElementType, examples: Int, columns: Int? = nil
    ) throws -> Tensor {
        let tensors = try ArrayFile.open(path)
        guard let tensor = tensors.first, tensor.elementType == type, tensor.shape.count == 2,
            tensor.shape[0] == examples, tensor.shape[1] > 0, tensor.shape[1] == columns ?? tensor.shape[1]
        else {
            throw UserError.badData(
                "\(path): has \(tensors.first.map { "\($0.elementType) \($0.shape)" } ?? "no array"), not \(type) "
                    + "(\(examples), \(columns.map(String.init) ?? "n")) as report.json says: run report again"
            )
        }
        return tensor
    }
}
