import ArrayFiles
import EnsembleMetrics
import Platform
import UserMessages

/// The contents of `selection.json`: ensembles of runs of a pool, or weights of its runs, that were chosen in several
/// ways. Keys are only ever added. Nothing in it depends on the ranks that computed it.
public struct Selection: Codable, Equatable, Sendable {
    /// What one way of choosing gives.
    public struct Choice: Codable, Equatable, Sendable {
        /// The way of choosing.
        public var method: SelectionMethod
        /// Number of runs with a weight.
        public var runs: Int
        /// The numbers of the runs chosen on all labeled examples, in the order in which they were chosen; absent for
        /// ``SelectionMethod/random``, and for weights.
        public var members: [Int]?
        /// The weight of every run of the pool, in the order of ``Selection/numbers``, chosen on all labeled examples;
        /// absent for sets of runs.
        public var weights: [Double]?
        /// The averages of probabilities of what was chosen on one half of the examples, measured on the other: mean
        /// and standard deviation over the halves.
        public var measures: Spread<Metrics>
        /// Negative log-likelihood less that of the random ensembles on the same halves.
        public var nll_less_random: Spread<Double>
        /// Quality and diversity on each half: the mean negative log-likelihood of the members, and by how much that of
        /// their average is less.
        public var halves: [Half]
    }

    /// Quality and diversity of an ensemble on the examples on which it was not chosen.
    public struct Half: Codable, Equatable, Sendable {
        /// The weighted mean over the members of the negative log-likelihood.
        public var mean_member_nll: Double
        /// By how much the negative log-likelihood of the average of probabilities is less.
        public var gap: Double
    }

    /// The mixture of all runs that weights each by the probability it gave to the labels so far, example by example.
    public struct Prequential: Codable, Equatable, Sendable {
        /// Mean negative log-likelihood of each label, given all before it. It does not depend on their order.
        public var nll: Double
        /// That of the run that is the best of all in the end.
        public var best_run_nll: Double
        /// The difference of both, summed over the examples: at most the logarithm of the number of runs.
        public var regret: Double
    }

    /// The command that wrote the file.
    public var command = "select"
    /// The version of the program.
    public var version: String
    /// The pool.
    public var ensemble: Evaluation.Pool
    /// The numbers of the pool's runs in the files, of which some may have been left out.
    public var numbers: [Int]
    /// Number of runs of the ensembles.
    public var size: Int
    /// What the disagreement of two members costs in ``SelectionMethod/cohesive``.
    public var cohesion: Double
    /// Seed of the halves and of the random ensembles.
    public var seed: UInt64
    /// Every way of choosing.
    public var choices: [Choice]
    /// The mixture of all runs by their likelihood so far.
    public var prequential: Prequential

    /// The selection as JSON, keys in alphabetical order.
    ///
    /// - Throws: `EncodingError`.
    public func json() throws -> String {
        String(decoding: try JSONEncoder.readable.encode(self), as: UTF8.self) + "\n"
    }
}

extension Selection {
    /// The ways of choosing, as a table: one line for each.
    public var csv: String {
        let names =
            ["method", "runs"] + Metrics.columns.flatMap { [$0.name, "\($0.name)_std"] }
            + ["nll_less_random", "nll_less_random_std", "mean_member_nll", "gap"]
        let rows = choices.map { choice in
            let (mean, std) = (choice.measures.mean, choice.measures.std)
            let metrics = Metrics.columns.flatMap { column -> [Double?] in
                [mean[keyPath: column.value], std?[keyPath: column.value]]
            }
            let others: [Double?] = [
                choice.nll_less_random.mean, choice.nll_less_random.std, choice.halves.mean(of: \.mean_member_nll),
                choice.halves.mean(of: \.gap),
            ]
            let fields = (metrics + others).map { value in value.map { "\($0)" } ?? "" }
            return [choice.method.rawValue, "\(choice.runs)"] + fields
        }
        return ([names] + rows).map { $0.joined(separator: ",") + "\n" }.joined()
    }

    /// The weights of all runs, as a table: one line for each run, one column for each way of choosing.
    public var weightsCSV: String {
        let chosen = choices.filter { $0.members != nil || $0.weights != nil }
        let weights = chosen.map { choice in
            let members = Set(choice.members ?? [])
            return choice.weights ?? numbers.map { members.contains($0) ? 1 / Double(choice.runs) : 0 }
        }
        let rows = numbers.enumerated().map { place, number in ["\(number)"] + weights.map { "\($0[place])" } }
        return ([["run"] + chosen.map(\.method.rawValue)] + rows).map { $0.joined(separator: ",") + "\n" }.joined()
    }
}

extension [Selection.Half] {
    /// The mean over the halves.
    public func mean(of value: KeyPath<Selection.Half, Double>) -> Double {
        reduce(0) { $0 + $1[keyPath: value] } / Double(count)
    }
}
