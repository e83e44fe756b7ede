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
    private let folder: String
    private let table: DecisionTable
    private let decisions: Mutex<[ExampleSet: [Int: Decision]]>
    /// Nobody else writes the files meanwhile; nil if the folder cannot be written.
    private let claim: FolderClaim?

    static let (tableName, listName) = ("decisions.csv", "leave_out.txt")

    /// Whether decisions can be made.
    var isWritable: Bool { claim != nil }

    /// Reads the decisions made before, if there are any.
    ///
    /// - Parameter warn: Called with a message if nothing can be decided.
    /// - Throws: `UserError` (65) if the decisions are about other examples; `ArrayFileError` if a file cannot be read
    ///   or written.
    init(in folder: String, about dataset: AuditedDataset, warn: (String) -> Void) throws {
        (self.folder, table) = (folder, DecisionTable(dataset: dataset))
        do {
            claim = try FolderClaim(folder)
        } catch {
            warn("\(error); nothing can be decided")
            claim = nil
        }
        let read = try table.read("\(folder)/\(Self.tableName)")
        decisions = Mutex(read)
        // The table may have been edited since.
        let list = "\(folder)/\(Self.listName)"
        if claim != nil, !read.isEmpty || FileSystem.kind(of: list) != nil { try AtomicFile.write(self.list, to: list) }
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
            try AtomicFile.write(Self.list(changed), to: "\(folder)/\(Self.listName)")
            try AtomicFile.write(table.text(changed), to: "\(folder)/\(Self.tableName)")
            decisions = changed
        }
    }

    /// The contents of `decisions.csv`.
    var csv: String { decisions.withLock { table.text($0) } }

    /// The contents of `leave_out.txt`.
    var list: String { decisions.withLock { Self.list($0) } }

    private static func list(_ decisions: [ExampleSet: [Int: Decision]]) -> String {
        (decisions[.train] ?? [:]).filter(\.value.leavesOut).keys.sorted().map { "\($0)\n" }.joined()
    }
}
