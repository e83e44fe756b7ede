import ArrayFiles
import Foundation
import UserMessages

/// The journal of a training in progress, which records the runs on the disk: a text file beside the unfinished logits.
///
/// Its first line describes the training, in JSON, padded with blanks to a multiple of 512 bytes. After it each run has
/// a line of 32 bytes: its numbers of correct predictions among the test and the training examples once it is finished,
/// blanks before. A line never crosses a block of the disk and its numbers end at fixed columns, so a half-written line
/// is invalid.
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

    /// The current version of the format of journals; earlier versions wrote no number.
    static let format = 1

    /// The version in a journal's first line.
    private struct Version: Decodable {
        let format: Int?
        let runs: Int
    }

    private static let blockByteCount = 512
    private static let lineByteCount = 32

    /// The description of the training.
    let head: Head
    /// The numbers of correct predictions of the runs on the disk; nil for runs to be made.
    let finished: [CorrectPredictions?]
    private let headLine: [UInt8]

    /// The position in the file at which the lines of the runs start.
    var linesOffset: Int { headLine.count }

    /// A journal of `finished.count` runs made with `recipe`.
    ///
    /// - Throws: `EncodingError`.
    init(recipe: EnsembleRecipe, finished: [CorrectPredictions?]) throws {
        head = Head(recipe: recipe, runs: finished.count)
        self.finished = finished
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let json = try [UInt8](encoder.encode(head))
        let blanks = Self.blockByteCount - 1 - json.count % Self.blockByteCount
        headLine = json + [UInt8](repeating: UInt8(ascii: " "), count: blanks) + [UInt8(ascii: "\n")]
    }

    /// Reads the journal at `path`; nil if there is none.
    ///
    /// - Throws: `UserError`: 64 if it is of another version, 65 if it is damaged; `ArrayFileError` (74) if it cannot
    /// be   read.
    init?(_ path: String) throws {
        guard let bytes = try FileSystem.contents(of: path).map({ [UInt8]($0) }) else { return nil }
        let end = bytes.firstIndex(of: UInt8(ascii: "\n"))
        if let end, let format = try? JSONDecoder().decode(Version.self, from: Data(bytes[..<end])).format,
            format != Self.format
        {
            throw UserError.usage(
                """
                \(path): is in format \(format), and this version of the program goes on from format \(Self.format) \
                only: finish the training with the version that began it, or remove the file to begin again
                """)
        }
        guard let end, (end + 1).isMultiple(of: Self.blockByteCount),
            let head = try? JSONDecoder().decode(Head.self, from: Data(bytes[..<end])), head.runs >= 1,
            case let lines = bytes.count - end - 1, lines.isMultiple(of: Self.lineByteCount),
            lines / Self.lineByteCount == head.runs
        else { throw UserError.badData("\(path): is not a journal of training; remove it to begin again") }
        self.head = head
        headLine = Array(bytes[...end])
        finished = (0..<head.runs).map { run in
            Self.parse(bytes[(end + 1 + run * Self.lineByteCount)...].prefix(Self.lineByteCount))
        }
    }

    /// Writes the whole journal to `path`, atomically.
    ///
    /// - Throws: `ArrayFileError` (73).
    func write(_ path: String) throws {
        try AtomicFile.write(Data(headLine + finished.flatMap(Self.line)), to: path)
    }

    /// The line of a run: two numbers that end at columns 15 and 31, or blanks.
    static func line(_ correct: CorrectPredictions?) -> [UInt8] {
        func column(_ number: Int?, _ width: Int) -> String {
            let digits = number.map(String.init) ?? ""
            return String(repeating: " ", count: width - digits.count) + digits
        }
        return Array((column(correct?.test, 15) + column(correct?.train, 16) + "\n").utf8)
    }

    private static func parse(_ line: ArraySlice<UInt8>) -> CorrectPredictions? {
        let numbers = String(decoding: line, as: UTF8.self).split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
        guard numbers.count == 2, numbers.allSatisfy({ 0..<1_000_000_000_000 ~= $0 }) else { return nil }
        let correct = CorrectPredictions(test: numbers[0], train: numbers[1])
        return Self.line(correct) == Array(line) ? correct : nil
    }
}
