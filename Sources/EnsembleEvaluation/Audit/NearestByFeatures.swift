import ArrayFiles
import CSIMDKernels
import Ensembles
import MessagePassing
import ParallelRanges
import Synchronization

/// The search for the training examples nearest to an example by the Euclidean distance of features: the outputs of the
/// last hidden layer of one network.
package struct NearestByFeatures: Sendable {
    private let test, train: Tensor

    /// The search among features float32 (M, D) of both sets; nil if these are no such features of so many examples.
    package init?(test: Tensor?, train: Tensor?, examples: (test: Int, train: Int)) {
        guard let test, let train, test.shape.count == 2, test.shape[1] > 0,
            test.shape == [examples.test, test.shape[1]], train.shape == [examples.train, test.shape[1]],
            test.elementType == .float32, train.elementType == .float32
        else { return nil }
        (self.test, self.train) = (test, train)
    }

    /// Number of bytes that a search reads.
    package var byteCount: Int { train.byteCount }

    /// The `most` nearest training examples and their distances, the nearest first; without the example itself, if it
    /// is a training example.
    ///
    /// - Throws: `ArrayFileError` if features cannot be read.
    package func nearest(to example: Int, of set: ExampleSet, most: Int) throws -> [(train: Int, distance: Float)] {
        let width = test.shape[1]
        let own = try (set == .test ? test : train)[example].withContiguousBytes {
            [Float]($0.bindMemory(to: Float.self))
        }
        let squares = try train.withContiguousBytes { bytes in
            let all = bytes.bindMemory(to: Float.self)
            return (0..<train.shape[0]).map { ek_squared_distance(own, all.baseAddress! + $0 * width, width) }
        }
        // Features that are not numbers are near to nothing.
        return squares.smallest(most, leavingOut: set == .train ? example : nil).map {
            ($0, squares[$0].squareRoot())
        }
    }
}

extension NearestByFeatures {
    /// The most products of numbers that a search of all pairs may take: half a minute on two cores.
    private static let mostProducts = 400_000_000_000.0

    /// The test examples that are nearest to a training example, with that training example, the nearest pair first;
    /// nil where that would take too long. Collective over `world`: every rank calls it.
    ///
    /// - Throws: `AgreedFailure` on every rank if features cannot be read; `MPIError`.
    func nearestPairs(_ most: Int, threads: Int, world: Communicator) throws -> [DatasetAudit.FeaturePair]? {
        let (rows, columns, width) = (test.shape[0], train.shape[0], test.shape[1])
        guard Double(rows) * Double(columns) * Double(width) <= Self.mostProducts else { return nil }
        let own = Partition(rows, world.size).range(of: world.rank)
        let nearest = try world.agree { () -> [DatasetAudit.FeaturePair] in
            let found = Mutex([DatasetAudit.FeaturePair?](repeating: nil, count: own.count))
            try concurrently(over: own.count, threads: threads) { some in
                for row in some {
                    let example = own.lowerBound + row
                    guard let one = try self.nearest(to: example, of: .test, most: 1).first else { continue }
                    found.withLock { $0[row] = .init(test: example, train: one.train, distance: one.distance) }
                }
            }
            return Array(
                found.withLock { $0.compactMap(\.self) }.sorted(by: DatasetAudit.FeaturePair.isNearer).prefix(most))
        }
        return Array(try world.gatherAsJSON(nearest).sorted(by: DatasetAudit.FeaturePair.isNearer).prefix(most))
    }
}

extension DatasetAudit.FeaturePair {
    fileprivate static func isNearer(_ one: Self, _ other: Self) -> Bool {
        (one.distance, one.test) < (other.distance, other.test)
    }
}

extension [Float] {
    /// The indices of the smallest numbers, the smallest first, of equal ones that with the smaller index first.
    package func smallest(_ most: Int, leavingOut left: Int? = nil) -> [Int] {
        var found: [Int] = []
        for (index, value) in enumerated() where index != left && !value.isNaN {
            if found.count == most, let last = found.last, value >= self[last] { continue }
            if found.count == most { found.removeLast() }
            found.insert(index, at: found.firstIndex { value < self[$0] } ?? found.count)
        }
        return found
    }
}
