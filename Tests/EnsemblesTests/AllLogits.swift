import Ensembles
import Synchronization

/// Logits as the program computes with them.
enum AllLogits {
    /// x of all runs, shape (R, M, C).
    static func values(of logits: Logits, _ transform: Transform = .raw, threads: Int = 1) throws -> [Double] {
        let (examples, classes) = (logits.examples, logits.classes)
        let all = Mutex([Double](repeating: .nan, count: logits.runs * examples * classes))
        try logits.forEachTransformedBlock(
            of: 0..<logits.runs, examples: 0..<examples, by: transform, threads: threads
        ) { block in
            all.withLock { all in
                for run in block.runs {
                    for c in 0..<classes {
                        for (i, example) in block.block.enumerated() {
                            let x = block.x[((run - block.runs.lowerBound) * classes + c) * block.stride + i]
                            all[(run * examples + example) * classes + c] = x
                        }
                    }
                }
            }
        }
        return all.withLock { $0 }
    }
}
