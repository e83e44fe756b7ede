import ArrayFiles
import Foundation

/// What `predict --out` wrote, read back.
struct Results {
    let neighbors: [Int]
    let similarities: [Float]
    let k: Int
    let summary: [String: Any]

    init(_ folder: String) throws {
        let neighbors = try ArrayFile.open("\(folder)/neighbors.npy")[0]
        let similarities = try ArrayFile.open("\(folder)/similarities.npy")[0]
        self.neighbors = try neighbors.integers()
        self.similarities = try similarities.withContiguousBytes { Array($0.bindMemory(to: Float.self)) }
        k = neighbors.shape[1]
        summary = try json("\(folder)/summary.json")
    }

    /// A number of the summary, by its keys from the outside in.
    func number(_ keys: String...) -> Double? {
        var value: Any? = summary
        for key in keys { value = (value as? [String: Any])?[key] }
        return (value as? NSNumber)?.doubleValue
    }
}

/// A JSON object in a file.
func json(_ path: String) throws -> [String: Any] {
    try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: path))) as? [String: Any] ?? [:]
}

/// Largest difference between two lists of neighbors and similarities, and how many neighbors differ although the
/// expected similarity is farther than `gap` from that of the expected neighbors beside it.
func difference(
    _ results: Results, neighbors expected: [Int], similarities: [Double], k expectedK: Int, gap: Double
) -> (similarity: Double, neighbors: Int) {
    var largest = 0.0
    var differing = 0
    for row in 0..<expected.count / expectedK {
        for place in 0..<min(results.k, expectedK) {
            let at = row * expectedK + place
            let mine = row * results.k + place
            largest = max(largest, abs(Double(results.similarities[mine]) - similarities[at]))
            let above = place == 0 ? .infinity : similarities[at - 1] - similarities[at]
            let below = place == expectedK - 1 ? 0 : similarities[at] - similarities[at + 1]
            if min(above, below) > gap, results.neighbors[mine] != expected[at] { differing += 1 }
        }
    }
    return (largest, differing)
}
