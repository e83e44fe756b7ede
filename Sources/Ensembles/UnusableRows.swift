import CSIMDKernels
import MessagePassing
import ParallelRanges
import Synchronization
import UserMessages

/// Logits of a run with which nothing can be computed: why a pass over the runs ends.
enum UnusableRow: Error {
    /// A logit is not finite, beyond 1e100, or of what is no probability.
    case notFinite
    /// A class of an example is -infinity in one of two runs, numbered in the logits, but not in the other.
    case maskedInOneRun(masked: Int, other: Int, example: Int, class: Int)
}

/// Which classes of some examples of a run are -infinity.
struct MaskedClasses {
    private let run: Int
    private let examples: Range<Int>
    /// Shape (C, examples).
    private let isMasked: [Bool]

    init(of logits: Logits, run: Int, examples: Range<Int>) throws {
        (self.run, self.examples) = (run, examples)
        isMasked = try logits.rawLogits(run: run, examples: examples).x.map { $0 == EK_MASKED_LOGIT }
    }

    /// Checks that the same classes are masked in another run, `first`; nil where none is.
    ///
    /// - Throws: ``UnusableRow``.
    func requireSame(as other: MaskedClasses?, inRun first: Int) throws {
        guard other?.isMasked != isMasked,
            let place = isMasked.indices.first(where: { isMasked[$0] != other?.isMasked[$0] ?? false })
        else { return }
        throw UnusableRow.maskedInOneRun(
            masked: isMasked[place] ? run : first, other: isMasked[place] ? first : run,
            example: examples.lowerBound + place % examples.count, class: place / examples.count)
    }
}

extension Logits {
    /// What makes a run unusable, and where: a logit's file and indices.
    private enum Fault: Sendable {
        case notFinite(String)
        case noProbability(String, Double, LogitsInput)
    }

    /// Bytes of logits, in float64, that the search for runs that are not finite looks at in one go.
    private static let searchedBytes = 1 << 20

    /// Runs a pass over the logits. If it meets a run with which nothing can be computed, all runs are searched for
    /// others: they are named together.
    ///
    /// - Throws: ``EnsembleError`` (65); errors of `pass`.
    func namingUnusableRuns(threads: Int, _ pass: () throws -> Void) throws {
        do {
            try pass()
        } catch let row as UnusableRow {
            throw try error(for: row, threads: threads)
        }
    }

    private func error(for row: UnusableRow, threads: Int) throws -> any Error {
        let sets = searched.isEmpty ? [self] : searched
        var places: [Int: String] = [:]
        var noProbability: EnsembleError?
        for set in sets {
            for (number, fault) in try set.faults(threads: threads) {
                switch fault {
                case .notFinite(let place): places[number] = places[number] ?? place
                case .noProbability(let place, let value, let inputs):
                    noProbability = noProbability ?? .noProbability(place, value, inputs)
                }
            }
        }
        if !places.isEmpty {
            return EnsembleError.runsNotFinite(
                NotFiniteRuns(places.sorted { $0.key < $1.key }, of: sets[0].runs, leftOut: leftOut))
        }
        if let noProbability { return noProbability }
        if case .maskedInOneRun(let masked, let other, let example, let oneClass) = row {
            func number(_ run: Int) -> Int { segments[segment(holding: run)].number(ofRun: run) }
            return EnsembleError.infiniteInOneRun(
                place: place(run: masked, example, isBinary ? 0 : oneClass), run: number(masked), other: number(other))
        }
        let tensor = segments[0].tensor
        return UserError.badTensor(tensor, "changed while it was read")
    }

    /// The first fault of every run that has one, by the run's number, in ascending order.
    private func faults(threads: Int) throws -> [(number: Int, fault: Fault)] {
        let found = Mutex<[Int: Fault]>([:])
        try concurrently(over: runs, threads: threads) { some in
            for run in some {
                try StopRequest.check()
                guard let fault = try fault(ofRun: run) else { continue }
                found.withLock { $0[segments[segment(holding: run)].number(ofRun: run)] = fault }
            }
        }
        return found.withLock { $0 }.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    private func fault(ofRun run: Int) throws -> Fault? {
        let size = max(1, Self.searchedBytes / (max(2, storedClasses) * MemoryLayout<Double>.stride))
        for first in stride(from: 0, to: examples, by: size) {
            let block = first..<min(first + size, examples)
            guard try rawLogits(run: run, examples: block).found == EKNotFinite else { continue }
            for example in block {
                let (x, found) = try rawLogits(run: run, examples: example..<example + 1)
                guard found == EKNotFinite else { continue }
                // A class that is masked in all runs is -inf, and not what is wrong where something else is.
                func isWrong(_ x: Double) -> Bool { !(abs(x) <= EK_LARGEST_LOGIT) }
                let wrong = x.firstIndex { isWrong($0) && $0 != -.infinity } ?? x.firstIndex(where: isWrong) ?? 0
                let oneClass = isBinary ? 0 : wrong
                let stored = try storedNumber(run: run, example: example, class: oneClass)
                let place = place(run: run, example, oneClass)
                if inputs != .logits, stored.isFinite { return .noProbability(place, stored, inputs) }
                return .notFinite(stored.isFinite ? "\(place), beyond 1e100" : place)
            }
        }
        return nil
    }

    private func storedNumber(run: Int, example: Int, class: Int) throws -> Double {
        try withStoredRows(run: run, examples: example..<example + 1, lent: []) { element, row in
            var number = 0.0
            let stored = row + `class` * segments[segment(holding: run)].tensor.elementType.size
            ek_read_inputs(EKLogits, element, stored, 1, false, &number)
            return number
        }
    }

    /// A logit in a file: "logits.npy[5, 0, 3]" or "runs.pt: logits[5, 0, 3]", for run, example and class.
    private func place(run: Int, _ example: Int, _ class: Int) -> String {
        let segment = segments[segment(holding: run)]
        let (path, name) = (segment.tensor.path, segment.tensor.name)
        let tensor = path.hasSuffix("/\(name).npy") || path == "\(name).npy" ? path : "\(path): \(name)"
        return "\(tensor)[\(segment.runOfFile(run)), \(example), \(`class`)]"
    }
}
