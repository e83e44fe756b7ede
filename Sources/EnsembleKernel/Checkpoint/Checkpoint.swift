import ArrayFiles
import MessagePassing
import Platform
import UserMessages

/// The finished work of a job, in a folder from which the same job resumes after it was stopped or has crashed.
///
/// The folder holds segments. A segment holds either the work that one *stage* of the job, such as a search, has
/// finished since the previous segment, or a snapshot of unfinished work, of which the last two are kept; and it
/// appears whole or not at all. Segments are never changed: a damaged one is discarded, and only the work that it alone
/// held is repeated. Nothing in them depends on the number of ranks. Only rank 0 reads and writes them.
public final class Checkpoint {
    /// The version of the format of segments: of their heads and of the numbers in their bodies. Earlier versions wrote
    /// no number, which counts as 0. Increase it with every change after which older programs would misread segments,
    /// or this one older segments.
    public static let format = 2

    /// The versions that can be read. Segments of version 1 have no half squares.
    private static let readableFormats = 1...format

    /// The place and the schedule of a checkpoint.
    public struct Options: Sendable {
        /// The folder of the checkpoint, which is removed when the job is done.
        public var folder: String
        /// The time from one segment to the next.
        public var interval: Duration
        /// Whether to resume from an existing checkpoint, which is removed otherwise.
        public var resumes: Bool

        /// Options of a checkpoint in `folder`.
        public init(folder: String, interval: Duration, resumes: Bool) {
            self.folder = folder
            self.interval = interval
            self.resumes = resumes
        }
    }

    /// The next action of all ranks.
    package enum Turn: Equatable {
        case goOn
        case save
        /// Save, then end the job.
        case stop(signal: Int32)
    }

    /// The part of the head that all segments share.
    private struct Label: Codable {
        let stage: CheckpointStage
        /// The properties that distinguish jobs with the same stage.
        let job: [JobProperty: String]
        /// Whether it holds all the work of earlier snapshots.
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

        init(_ path: String, in folder: String) throws {
            do {
                file = try ChecksummedFile(path)
            } catch let other as ChecksummedFile.OtherFormat {
                throw KernelError.otherFormat(folder: folder, format: other.format, known: ChecksummedFile.format)
            }
            let format = try JSONDecoder().decode(FormatOnly.self, from: file.head).format
            guard Checkpoint.readableFormats.contains(format) else {
                throw KernelError.otherFormat(folder: folder, format: format, known: Checkpoint.format)
            }
            label = try JSONDecoder().decode(LabelOnly.self, from: file.head).label
        }
    }

    /// A finding that the user may want to know about.
    public enum Remark: Equatable, Sendable {
        /// The checkpoint of an unfinished job exists and is removed.
        case beginsAnew(folder: String)
        /// A segment, or the file that it tells of, is damaged, as described; its work is repeated.
        case damaged(String)
        /// Of so many saved tiles, some are damaged in the unfinished file at `path`; they are repeated.
        case damagedTiles(Int, of: Int, path: String)
        /// Some saved tiles of the unfinished file at `path` have no checksum; they are repeated.
        case uncheckedTiles(Int, path: String)
    }

    /// The findings, on rank 0; empty on the other ranks.
    public let remarks: [Remark]

    private let options: Options
    private let world: Communicator
    /// Whether there is anything to resume from; the same on every rank.
    package let holdsAnything: Bool
    /// The segments that existed at the start; on rank 0 only.
    private let segments: [Segment]
    private var nextNumber: Int
    /// The paths of the existing snapshots, the earliest first; on rank 0 only.
    private var snapshots: [String]
    private var lastSaved = ContinuousClock.now

    /// Bytes of unsaved work of all ranks that trigger an early save.
    private static let mostUnsavedBytes = 64 << 20

    /// Opens the checkpoint folder, or starts a new checkpoint. Collective over `world`: every rank calls it.
    ///
    /// - Throws: `AgreedFailure` on every rank: 73 if the folder cannot be written, 64 if a segment has another format;
    ///   `MPIError`.
    public init(_ options: Options, world: Communicator) throws {
        self.options = options
        self.world = world
        var (segments, remarks): ([Segment], [Remark]) = ([], [])
        var nextNumber = 1
        try world.agree {
            let numbers = world.rank == 0 ? try Self.numbers(in: options.folder) : []
            nextNumber = (numbers.last ?? 0) + 1
            if options.resumes {
                var damaged: [String] = []
                for path in numbers.map({ Self.path($0, in: options.folder) }) {
                    do {
                        segments.append(try Segment(path, in: options.folder))
                    } catch let error as KernelError {
                        throw error
                    } catch {
                        remarks.append(.damaged("\(error)"))
                        damaged.append(path)
                    }
                }
                try AtomicFile.remove(damaged)
            } else if !numbers.isEmpty {
                try AtomicFile.remove(numbers.map { Self.path($0, in: options.folder) })
                remarks.append(.beginsAnew(folder: options.folder))
            }
        }
        (self.segments, self.remarks, self.nextNumber) = (segments, remarks, nextNumber)
        snapshots = segments.filter(\.label.isSnapshot).map(\.file.path)
        holdsAnything = try world.broadcast(segments.count, root: 0) > 0
    }

    /// The names of the segments in a folder, including an unfinished one; none where there is no folder.
    private static func names(in folder: String) throws -> [String] {
        do {
            return try FileSystem.entries(of: folder).filter { $0.hasPrefix(prefix) }
        } catch let error as ArrayFileError where error.kind == .notFound {
            return []
        }
    }

    /// The numbers of the segments in a folder, in ascending order.
    private static func numbers(in folder: String) throws -> [Int] {
        try names(in: folder).compactMap { Int($0.dropFirst(prefix.count)) }.sorted()
    }

    private static func path(_ number: Int, in folder: String) -> String {
        "\(folder)/\(prefix)" + NumberText.digits(number, width: 6)
    }

    private static let prefix = "segment-"

    /// The finished work of a stage, in the order in which it was saved. Collective: every rank calls it, and all get
    /// the same entries; the files exist on rank 0 only.
    ///
    /// - Parameter job: The properties that must be equal to resume a job.
    /// - Throws: `AgreedFailure` (64) on every rank if a property differs, naming it; `MPIError`.
    package func finished<Entry: Codable>(
        _ stage: CheckpointStage, of job: [JobProperty: String]
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

    /// Whether it is time for this rank, which works by itself, to ask the others for the next action.
    package var isTime: Bool { StopRequest.signal != nil || ContinuousClock.now - lastSaved >= options.interval }

    /// The next action of the ranks: the same on each. Collective: every rank calls it.
    ///
    /// - Parameter unsavedBytes: Bytes of work that this rank has finished since it last saved.
    /// - Throws: `MPIError`.
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

    /// Writes a segment. Collective: every rank calls it; only rank 0's arguments are used.
    ///
    /// - Parameter isSnapshot: Whether it holds all the work of earlier snapshots; the last but one is kept in case
    ///   this one is damaged.
    /// - Throws: `AgreedFailure` (73) on every rank if it cannot be written, or `MPIError`.
    package func save(
        _ stage: CheckpointStage, of job: [JobProperty: String], _ entry: some Codable, body: [Int64] = [],
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

    /// Ends the job, after all its work was saved. Collective: every rank calls it with the same arguments.
    ///
    /// - Parameter kept: The saved work, in a few words.
    /// - Throws: `AgreedFailure` (75) with a `Stopped` error, always.
    package func stop(by signal: Int32, kept: String) throws -> Never {
        throw AgreedFailure(known: Stopped(signal: signal, kept: "\(kept) kept in \(options.folder)"))
    }

    /// Removes the checkpoint: the job is done, and its results are on the disk. Collective: every rank calls it.
    ///
    /// - Throws: `AgreedFailure` (73) on every rank if that fails, or `MPIError`.
    public func remove() throws {
        try world.agree {
            guard world.rank == 0 else { return }
            try AtomicFile.remove(try Self.names(in: options.folder).map { "\(options.folder)/\($0)" })
            rmdir(options.folder)
        }
    }
}
