import ArrayFiles
import EnsembleMetrics
import Foundation
import Testing
import TestSupport

/// The 64 real runs of Tests/Fixtures, one by one, as plain loops read them.
enum RealEnsemble {
    /// The predictions of the first `runs` runs.
    static func members(_ runs: Int) throws -> [Predictions] {
        let logits = try #require(try ArrayFile.open("\(Fixtures.fashion)/log.pt").first { $0.name == "logits" })
        let labels = try ArrayFile.open("\(Fixtures.fashion)/labels.npy")[0].integers().map(Int32.init)
        let classes = logits.shape[2]
        return try (0..<runs).map { run in
            let values = try logits[run].withContiguousBytes { $0.bindMemory(to: Float16.self).map(Double.init) }
            let logs = stride(from: 0, to: values.count, by: classes).flatMap { first in
                let row = values[first..<(first + classes)]
                let logSum = row.max()! + log(row.reduce(0) { $0 + exp($1 - row.max()!) })
                return row.map { $0 - logSum }
            }
            return Predictions(logProbabilities: logs, classes: classes, labels: labels)
        }
    }
}

extension MemberSums {
    /// The sums of predictions of the same examples, by plain loops.
    init(of members: [Predictions]) {
        let classes = members[0].classes
        let sums = members[0].labels.indices.flatMap { example in
            let rows = members.map { Array($0.logProbabilities[(example * classes)..<((example + 1) * classes)]) }
            func sum(_ value: ([Double], Int) -> Double) -> [Double] {
                (0..<classes).map { c in rows.reduce(0) { $0 + value($1, c) } }
            }
            let squares = sum { exp($0[$1]) * exp($0[$1]) }
            return sum { $0[$1] } + sum { exp($0[$1]) } + sum { $0.firstIndex(of: $0.max()!) == $1 ? 1 : 0 }
                + [squares.reduce(0, +)]
        }
        self.init(members: members.count, classes: classes, labels: members[0].labels, sums: sums)
    }
}
