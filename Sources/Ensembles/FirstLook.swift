import CSIMDKernels
import MessagePassing
import ParallelRanges

extension Ensemble {
    /// Looks at the first examples of every run, to notice what gives no sensible results. Collective over `world`:
    /// every rank calls it, and looks at its share of the runs.
    ///
    /// - Parameter distinct: Whether to leave out runs that are equal to earlier ones, instead of remarking on them.
    /// - Returns: The ensemble, and the remarks, the same on every rank.
    /// - Throws: `AgreedFailure` (65) on every rank if a file cannot be read, or holds probabilities for logits;
    ///   `MPIError`.
    package func lookedAt(distinct: Bool, over world: Communicator) throws -> (Ensemble, [EnsembleRemark]) {
        let sets = sets
        let share = Partition(runs, world.size).range(of: world.rank)
        let looks = try world.agree { try share.map { run in try sets.map { try FirstRows(ofRun: run, $0) } } }
        try requireNoProbabilities(looks, from: share.lowerBound, over: world)
        let equal = try equalRuns(looks.map { FirstRows.fingerprint(of: $0) }, over: world)
        var remarks: [EnsembleRemark] = []
        var ensemble = self
        if distinct {
            let later = Set(equal.map(\.run))
            if !later.isEmpty {
                ensemble = selecting(
                    runs: (0..<runs).filter { !later.contains($0) }, leavingOut: sets.first?.leftOut ?? [])
            }
        } else if let logits = sets.first, !equal.isEmpty {
            remarks.append(
                .equalRuns(
                    equal.map {
                        .init(
                            run: logits.number(ofRun: $0.run), earlier: logits.number(ofRun: $0.earlier),
                            path: logits.path(ofRun: $0.run), earlierPath: logits.path(ofRun: $0.earlier))
                    }))
        }
        let examples = sets.map(\.examples).max() ?? 0
        if runs > Self.usualRunsOfExample * examples {
            remarks.append(.manyMoreRunsThanExamples(runs: runs, examples: examples))
        }
        for set in [ExampleSet.test, .train] {
            if let logits = ensemble.logits(of: set), let found = try logits.agreement(over: world), found.isByChance {
                remarks.append(.runsDisagree(set, agreement: found.agreement, chance: found.chance))
            }
            let known = labels(of: set)?.filter(\.isClass) ?? []
            if known.count > 1, known.allSatisfy({ $0 == known[0] }) { remarks.append(.oneClass(set, known[0])) }
        }
        if let masked = try ensemble.labelsOfMaskedClasses(over: world), masked > 0 {
            remarks.append(.labelsOfMaskedClasses(masked))
        }
        return (ensemble, remarks)
    }

    /// The logits that there are, those of the test examples first.
    private var sets: [Logits] { [test, train].compactMap(\.self) }

    /// Number of test examples whose label is -infinity in the first run, and with it in all; nil without labels.
    /// Collective.
    private func labelsOfMaskedClasses(over world: Communicator) throws -> Int? {
        guard let test, let testLabels, test.inputs == .logits, !test.isBinary else { return nil }
        let share = Partition(test.examples, world.size).range(of: world.rank)
        let (bytesOfRow, classes) = (test.bytesOfRow(0), test.storedClasses)
        let size = max(1, FirstRows.blockBytes / bytesOfRow)
        let own = try world.agree {
            try stride(from: share.lowerBound, to: share.upperBound, by: size).reduce(0) { count, first in
                let rows = first..<min(first + size, share.upperBound)
                return try test.withStoredRows(run: 0, examples: rows, lent: []) { element, start in
                    count
                        + rows.count { example in
                            guard 0..<classes ~= testLabels[example] else { return false }
                            var logit = 0.0
                            let place = start + (example - first) * bytesOfRow
                            let label = testLabels[example] * (bytesOfRow / classes)
                            ek_read_inputs(EKLogits, element, place + label, 1, false, &logit)
                            return logit == -.infinity
                        }
                }
            }
        }
        return try world.allreduce(own, .sum)
    }

    /// Runs for each example of the larger set above which the axes are probably in another order.
    private static let usualRunsOfExample = 3

    /// Checks that no set of logits holds probabilities in any run. Collective.
    ///
    /// - Parameters:
    ///   - looks: The first rows of the runs from `first` on.
    private func requireNoProbabilities(
        _ looks: [[FirstRows]], from first: Int, over world: Communicator
    ) throws {
        for (place, logits) in sets.enumerated() where logits.inputs == .logits {
            let (areProbabilities, others) = (
                looks.firstIndex { $0[place].areProbabilities }, looks.contains { !$0[place].areProbabilities }
            )
            let earliest = try world.allreduce(areProbabilities.map { $0 + first } ?? runs, .min)
            let inAllRuns = try world.allreduce(others ? 0 : 1, .min) == 1
            // One logit an example is within [0, 1] in some runs by chance.
            guard earliest < runs, inAllRuns || !logits.isBinary else { continue }
            let tensor = logits.segments[logits.segment(holding: earliest)].tensor
            throw AgreedFailure(
                known: EnsembleError.probabilitiesForLogits(
                    "\(tensor.path): \(tensor.name)", inAllRuns: inAllRuns))
        }
    }

    /// The runs that are equal to an earlier one, in ascending order. Collective.
    ///
    /// - Parameter fingerprints: Those of the first rows of this rank's share of the runs; nil where they say nothing.
    private func equalRuns(
        _ fingerprints: [UInt64?], over world: Communicator
    ) throws -> [(run: Int, earlier: Int)] {
        let own = fingerprints.map { Int(bitPattern: UInt($0 ?? 0)) }
        let all = try world.allgather(own).flatMap(\.self)
        let alike = Dictionary(grouping: all.indices.filter { all[$0] != 0 }) { all[$0] }
        let candidates = alike.values.filter { $0.count > 1 }.flatMap(\.self).sorted()
        guard !candidates.isEmpty else { return [] }
        let share = Partition(candidates.count, world.size).range(of: world.rank)
        let ofOwn = try world.agree { try candidates[share].map { Int(bitPattern: UInt(try fingerprint(ofRun: $0))) } }
        var first: [[Int]: Int] = [:]
        var equal: [(run: Int, earlier: Int)] = []
        for (run, fingerprint) in zip(candidates, try world.allgather(ofOwn).flatMap(\.self)) {
            let key = [all[run], fingerprint]
            if let earlier = first[key] { equal.append((run, earlier)) } else { first[key] = run }
        }
        return equal
    }

    /// A fingerprint of all test and training logits of a run, as they are stored.
    private func fingerprint(ofRun run: Int) throws -> UInt64 {
        var mixed: UInt64 = 0
        for logits in sets {
            let bytesOfRow = logits.bytesOfRow(run)
            for block in stride(from: 0, to: logits.examples, by: max(1, FirstRows.blockBytes / bytesOfRow)) {
                let rows = block..<min(block + max(1, FirstRows.blockBytes / bytesOfRow), logits.examples)
                mixed = try logits.withStoredRows(run: run, examples: rows, lent: []) { element, start in
                    UnsafeRawBufferPointer(start: start, count: rows.count * bytesOfRow)
                        .mixed(into: mixed ^ UInt64(element.rawValue))
                }
            }
        }
        return mixed
    }
}

/// The first rows of one run, which are in the first page of most files.
private struct FirstRows {
    /// A fingerprint of the bytes; nil if they say nothing of the run: all logits are equal, or one is not finite.
    let fingerprint: UInt64?
    /// Whether each row is within [0, 1] and sums to 1, but for rounding; of one number an example, whether they are
    /// within [0, 1] and reach near to both ends.
    let areProbabilities: Bool

    /// Bytes of rows that are looked at, and those that are read at a time where all are.
    private static let bytes = 512
    static let blockBytes = 1 << 20

    init(ofRun run: Int, _ logits: Logits) throws {
        let classes = logits.storedClasses
        let bytesOfRow = logits.bytesOfRow(run)
        let rows = 0..<min(logits.examples, max(2, Self.bytes / bytesOfRow))
        var numbers = [Double](repeating: 0, count: rows.count * classes)
        let (bytes, type) = try logits.withStoredRows(run: run, examples: rows, lent: []) { element, start in
            ek_read_inputs(EKLogits, element, start, numbers.count, false, &numbers)
            let bytes = UnsafeRawBufferPointer(start: start, count: rows.count * bytesOfRow)
            return (bytes.mixed(into: UInt64(element.rawValue)), element)
        }
        let saysNothing = numbers.contains { $0.isNaN } || numbers.allSatisfy { $0 == numbers[0] }
        fingerprint = saysNothing ? nil : bytes
        // Sums of many rounded numbers.
        let tolerance = type == EKBFloat16 ? 0x1p-4 : 0x1p-7
        guard classes > 1 else {
            areProbabilities =
                numbers.allSatisfy { (0...1).contains($0) } && numbers.contains { $0 < 0.25 }
                && numbers.contains { $0 > 0.75 }
            return
        }
        areProbabilities =
            stride(from: 0, to: numbers.count, by: classes).allSatisfy { first in
                let row = numbers[first..<first + classes]
                return row.allSatisfy { (0...1 + tolerance).contains($0) } && abs(row.reduce(0, +) - 1) <= tolerance
            }
    }

    /// One fingerprint of the first rows of all sets of a run.
    static func fingerprint(of sets: [FirstRows]) -> UInt64? {
        sets.reduce(UInt64(0)) { mixed, rows in
            mixed.flatMap { mixed in rows.fingerprint.map { (mixed ^ $0).mixed } }
        }
    }
}

/// How far runs agree on the most likely classes of the same examples.
private struct Agreement {
    /// Share of examples on which two runs agree, and the share on which they would by chance, from how often each
    /// predicts each class; both averaged over the pairs of runs.
    let agreement, chance: Double
    /// Mean probability of the most likely class, from 0 where all are equally likely to 1.
    let confidence: Double

    /// Whether runs that are sure of what they say agree no more than by chance. Untrained ones are not sure; and of
    /// examples of a single class, nothing can be said.
    var isByChance: Bool { confidence > 0.5 && chance < 0.8 && (agreement - chance) / (1 - chance) < 0.1 }
}

extension Logits {
    /// Most runs and examples between which agreement is looked for, and fewest examples that tell.
    private static let (runsOfSample, examplesOfSample, leastExamples) = (16, 256, 32)

    /// How far some of the runs agree on the first examples; nil if there are too few. Collective over `world`.
    fileprivate func agreement(over world: Communicator) throws -> Agreement? {
        let count = min(runs, Self.runsOfSample)
        // Rows of many classes are long.
        let some = min(examples, max(Self.leastExamples, min(Self.examplesOfSample, (1 << 18) / classes)))
        guard count > 1, some >= Self.leastExamples else { return nil }
        let own = stride(from: world.rank, to: count, by: world.size).map { $0 * runs / count }
        let looks = try world.agree { try own.map { try answers(ofRun: $0, examples: some) } }
        let top = try world.allgather(looks.flatMap(\.top)).flatMap(\.self)
        let confidence = try world.allgather(looks.map(\.confidence)).flatMap(\.self)
        let usable = confidence.indices.filter { confidence[$0] >= 0 }
        guard usable.count > 1 else { return nil }
        let shares = usable.map { run in
            top[run * some..<(run + 1) * some].reduce(into: [Double](repeating: 0, count: classes)) {
                $0[Int($1)] += 1 / Double(some)
            }
        }
        var (agreement, chance, pairs) = (0.0, 0.0, 0.0)
        for (place, a) in usable.enumerated() {
            for (other, b) in usable.enumerated().dropFirst(place + 1) {
                agreement += Double((0..<some).count { top[a * some + $0] == top[b * some + $0] }) / Double(some)
                chance += zip(shares[place], shares[other]).reduce(0) { $0 + $1.0 * $1.1 }
                pairs += 1
            }
        }
        let mean = usable.reduce(0) { $0 + confidence[$1] } / Double(usable.count)
        let least = 1 / Double(classes)
        return Agreement(
            agreement: agreement / pairs, chance: chance / pairs, confidence: (mean - least) / (1 - least))
    }

    /// The most likely classes of the first examples of a run, and the mean of their probabilities; -1 if a logit is
    /// not finite.
    private func answers(ofRun run: Int, examples count: Int) throws -> (top: [Int32], confidence: Double) {
        var top = [Int32](repeating: 0, count: count)
        try topClasses(run: run, examples: 0..<count, into: &top)
        let p = AlignedBuffer<Double>(count: count * classes)
        do {
            _ = try transform(
                run: run, examples: 0..<count, by: .softmax, lent: [], into: p.start, stride: count, scratch: p.start)
        } catch is UnusableRow {
            return (top, -1)
        }
        let sum = top.indices.reduce(0) { $0 + p.elements[Int(top[$1]) * count + $1] }
        return (top, sum / Double(count))
    }

    /// The number of a run in the ensemble as it was opened.
    fileprivate func number(ofRun run: Int) -> Int { segments[segment(holding: run)].number(ofRun: run) }

    /// The file of a run.
    fileprivate func path(ofRun run: Int) -> String { segments[segment(holding: run)].tensor.path }

    /// Bytes of the stored numbers of one example of a run.
    fileprivate func bytesOfRow(_ run: Int) -> Int {
        storedClasses * segments[segment(holding: run)].tensor.elementType.size
    }
}

extension UnsafeRawBufferPointer {
    /// A hash of these bytes, in their order, and of `seed`.
    fileprivate func mixed(into seed: UInt64) -> UInt64 {
        var mixed = seed
        let width = MemoryLayout<UInt64>.size
        for offset in stride(from: 0, to: count / width * width, by: width) {
            mixed = (mixed ^ loadUnaligned(fromByteOffset: offset, as: UInt64.self)).mixed
        }
        return self[(count / width * width)...].reduce(mixed) { ($0 ^ UInt64($1)).mixed }
    }
}
