import CSIMDKernels
import EnsembleKernel
import EnsembleMetrics
import Ensembles
import MessagePassing
import ParallelRanges
import Synchronization

/// Measures many ensembles of runs of one pool, all of them in as few passes over the runs as the memory allows.
/// Ensembles are measured on the labeled examples.
///
/// A rank has a share of the examples. It adds every run to the sums of the ensembles to which it belongs, in the order
/// of the runs; then the sums of each ensemble, for all examples, go to the rank that measures it. So no number depends
/// on the number of ranks or threads, and the memory does not depend on the number of runs: only sums are held, never
/// runs.
///
///     logits -> log p, p, votes of a run -> MemberSums of some examples, many ensembles
///            -> MPI_Alltoallv -> MemberSums of all examples, few ensembles -> metrics
struct SubsetPass {
    let logits: Logits
    /// Labels of all examples, negative for unlabeled ones; at least one is labeled.
    let labels: [Int]
    let world: Communicator
    let threads: Int
    /// Bytes for sums and for measuring them, the same on every rank.
    let memory: Int

    private var terms: Int { MemberSums.terms(classes: logits.classes) }
    private var examples: Partition { Partition(logits.examples, world.size) }
    /// Number of bytes of the sums of one ensemble.
    private var bytesOfSums: Int { logits.examples * terms * MemoryLayout<Double>.stride }
    /// The largest number of copies of an ensemble's sums on a rank: being added, packed for the others, received,
    /// sorted.
    private static let copies = 4
    /// The number of copies while ensembles are measured.
    private static let copiesWhileMeasuring = 2
    /// Number of bytes needed to measure an ensemble: probabilities, halves of them, predictions.
    var bytesOfMeasuring: Int {
        logits.examples * (logits.classes + 4) * 6 * MemoryLayout<Double>.stride
    }

    /// Some runs of the pool, ascending, and their weights, which sum to 1; nil for equal ones.
    struct Members {
        let runs: [Int]
        let weights: [Double]?
    }

    /// The result of `measure` for each of the ensembles, on every rank. Collective: every rank calls it.
    ///
    /// - Parameters:
    ///   - subsets: The runs of each ensemble, ascending.
    ///   - readsAllRuns: Whether the first pass reads all runs, whether they belong to an ensemble or not: a bad logit
    ///     must not go unnoticed.
    ///   - progress: Called now and then with the fraction done.
    ///   - measure: Measures one ensemble; called from several threads.
    /// - Throws: `AgreedFailure` on every rank if the memory is too small for a single ensemble (64), or a logit is not
    ///   finite (65); `MPIError`.
    func measured<Result: Codable & Sendable>(
        _ subsets: [[Int]], readsAllRuns: Bool = true, progress: (Double) -> Void,
        _ measure: @escaping @Sendable (MemberSums) -> Result
    ) throws -> [Result] {
        try measured(
            subsets.map { Members(runs: $0, weights: nil) }, readsAllRuns: readsAllRuns, progress: progress
        ) { _, sums in measure(sums) }
    }

    /// The same, of ensembles whose runs may have weights. The sums of such an ensemble are those of one member, the
    /// weighted average. `measure` gets the place of the ensemble among all.
    func measured<Result: Codable & Sendable>(
        _ subsets: [Members], readsAllRuns: Bool = true, progress: (Double) -> Void,
        _ measure: @escaping @Sendable (_ place: Int, MemberSums) -> Result
    ) throws -> [Result] {
        let ensemblesOfRank = try world.agree { try self.ensemblesOfRank() }
        var results: [Result] = []
        for first in stride(from: 0, to: subsets.count, by: ensemblesOfRank * world.size) {
            let some = Array(subsets[first..<min(first + ensemblesOfRank * world.size, subsets.count)])
            let runs = first == 0 && readsAllRuns ? 0..<logits.runs : Self.runs(of: some)
            let own = try handOver(sums(of: some, passing: runs), of: some)
            let places = Partition(some.count, world.size).range(of: world.rank).shifted(by: first)
            results += try world.allgatherAsJSON(measuring(own) { measure(places.lowerBound + $0, $1) })
            progress(Double(results.count) / Double(subsets.count))
        }
        try world.agree { try logits.requireUnchanged() }
        return results
    }

    /// Number of ensembles that a rank can measure in one pass.
    ///
    /// - Throws: `KernelError` (64) if there is not enough memory for one.
    private func ensemblesOfRank() throws -> Int {
        let count = min(
            memory / (Self.copies * bytesOfSums),
            (memory - bytesOfMeasuring) / (Self.copiesWhileMeasuring * bytesOfSums))
        guard count >= 1 else {
            let least = max(
                Self.copies * bytesOfSums, bytesOfMeasuring + Self.copiesWhileMeasuring * bytesOfSums)
            throw KernelError.memoryTooSmall(available: memory, needed: least, purpose: .evaluation)
        }
        return count
    }

    /// The sums of the rank's own examples for each of the ensembles, shape (ensembles, 3 C + 1, own examples).
    private func sums(of subsets: [Members], passing runs: Range<Int>) throws -> AlignedBuffer<Double> {
        let own = examples.range(of: world.rank)
        let sums = AlignedBuffer<Double>(count: subsets.count * terms * own.count)
        sums.elements.initialize(repeating: 0)
        // The ensembles to which each run belongs, and its weight.
        var membership = [[(subset: Int, weight: Double)]](repeating: [], count: logits.runs)
        for (subset, members) in subsets.enumerated() {
            for (place, run) in members.runs.enumerated() {
                membership[run].append((subset, members.weights?[place] ?? 1))
            }
        }
        let members = membership
        // Each thread has its own examples.
        nonisolated(unsafe) let start = sums.start
        let (classes, terms) = (logits.classes, terms)
        try world.agree {
            try logits.forEachTransformedBlock(of: runs, examples: own, by: .logSoftmax, threads: threads) { block in
                let ofRun = AlignedBuffer<Double>(count: terms * block.stride)
                for run in block.runs where !members[run].isEmpty {
                    let x = block.x + (run - block.runs.lowerBound) * classes * block.stride
                    ek_member_terms(x, classes, block.stride, ofRun.start)
                    for (subset, weight) in members[run] {
                        let sum = start + subset * terms * own.count + block.block.lowerBound
                        ek_add_rows(sum, own.count, ofRun.start, weight, terms, block.stride)
                    }
                }
            }
        }
        return sums
    }

    /// The range from the first to the last run of any ensemble.
    private static func runs(of subsets: [Members]) -> Range<Int> {
        let (first, last) = (subsets.compactMap(\.runs.first).min() ?? 0, subsets.compactMap(\.runs.last).max() ?? -1)
        return first..<last + 1
    }

    /// Gives each rank the sums over all examples for its share of the ensembles, of which it keeps the labeled ones.
    private func handOver(_ sums: borrowing AlignedBuffer<Double>, of subsets: [Members]) throws -> [MemberSums] {
        let (owners, terms, classes) = (Partition(subsets.count, world.size), terms, logits.classes)
        let own = examples.range(of: world.rank).count
        // Transposed, so that the examples of several ranks are adjacent: (ensembles, own examples, 3 C + 1).
        var packed = [Double](repeating: 0, count: sums.elements.count)
        for first in stride(from: 0, to: packed.count, by: max(1, own * terms)) {
            for example in 0..<own {
                for term in 0..<terms {
                    packed[first + example * terms + term] = sums.elements[first + term * own + example]
                }
            }
        }
        let ownSubsets = owners.range(of: world.rank)
        let received = try Array<Double>(unsafeUninitializedCapacity: ownSubsets.count * logits.examples * terms) {
            buffer, count in
            count = buffer.count
            try world.allToAll(
                packed.span, counts: owners.counts.map { $0 * own * terms }, into: MutableSpan(_unsafeElements: buffer),
                counts: examples.counts.map { $0 * ownSubsets.count * terms })
        }
        let labeled = labels.labeled
        let labelsOfLabeled = labels[labeled].map(Int32.init)
        return ownSubsets.enumerated().map { place, subset in
            var ofSubset: [Double] = []
            ofSubset.reserveCapacity(labelsOfLabeled.count * terms)
            for share in examples.ranges {
                // Where the sums of the first example of all would be, if they were adjacent to those of the share.
                let first = (share.lowerBound * ownSubsets.count + place * share.count - share.lowerBound) * terms
                for some in labeled.intersection(RangeSet(share)).ranges {
                    ofSubset += received[first + some.lowerBound * terms..<first + some.upperBound * terms]
                }
            }
            return MemberSums(
                members: subsets[subset].weights == nil ? subsets[subset].runs.count : 1, classes: classes,
                labels: labelsOfLabeled, sums: ofSubset)
        }
    }

    private func measuring<Result: Sendable>(
        _ ensembles: [MemberSums], _ measure: @Sendable (_ place: Int, MemberSums) -> Result
    ) -> [Result] {
        let results = Mutex([Result?](repeating: nil, count: ensembles.count))
        let left = memory - Self.copiesWhileMeasuring * ensembles.count * bytesOfSums
        let together = max(1, min(threads, left / bytesOfMeasuring))
        concurrently(over: ensembles.count, threads: together) { places in
            for place in places {
                let result = measure(place, ensembles[place])
                results.withLock { $0[place] = result }
            }
        }
        return results.withLock { $0.compactMap(\.self) }
    }
}
