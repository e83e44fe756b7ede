import ArrayFiles
import Ensembles
import UserMessages

/// The nearest training examples of every example of a set, as a report has saved them.
struct SavedNeighbors: Sendable {
    private let indices, similarities: Tensor
    private let trainExamples: Int
    /// The similarity of the nearest neighbor of each example.
    let ofNearest: [Float]

    /// The neighbors in two files of a folder.
    ///
    /// - Throws: `ArrayFileError` if a file cannot be read, `UserError` (65) if they have none for so many examples.
    init(_ files: (neighbors: String, similarities: String), in folder: String, examples: Int, of trainExamples: Int)
        throws
    {
        indices = try ArrayFile.required("\(folder)/\(files.neighbors)", .int64, examples: examples)
        similarities = try ArrayFile.required("\(folder)/\(files.similarities)", .float32, examples: examples)
        self.trainExamples = trainExamples
        ofNearest = try similarities.select(axis: 1, 0).withContiguousBytes { [Float]($0.bindMemory(to: Float.self)) }
        guard indices.shape == similarities.shape else {
            throw UserError.badData(
                "\(indices.path): has \(indices.shape), but \(similarities.path) has \(similarities.shape)")
        }
    }

    /// The neighbors of an example, the most similar first.
    ///
    /// - Throws: `ArrayFileError` if a file has changed, `UserError` (65) if a neighbor is no training example.
    func neighbors(of example: Int) throws -> [(train: Int, similarity: Float)] {
        let similarities = try similarities[example].withContiguousBytes { [Float]($0.bindMemory(to: Float.self)) }
        let neighbors = try indices[example].withContiguousBytes { $0.bindMemory(to: Int64.self).map { Int($0) } }
        if let other = neighbors.first(where: { !(0..<trainExamples ~= $0) }) {
            throw UserError.badData(
                "\(indices.path)[\(example)]: neighbor \(other) is not one of \(trainExamples) training examples")
        }
        return zip(neighbors, similarities).map { ($0, $1) }
    }
}
