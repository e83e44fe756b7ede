import ArrayFiles
import Platform
import UserMessages

/// The checksums of a run as it is on the disk.
struct RunChecksums: Equatable, Sendable {
    /// The CRC-32 of the logits of the test examples.
    let test: UInt32
    /// The CRC-32 of the logits of the training examples.
    let train: UInt32
    /// The checksum of what else there is: the features, which only the first run has, and weights that are kept.
    let others: UInt32
}

/// A run on the disk.
struct FinishedRun: Equatable, Sendable {
    /// Its numbers of correct predictions.
    let correct: CorrectPredictions
    /// What vouches for its logits, features and weights.
    let checksums: RunChecksums
}

/// The journal of a training in progress, which records the runs on the disk: a text file beside the unfinished logits.
///
/// Its first line describes the training, in JSON, padded with blanks to a multiple of 512 bytes. After it each run has
/// a line of 64 bytes, blank until it is finished: its numbers of correct predictions among the test and the training
/// examples, the checksums of its logits for them and of its features and weights, and that of the line so far, in
/// hexadecimal. A line never crosses a block of the disk, and one that is half written or damaged does not have its
/// checksum.
struct TrainingJournal {
    /// The first line.
    struct Head: Codable, Equatable {
        /// The version of the format.
        var format: Int? = TrainingJournal.format
        /// The recipe of the runs.
        let recipe: EnsembleRecipe
        /// Number of runs when all are made.
        let runs: Int
    }

    /// The current version of the format of journals. Version 1, at first without a number, had no checksums. It is
    /// refused: its runs could only be believed, or made again by users who would rather finish them with the version
    /// that made them.
    static let format = 2

    /// The version in a journal's first line.
    private struct Version: Decodable {
        let format: Int?
        let runs: Int
    }

    private static let blockByteCount = 512
    private static let lineByteCount = 64

    /// The description of the training.
    let head: Head
    /// The runs on the disk; nil for runs to be made.
    let finished: [FinishedRun?]
    /// The numbers of the runs whose lines are not blank: of those on the disk, and of those whose line is damaged.
    let recorded: [Int]
    private let headLine: [UInt8]

    /// The position in the file at which the lines of the runs start.
    var linesOffset: Int { headLine.count }

    /// A journal of `finished.count` runs made with `recipe`.
    ///
    /// - Throws: `EncodingError`.
    init(recipe: EnsembleRecipe, finished: [FinishedRun?]) throws {
        head = Head(recipe: recipe, runs: finished.count)
        self.finished = finished
        recorded = finished.indices.filter { finished[$0] != nil }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let json = try [UInt8](encoder.encode(head))
        let blanks = Self.blockByteCount - 1 - json.count % Self.blockByteCount
        headLine = json + [UInt8](repeating: UInt8(ascii: " "), count: blanks) + [UInt8(ascii: "\n")]
    }

    /// Reads the journal at `path`; nil if there is none.
    ///
    /// - Throws: `UserError`: 64 if it is of another version, 65 if it is damaged; `ArrayFileError` (74) if it cannot
    ///   be read.
    init?(_ path: String) throws {
        guard let bytes = try FileSystem.contents(of: path).map({ [UInt8]($0) }) else { return nil }
        let end = bytes.firstIndex(of: UInt8(ascii: "\n"))
        if let end, let version = try? JSONDecoder().decode(Version.self, from: Data(bytes[..<end])),
            case let format = version.format ?? 1, format != Self.format
        {
            throw UserError.usage(
                """
                \(path): is in format \(format), and this version of the program resumes format \(Self.format) \
                only: finish the training with the version that started it, or remove the file to start over
                """)
        }
        guard let end, (end + 1).isMultiple(of: Self.blockByteCount),
            let head = try? JSONDecoder().decode(Head.self, from: Data(bytes[..<end])), head.runs >= 1,
            case let lines = bytes.count - end - 1, lines.isMultiple(of: Self.lineByteCount),
            lines / Self.lineByteCount == head.runs
        else { throw UserError.badData("\(path): is not a training journal; remove it to start over") }
        self.head = head
        headLine = Array(bytes[...end])
        let runLines = (0..<head.runs).map { run in
            bytes[(end + 1 + run * Self.lineByteCount)...].prefix(Self.lineByteCount)
        }
        finished = runLines.map(Self.parse)
        recorded = runLines.indices.filter { !runLines[$0].elementsEqual(Self.line(nil)) }
    }

    /// Reads the journal at `path`, which was there before.
    ///
    /// - Throws: As the other initializer; `UserError` (74) also if it is gone.
    init(existing path: String) throws {
        guard let journal = try TrainingJournal(path) else { throw UserError.cannotRead("\(path): is gone") }
        self = journal
    }

    /// Writes the whole journal to `path`, atomically.
    ///
    /// - Throws: `ArrayFileError` (73).
    func write(_ path: String) throws {
        try AtomicFile.write(Data(headLine + finished.flatMap(Self.line)), to: path)
    }

    /// The line of a run; blank for one to be made.
    static func line(_ run: FinishedRun?) -> [UInt8] {
        func column(_ text: String, _ width: Int) -> [UInt8] {
            Array((String(repeating: " ", count: width - text.count) + text).utf8)
        }
        func column(_ checksum: UInt32) -> [UInt8] { column(NumberText.digits(checksum, width: 8, radix: 16), 9) }
        guard let run else { return column("\n", lineByteCount) }
        let columns =
            column("\(run.correct.test)", 14) + column("\(run.correct.train)", 13) + column(run.checksums.test)
            + column(run.checksums.train) + column(run.checksums.others)
        return columns + column(CRC32.of(columns)) + [UInt8(ascii: "\n")]
    }

    private static func parse(_ line: ArraySlice<UInt8>) -> FinishedRun? {
        let words = String(decoding: line, as: UTF8.self).split(whereSeparator: \.isWhitespace)
        guard words.count == 6, let test = Int(words[0]), let train = Int(words[1]),
            [test, train].allSatisfy({ 0..<1_000_000_000_000 ~= $0 }), let ofTest = UInt32(words[2], radix: 16),
            let ofTrain = UInt32(words[3], radix: 16), let ofOthers = UInt32(words[4], radix: 16)
        else { return nil }
        let run = FinishedRun(
            correct: CorrectPredictions(test: test, train: train),
            checksums: RunChecksums(test: ofTest, train: ofTrain, others: ofOthers))
        return Self.line(run) == Array(line) ? run : nil
    }
}
