import ArrayFiles
import Foundation
import MessagePassing
import UserMessages

/// The work that a job has finished so far, in a folder, from which the same job goes on after it was stopped or has
/// crashed.
///
/// The folder holds segments. Each is what one *stage* of the job, a search for instance, has finished since the
/// segment before it, or a snapshot of what is in the making, of which the last two are kept; and it appears whole or
/// not at all. Segments are never changed: one that is found damaged is left out, and only what it alone held is done
/// again. Nothing in them depends on the number of ranks. Rank 0 alone reads and writes them.
public final class Checkpoint {
    /// The version of the format of segments: of their heads and of the numbers in their bodies. Those of the versions
    /// before had none, which counts as 0. To be raised with every change that makes an old segment unreadable or
    /// misread.
    public static let format = 1

    /// Where and when a checkpoint is written.
    public struct Options: Sendable {
        /// The folder, which is gone again when the job is done.
        public var folder: String
        /// From one segment to the next.
        public var interval: Duration
        /// Whether to go on from what is there; it is removed otherwise.
        public var resumes: Bool

        /// A checkpoint in `folder`.
        public init(folder: String, interval: Duration, resumes: Bool) {
            self.folder = folder
            self.interval = interval
            self.resumes = resumes
        }
    }

    /// What the ranks are to do now.
    package enum Turn: Equatable {
        case goOn
        case save
        /// Save, and end the job.
        case stop(signal: Int32)
    }

    /// What all segments begin with.
    private struct Label: Codable {
        let stage: String
        /// What makes the stage of one job that of another.
        let job: [JobProperty: String]
        /// Whether it holds all that an earlier one did.
        let isSnapshot: Bool
    }

    private struct Head<Entry: Codable>: Codable {
        var format = Checkpoint.format
        let label: Label
        let entry: Entry
    }

    private struct LabelOnly: Decodable {
        let label: Label
    }

    private struct FormatOnly: Decodable {
        let format: Int
    }

    private struct Segment {
        let label: Label
        let file: ChecksummedFile

        init(_ path: String) throws {
            file = try ChecksummedFile(path)
            let format = try JSONDecoder().decode(FormatOnly.self, from: file.head).format
            guard format == Checkpoint.format else { throw ChecksummedFile.OtherFormat(path: path, format: format) }
            label = try JSONDecoder().decode(LabelOnly.self, from: file.head).label
        }
    }

    /// Something that was found and that the user may want to know.
    public enum Remark: Equatable, Sendable {
        /// An unfinished job was there, and is removed.
        case beginsAnew(folder: String)
        /// A segment is damaged, in words; the work that it held is done again.
        case damaged(String)
    }

    /// What was found, on rank 0.
    public let remarks: [Remark]

    private let options: Options
    private let world: Communicator
    /// Whether there is anything to go on from; the same on every rank.
    package let holdsAnything: Bool
    /// Those that were there at the start; on rank 0 alone.
    private let segments: [Segment]
    private var nextNumber = 1
    /// The snapshots that are there, from the earliest on; on rank 0 alone.
    private var snapshots: [String]
    private var lastSaved = ContinuousClock.now

    /// Bytes of all ranks from which on they are saved before their time.
    private static let mostUnsavedBytes = 64 << 20

    /// Opens the folder, or begins it. Collective over `world`: every rank calls it.
    ///
    /// - Throws: `AgreedFailure` on every rank: 73 where the folder cannot be written, 64 where a segment is of another
    ///   format.
    public init(_ options: Options, world: Communicator) throws {
        self.options = options
        self.world = world
        let numbers = world.rank == 0 ? Self.numbers(in: options.folder) : []
        nextNumber = (numbers.last ?? 0) + 1
        var (segments, remarks): ([Segment], [Remark]) = ([], [])
        try world.agree {
            if options.resumes {
                for number in numbers {
                    do {
                        segments.append(try Segment(Self.path(number, in: options.folder)))
                    } catch let other as ChecksummedFile.OtherFormat {
                        throw KernelError.otherFormat(
                            folder: options.folder, format: other.format, known: Self.format)
                    } catch {
                        remarks.append(.damaged("\(error)"))
                        try AtomicFile.remove([Self.path(number, in: options.folder)])
                    }
                }
            } else if !numbers.isEmpty {
                try AtomicFile.remove(numbers.map { Self.path($0, in: options.folder) })
                remarks.append(.beginsAnew(folder: options.folder))
            }
        }
        (self.segments, self.remarks) = (segments, remarks)
        snapshots = segments.filter(\.label.isSnapshot).map(\.file.path)
        holdsAnything = try world.broadcast(segments.count, root: 0) > 0
    }

    /// The names of the segments in a folder, of one in the making, too.
    private static func names(in folder: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter { $0.hasPrefix(prefix) }
    }

    /// The numbers of the segments in a folder, in ascending order.
    private static func numbers(in folder: String) -> [Int] {
        names(in: folder).compactMap { Int($0.dropFirst(prefix.count)) }.sorted()
    }

    private static func path(_ number: Int, in folder: String) -> String {
        "\(folder)/\(prefix)" + String(format: "%06d", number)
    }

    private static let prefix = "segment-"

    /// What a stage has finished already, in the order in which it was saved. Collective: every rank calls it, and gets
    /// the same entries; the files are there on rank 0 alone.
    ///
    /// - Parameter job: what must be the same for one job to go on where another stopped.
    /// - Throws: `AgreedFailure` (64) on every rank where something is not, naming it.
    package func finished<Entry: Codable>(
        _ stage: String, of job: [JobProperty: String]
    ) throws -> [(entry: Entry, file: ChecksummedFile?)] {
        let found = segments.filter { $0.label.stage == stage }
        let encoded = try world.agree {
            for segment in found { try requireSame(segment.label.job, job) }
            let entries = try found.map { try JSONDecoder().decode(Head<Entry>.self, from: $0.file.head).entry }
            return Array(try JSONEncoder().encode(entries))
        }
        let entries = try JSONDecoder().decode([Entry].self, from: Data(world.broadcast(encoded, root: 0)))
        return entries.enumerated().map { ($1, world.rank == 0 ? found[$0].file : nil) }
    }

    private func requireSame(_ was: [JobProperty: String], _ now: [JobProperty: String]) throws {
        guard let property = JobProperty.allCases.first(where: { was[$0] != now[$0] }) else { return }
        throw KernelError.otherJob(
            folder: options.folder, property: property, saved: was[property], wanted: now[property])
    }

    /// Whether this rank, which works by itself, had better hear from the others what is to be done.
    package var isTime: Bool { StopRequest.signal != nil || ContinuousClock.now - lastSaved >= options.interval }

    /// What the ranks are to do now: the same on each. Collective: every rank calls it.
    ///
    /// - Parameter unsavedBytes: what this rank has finished since it last saved.
    package func turn(unsavedBytes: Int) throws -> Turn {
        let isTime = world.rank == 0 && isTime
        let isMuch = unsavedBytes > Self.mostUnsavedBytes / world.size
        let own = StopRequest.signal.map { Int($0) + 1 } ?? (isTime || isMuch ? 1 : 0)
        switch try world.allreduce(own, .max) {
        case 0: return .goOn
        case 1: return .save
        case let code: return .stop(signal: Int32(code - 1))
        }
    }

    /// Writes a segment. Collective: every rank calls it; what rank 0 passes counts.
    ///
    /// - Parameter isSnapshot: whether it holds all that earlier ones of this kind do; of these the last but one stays,
    ///   should this be damaged.
    /// - Throws: `AgreedFailure` (73) on every rank where it cannot be written.
    package func save(
        _ stage: String, of job: [JobProperty: String], _ entry: some Codable, body: [Int64] = [],
        isSnapshot: Bool = false
    ) throws {
        try world.agree {
            guard world.rank == 0 else { return }
            try AtomicFile.makeFolder(options.folder)
            let label = Label(stage: stage, job: job, isSnapshot: isSnapshot)
            let head = try JSONEncoder().encode(Head(label: label, entry: entry))
            let path = Self.path(nextNumber, in: options.folder)
            try body.withUnsafeBytes { try ChecksummedFile.write(head: head, body: $0, to: path) }
            nextNumber += 1
            guard isSnapshot else { return }
            snapshots.append(path)
            try AtomicFile.remove(Array(snapshots.dropLast(2)))
            snapshots = snapshots.suffix(2)
        }
        lastSaved = .now
    }

    /// Ends the job, of which all is saved that is to be. Collective: every rank calls it with the same arguments.
    ///
    /// - Parameter kept: what is saved, in a few words.
    package func stop(by signal: Int32, kept: String) throws -> Never {
        throw AgreedFailure(known: Stopped(signal: signal, kept: "\(kept) kept in \(options.folder)"))
    }

    /// Removes everything: the job is done, and its results are on the disk. Collective: every rank calls it.
    ///
    /// - Throws: `AgreedFailure` (73) on every rank where that fails.
    public func remove() throws {
        try world.agree {
            guard world.rank == 0 else { return }
            try AtomicFile.remove(Self.names(in: options.folder).map { "\(options.folder)/\($0)" })
            rmdir(options.folder)
        }
    }
}
