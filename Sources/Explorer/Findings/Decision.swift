import ArrayFiles
import Ensembles
import Platform
import Synchronization
import UserMessages

/// What somebody has decided about an example.
struct Decision: Equatable, Sendable {
    enum Verdict: String, CaseIterable { case right, wrong }

    /// Whether the label is right; nil if undecided.
    var verdict: Verdict?
    /// The class that a wrong label should be; nil if unknown.
    var correct: Int?
    /// Whether to keep the example or to drop it; nil if undecided.
    var keeps: Bool?

    /// Whether networks should be trained without the example.
    var leavesOut: Bool { keeps == false || verdict == .wrong }

    /// Whether nothing is decided.
    var isEmpty: Bool { self == Decision() }
}

/// All decisions about a data set, in two files that always have the last state: `decisions.csv`, and `leave_out.txt`
/// with the numbers of the training examples that are dropped or have a wrong label, one a line, for
/// `train --leave-out-examples`.
final class DecisionBook: Sendable {
    private typealias Decisions = [ExampleSet: [Int: Decision]]

    private let folder: String
    private let dataset: AuditedDataset
    private let decisions: Mutex<Decisions>
    /// Nobody else writes the files meanwhile.
    private let claim: FolderClaim

    static let (table, list) = ("decisions.csv", "leave_out.txt")
    private static let heading = "set,example,label,label_is,correct_label,keep,file"

    /// Reads the decisions made before, if there are any.
    ///
    /// - Throws: `ArrayFileError` (73) if the folder cannot be written; `UserError` (65) if the decisions are about
    ///   other examples.
    init(in folder: String, about dataset: AuditedDataset) throws {
        claim = try FolderClaim(folder)
        (self.folder, self.dataset) = (folder, dataset)
        decisions = Mutex(try Self.read("\(folder)/\(Self.table)", about: dataset))
    }

    /// The decisions about the examples of a set.
    subscript(set: ExampleSet) -> [Int: Decision] { decisions.withLock { $0[set] ?? [:] } }

    /// Number of all decisions.
    var count: Int { decisions.withLock { $0.values.reduce(0) { $0 + $1.count } } }

    /// Keeps a decision about an example, in the files too.
    ///
    /// - Throws: `ArrayFileError` (73) if a file cannot be written; then the decision does not count.
    func set(_ decision: Decision, about example: Int, of set: ExampleSet) throws {
        try decisions.withLock { decisions in
            var changed = decisions
            changed[set, default: [:]][example] = decision.isEmpty ? nil : decision
            // The table counts at the next start: it is written once the list is.
            try AtomicFile.write(list(changed), to: "\(folder)/\(Self.list)")
            try AtomicFile.write(csv(changed), to: "\(folder)/\(Self.table)")
            decisions = changed
        }
    }

    /// The contents of `decisions.csv`: a line for each decision, with an empty field for what is not decided.
    var csv: String { decisions.withLock { csv($0) } }

    /// The contents of `leave_out.txt`.
    var list: String { decisions.withLock { list($0) } }

    private func csv(_ decisions: Decisions) -> String {
        let lines = [ExampleSet.train, .test].flatMap { set in
            (decisions[set] ?? [:]).sorted { $0.key < $1.key }.map { example, decision in
                let examples = dataset[set]
                let name = (examples.shown.fileNames?[example] ?? "").unicodeScalars
                    .map { $0 == "\"" ? "\"\"" : String($0) }.joined()
                return [
                    set.rawValue, "\(example)", examples.label(example).map(String.init) ?? "",
                    decision.verdict?.rawValue ?? "", decision.correct.map(String.init) ?? "",
                    decision.keeps.map { $0 ? "1" : "0" } ?? "", name.isEmpty ? "" : "\"\(name)\"",
                ].joined(separator: ",")
            }
        }
        return ([Self.heading] + lines).map { $0 + "\n" }.joined()
    }

    private func list(_ decisions: Decisions) -> String {
        (decisions[.train] ?? [:]).filter(\.value.leavesOut).keys.sorted().map { "\($0)\n" }.joined()
    }

    private static func read(_ path: String, about dataset: AuditedDataset) throws -> Decisions {
        guard let contents = try FileSystem.contents(of: path) else { return [:] }
        let lines = String(decoding: contents, as: UTF8.self).split { $0 == "\n" || $0 == "\r\n" }
        func refused(_ line: Int, _ reason: String) -> UserError {
            .badData("\(path): line \(line) \(reason); move the file elsewhere to begin anew")
        }
        guard lines.first.map(String.init) == heading else { throw refused(1, "is not \(heading)") }
        var decisions: Decisions = [:]
        for (number, line) in lines.enumerated().dropFirst() {
            let fields = line.split(separator: ",", maxSplits: 6, omittingEmptySubsequences: false).map(String.init)
            guard fields.count == 7, let set = ExampleSet(rawValue: fields[0]), let example = Int(fields[1]) else {
                throw refused(number + 1, "is no decision about an example")
            }
            let examples = dataset[set]
            guard 0..<examples.count ~= example,
                fields[2] == examples.label(example).map(String.init) ?? ""
            else {
                throw refused(
                    number + 1, "is about other data: there is no \(set.adjective) example \(example) with its label")
            }
            var decision = Decision()
            decision.verdict = Decision.Verdict(rawValue: fields[3])
            decision.correct = Int(fields[4]).flatMap { dataset.classes.contains($0) ? $0 : nil }
            decision.keeps = ["1": true, "0": false][fields[5]]
            decisions[set, default: [:]][example] = decision
        }
        return decisions
    }
}
