import RandomStreams

/// Draws the runs of ensembles of one size.
///
/// The chains are put into random orders. The runs of an ensemble are consecutive in such an order, starting at the
/// first run of a chain; of its last chain, the ensemble has the first runs, as if the chain had been cut short.
/// Ensembles from one order have no chain in common; when an order is used up, the next one starts.
///
///     chains [0 1 2] [3 4 5] [6 7 8], size 2    ->    0 1 | 6 7 | 3 4
///                                     size 4    ->    0 1 2 6 | 3 4 5 0 | ...
///
/// So the samples of a chain are prefixes in order, and independent runs are divided into disjoint sets as long as they
/// last.
package struct SubsetSampler {
    private let chains: [[Int]]
    private let seed: UInt64

    /// A sampler of ensembles.
    ///
    /// - Parameters:
    ///   - chains: The runs of each chain, in order.
    ///   - seed: The seed of the random orders.
    package init(chains: [[Int]], seed: UInt64) {
        self.chains = chains
        self.seed = seed
    }

    /// The number of orders without a new ensemble after which the sampler gives up.
    private static let mostFruitlessOrders = 20

    /// At most `count` different sets of `size` runs, each in ascending order.
    ///
    /// - Precondition: There are at least `size` runs.
    package func subsets(size: Int, count: Int) -> [[Int]] {
        var found: [[Int]] = []
        var seen: Set<[Int]> = []
        var fruitless = 0
        var permutation = 0
        while fruitless < Self.mostFruitlessOrders {
            let before = found.count
            var order = Array(0..<Int32(chains.count))
            var randomNumbers = RandomNumbers(seed: seed, run: permutation)
            randomNumbers.shuffle(&order)
            permutation += 1
            var rest = order[...]
            while let subset = takeSubset(size: size, from: &rest) {
                if seen.insert(subset).inserted { found.append(subset) }
                if found.count == count { return found }
            }
            fruitless = found.count > before ? 0 : fruitless + 1
        }
        return found
    }

    /// The first `size` runs of the remaining chains, which are removed; nil if there are not enough.
    private func takeSubset(size: Int, from rest: inout ArraySlice<Int32>) -> [Int]? {
        var runs: [Int] = []
        while runs.count < size {
            guard let chain = rest.popFirst() else { return nil }
            runs += chains[Int(chain)].prefix(size - runs.count)
        }
        return runs.sorted()
    }
}
