/// Runs of an ensemble, by their numbers from 0.
package enum RunSelection: Equatable, Sendable {
    /// The first runs, as many as this.
    case first(Int)
    /// The runs in these ranges, each once and in ascending order.
    case numbers([ClosedRange<Int>])
}

extension Ensemble {
    /// The ensemble of some of the runs, numbered from 0 in the order given.
    ///
    /// - Precondition: There are these runs.
    package func selecting(runs: [Int], leavingOut leftOut: [Int] = []) -> Ensemble {
        let (test, train) = Logits.searchedTogether(
            test?.selecting(runs: runs), train?.selecting(runs: runs), leftOut: leftOut)
        return holding(test: test, train: train)
    }

    /// The ensemble of the selected runs without those that are left out.
    ///
    /// - Throws: ``EnsembleError`` (64) if there is no such run, or none is left.
    package func selecting(_ selection: RunSelection?, leavingOut leftOut: [ClosedRange<Int>]) throws -> Ensemble {
        guard selection != nil || !leftOut.isEmpty else { return self }
        let available = runs
        func isIn(_ ranges: [ClosedRange<Int>], isLeftOut: Bool) throws -> [Bool] {
            var isIn = [Bool](repeating: false, count: available)
            for range in ranges {
                for end in [range.lowerBound, range.upperBound] where !(0..<available).contains(end) {
                    throw EnsembleError.noSuchRun(end, isLeftOut: isLeftOut, available: available)
                }
                for run in range { isIn[run] = true }
            }
            return isIn
        }
        var isUsed = [Bool](repeating: true, count: available)
        switch selection {
        case nil: break
        case .first(let count):
            guard (1...available).contains(count) else {
                throw EnsembleError.runsOutOfRange(count, available: available)
            }
            isUsed = (0..<available).map { $0 < count }
        case .numbers(let ranges): isUsed = try isIn(ranges, isLeftOut: false)
        }
        let isLeftOut = try isIn(leftOut, isLeftOut: true)
        let used = isUsed.indices.filter { isUsed[$0] && !isLeftOut[$0] }
        guard !used.isEmpty else { throw EnsembleError.noRunsLeft }
        return selecting(runs: used, leavingOut: isLeftOut.indices.filter { isLeftOut[$0] })
    }

    /// Number of runs R.
    package var runs: Int { (test ?? train)?.runs ?? 0 }
}

extension Logits {
    /// Test and training logits of an ensemble that know of each other: where a run is not finite in one of them, all
    /// such runs of both are named.
    static func searchedTogether(_ test: Logits?, _ train: Logits?, leftOut: [Int] = []) -> (Logits?, Logits?) {
        let sets = [test, train].compactMap(\.self)
        return (test?.searched(with: sets, leftOut: leftOut), train?.searched(with: sets, leftOut: leftOut))
    }
}
