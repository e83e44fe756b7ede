import ArrayFiles
import UserMessages

/// A request that does not fit an ensemble, or a part that an ensemble lacks. Callers may word the cases in their own
/// terms; ``description`` names no option of any program.
public enum EnsembleError: ExitCoded, Equatable, Codable {
    /// The first `runs` runs are requested, but the ensemble has only `available`.
    case runsOutOfRange(Int, available: Int)
    /// A run is selected, or left out, that the ensemble, which has `available`, does not have.
    case noSuchRun(Int, isLeftOut: Bool, available: Int)
    /// All selected runs are left out.
    case noRunsLeft
    /// Logits of some runs are not finite.
    case runsNotFinite(NotFiniteRuns)
    /// A class of an example is -infinity in one run but not in another; both numbered in the ensemble as opened.
    case infiniteInOneRun(place: String, run: Int, other: Int)
    /// What should be logits are probabilities, in all runs or in some: the file and tensor of the first.
    case probabilitiesForLogits(String, inAllRuns: Bool)
    /// What should be a probability, or the logarithm of one, is another number.
    case noProbability(_ place: String, Double, LogitsInput)
    /// The labels of the test or of the training examples, needed by `purpose`, are missing.
    case missingLabels(ExampleSet, source: String, purpose: String)
    /// The images of both kinds of examples, needed by `purpose`, are missing.
    case missingImages(source: String, purpose: String)

    /// The logits of the test or of the training examples are missing, which `pairs` need.
    case missingLogits(ExampleSet, source: String, pairs: ExamplePairs)
    /// There are no logits in a file or folder, which holds `contents`; none by the names in `asked`, if there are
    /// some.
    case noLogits(source: String, isFolder: Bool, asked: [String] = [], contents: [String])
    /// Several arrays of a file can be the logits of a set.
    case severalLogits(ExampleSet, source: String, names: [String])
    /// Files of several names can be the runs.
    case severalKindsOfFiles(source: String, names: [String])
    /// A run has no logits of one set, but another run has.
    case runLacks(ExampleSet, source: String, other: String)
    /// A file is called like others with logits, `other` among them, and holds none.
    case fileLacksLogits(source: String, other: String, contents: [String])
    /// A file is called like a part of a run, such as the examples of one process.
    case partOfRun(source: String)
    /// There are no labels under the requested name, or in a file of labels; the files hold `contents`.
    case noLabelsCalled(String?, ExampleSet, contents: [String])

    /// One line describing the case.
    public var description: String {
        switch self {
        case .runsOutOfRange(let runs, let available): "\(runs) runs: the ensemble has \(available)"
        case .noSuchRun(let run, _, let available): "run \(run): the runs are 0 to \(available - 1)"
        case .noRunsLeft: "no runs are left"
        case .runsNotFinite(let runs): runs.description
        case .infiniteInOneRun(let place, let run, let other):
            "\(place) is -inf in run \(run) but not in run \(other): only a class that is -inf in all runs is left out"
        case .probabilitiesForLogits(let tensor, inAllRuns: true):
            "\(tensor) holds probabilities, not logits: its rows are within [0, 1] and sum to 1 in all runs"
        case .probabilitiesForLogits(let tensor, inAllRuns: false):
            "\(tensor) holds probabilities, whose rows are within [0, 1] and sum to 1, but other runs hold logits"
        case .noProbability(let place, let value, .logProbabilities):
            "\(place) is \(value), which is not the logarithm of a probability"
        case .noProbability(let place, let value, _): "\(place) is \(value), which is not a probability"
        case .missingLabels(let set, let source, let purpose):
            "\(source): no labels for the \(set.adjective) examples, which \(purpose) needs"
        case .missingImages(let source, let purpose):
            "\(source): no images of the test and the training examples, which \(purpose) need"
        case .missingLogits(let set, let source, let pairs):
            "\(source): no logits of the \(set.adjective) examples, which \(pairs.rawValue) pairs need"
        case .noLogits(let source, let isFolder, let asked, let contents):
            "\(source): no \(asked.isEmpty ? "logits" : "arrays of logits named \(asked.joined(separator: " or "))") "
                + "in this \(isFolder ? "folder" : "file")"
                + Self.instead(contents)
        case .severalLogits(let set, let source, let names):
            "\(source): several arrays could be the \(set.adjective) logits: \(names.listed(upTo: Self.mostListed))"
        case .severalKindsOfFiles(let source, let names):
            "\(source): files of several kinds could be the runs: \(names.listed(upTo: Self.mostListed))"
        case .runLacks(let set, let source, let other):
            "\(source): no \(set.adjective) logits for this run, although other runs have them (\(other))"
        case .fileLacksLogits(let source, let other, let contents):
            "\(source): no logits in this file, although files of the same name have them (\(other))"
                + Self.instead(contents)
        case .partOfRun(let source):
            "\(source): is named like a part of a run: join the parts of each run with numpy.concatenate"
        case .noLabelsCalled(let name, let set, let contents):
            (name.map { "\($0): no such file, and no array with this name" }
                ?? "no labels for the \(set.adjective) examples")
                + Self.instead(contents)
        }
    }

    /// The exit code: 64 for a request, 65 for data, 66 for a folder without logits.
    public var exitCode: ExitCode {
        switch self {
        case .runsOutOfRange, .noSuchRun, .noRunsLeft: .usage
        case .noLogits(_, isFolder: true, _, _): .noInput
        case .missingLabels, .missingImages, .missingLogits, .noLogits, .severalLogits, .severalKindsOfFiles, .runLacks,
            .fileLacksLogits, .partOfRun,
            .noLabelsCalled, .runsNotFinite, .infiniteInOneRun, .probabilitiesForLogits, .noProbability:
            .badData
        }
    }

    /// What there is instead, for the end of a line; nothing for nothing.
    private static func instead(_ contents: [String]) -> String {
        contents.isEmpty ? "" : "; found \(contents.listed(upTo: mostListed))"
    }

    /// The most arrays or files that a message lists.
    static let mostListed = 9
}

/// Runs whose logits are not all finite, test and training logits together.
public struct NotFiniteRuns: Codable, Equatable, Sendable {
    /// Their numbers in the ensemble as it was opened, ascending.
    public let runs: [Int]
    /// Where the first logit is that is not finite, of each of the first runs.
    public let places: [String]
    /// Number of runs that were to be used.
    public let available: Int
    /// The numbers of the runs that were left out already, ascending.
    public let leftOut: [Int]

    /// Of how many runs places are said.
    private static let mostPlaces = 10

    init(_ runs: [(key: Int, value: String)], of available: Int, leftOut: [Int]) {
        self.runs = runs.map(\.key)
        places = runs.prefix(Self.mostPlaces).map(\.value)
        self.available = available
        self.leftOut = leftOut
    }

    /// "3 of 16 runs are not finite: 5 (logits.npy[5, 0, 3]), 9 (..), 12 (..)"
    public var description: String {
        let known = zip(runs, places).map { "\($0) (\($1))" }
        let more = runs.count > known.count ? ["and \(runs.count - known.count) more"] : []
        let share =
            runs.count < available
            ? "\(runs.count) of \(available) runs" : available == 1 ? "the run" : "all \(available) runs"
        return "\(share) \(runs.count == 1 ? "is" : "are") not finite: \((known + more).joined(separator: ", "))"
    }
}

extension UserError {
    /// Bad data (65), naming a tensor and its file.
    package static func badTensor(_ tensor: Tensor, _ reason: String) -> UserError {
        badData("\(tensor.path): \(tensor.name) \(reason)")
    }
}
