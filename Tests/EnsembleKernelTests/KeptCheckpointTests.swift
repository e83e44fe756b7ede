import ArrayFiles
import EnsembleKernel
import Ensembles
import Foundation
import MessagePassing
import ParallelRanges
import Testing
import TestSupport

/// Checkpoints of every version that can still be read are kept under Tests/Fixtures/checkpoints, and are resumed here
/// for ever: a change that would read their numbers in another unit, or in another order, shows.
///
/// To keep those of a new version:
/// `ENSEMBLE_KERNEL_KEEP_CHECKPOINTS=1 swift test --filter KeptCheckpointTests`.
@MainActor struct KeptCheckpointTests {
    private static let folder = Fixtures.checkpoints
    private nonisolated static let keeps =
        ProcessInfo.processInfo.environment["ENSEMBLE_KERNEL_KEEP_CHECKPOINTS"] != nil

    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private func checkpoint(_ folder: String, every interval: Duration = .seconds(300)) throws -> Checkpoint {
        try Checkpoint(.init(folder: folder, interval: interval, resumes: true), world: SharedSession.world())
    }

    private func search(
        _ ensemble: Ensemble, _ checkpoint: Checkpoint?, progress: (Double) -> Void
    ) throws -> [NeighborLists.OfExamples] {
        let grid = try RankGrid(ProcessGrid(runs: 1, train: 1), world: SharedSession.world())
        return try NeighborSearch(
            test: #require(ensemble.test), train: #require(ensemble.train), neighbors: 5, transform: .logSoftmax,
            screen: .float32, grid: grid, threads: 1, memory: 20_000
        ).run(checkpoint: checkpoint, progress: progress).parts.sorted { $0.rows.lowerBound < $1.rows.lowerBound }
    }

    /// The neighbors of the training examples among themselves, by half of the square of all pairs.
    private func graph(_ ensemble: Ensemble, _ checkpoint: Checkpoint?, progress: (Double) -> Void) throws
        -> NeighborLists
    {
        let grid = try RankGrid(ProcessGrid(runs: 1, train: 1), world: SharedSession.world())
        let train = try #require(ensemble.train)
        let found = try NeighborSearch(
            test: train, train: train, neighbors: 5, leavesOutSelf: true, transform: .logSoftmax, screen: .float32,
            grid: grid, threads: 1, memory: 860_000
        ).run(checkpoint: checkpoint, progress: progress)
        #expect(found.counters.comparedPairs < 150 * 150 * 6 / 10)
        return try #require(found.parts.first?.lists)
    }

    private func matrix(_ ensemble: Ensemble) throws -> KernelMatrix {
        try KernelMatrix(
            of: ensemble, pairs: .testTest, class: nil, transform: .logSoftmax, threads: 1, memory: 40_000, ranks: 1)
    }

    @Test func `a search goes on from the checkpoints that were kept`() throws {
        for version in try versions() {
            let ensemble = try Ensemble(opening: ["\(version)/ensemble"])
            var tiles = 0
            let expected = try search(ensemble, nil) { _ in tiles += 1 }
            let kept = try checkpoint(copy("\(version)/neighbors"))
            #expect(kept.remarks == [])
            var tilesLeft = 0
            let found = try search(ensemble, kept) { _ in tilesLeft += 1 }
            #expect(tilesLeft > 0 && tilesLeft < tiles, "some of the work was done, and some was left")
            #expect(found.flatMap(\.lists.indices) == expected.flatMap(\.lists.indices))
            #expect(found.flatMap(\.lists.similarities) == expected.flatMap(\.lists.similarities))
        }
    }

    @Test func `half a square goes on from the checkpoints that were kept`() throws {
        for version in try versions() where exists("\(version)/graph") {
            let ensemble = try Ensemble(opening: ["\(version)/ensemble"])
            var tiles = 0
            let expected = try graph(ensemble, nil) { _ in tiles += 1 }
            var tilesLeft = 0
            #expect(try graph(ensemble, checkpoint(copy("\(version)/graph"))) { _ in tilesLeft += 1 } == expected)
            #expect(tilesLeft > 0 && tilesLeft < tiles, "some of the work was done, and some was left")
        }
    }

    @Test(arguments: ["matrix", "unchecked-matrix"])
    func `a matrix goes on from the checkpoints that were kept, or again without checksums`(kind: String) throws {
        for version in try versions() where exists("\(version)/\(kind)") {
            let ensemble = try Ensemble(opening: ["\(version)/ensemble"])
            let world = try SharedSession.world()
            var tiles = 0
            try matrix(ensemble).write(to: scratch("expected.npy"), world: world) { _ in tiles += 1 }
            let checkpoint = try checkpoint(copy("\(version)/\(kind)"))
            let partial = try copy("\(version)/matrix.npy.partial")
            let path = String(partial.dropLast(".partial".count))
            var (tilesLeft, remarks) = (0, [] as [Checkpoint.Remark])
            try matrix(ensemble).write(
                to: path, checkpoint: checkpoint, world: world,
                remark: { remarks.append($0) }
            ) { _ in tilesLeft += 1 }
            if kind == "matrix" {
                #expect(tilesLeft > 0 && tilesLeft < tiles && remarks == [])
            } else {
                #expect(tilesLeft == tiles && remarks == [.uncheckedTiles(3, path: partial)])
            }
            #expect(
                try Data(contentsOf: URL(fileURLWithPath: path))
                    == Data(contentsOf: URL(fileURLWithPath: scratch("expected.npy"))))
        }
    }

    @Test func `a checkpoint of another version is refused by its number`() throws {
        let version = try #require(versions().last)
        let segment = try #require(FileManager.default.contentsOfDirectory(atPath: "\(version)/neighbors").first)
        try FileManager.default.createDirectory(atPath: scratch("old"), withIntermediateDirectories: true)
        try Data("sealed by ekmpi\nof version 0.1".utf8).write(to: URL(fileURLWithPath: scratch("old/\(segment)")))
        let failure = #expect(throws: AgreedFailure.self) { try checkpoint(scratch("old")) }
        let expected = KernelError.otherFormat(folder: scratch("old"), format: 0, known: ChecksummedFile.format)
        #expect(failure?.cause as? KernelError == expected && failure?.exitCode == .usage)
    }

    @Test(.enabled(if: keeps)) func `checkpoints of this version are kept`() throws {
        let version = "\(Self.folder)/\(Checkpoint.format)"
        try RandomEnsemble(runs: 12, test: 60, train: 150, classes: 3, elementType: .float16)
            .write(to: "\(version)/ensemble", labels: false)
        let ensemble = try Ensemble(opening: ["\(version)/ensemble"])
        _ = try search(ensemble, checkpoint(scratch("whole"), every: .zero)) { fraction in
            // In the middle of a tile: some rows are finished, some are begun.
            guard fraction > 0.6, !exists("\(version)/neighbors"), exists(scratch("whole")) else { return }
            try? FileManager.default.copyItem(atPath: scratch("whole"), toPath: "\(version)/neighbors")
        }
        _ = try graph(ensemble, checkpoint(scratch("graph"), every: .zero)) { fraction in
            guard fraction > 0.6, !exists("\(version)/graph"), exists(scratch("graph")) else { return }
            try? FileManager.default.copyItem(atPath: scratch("graph"), toPath: "\(version)/graph")
        }
        try matrix(ensemble).write(
            to: scratch("matrix.npy"), checkpoint: checkpoint(scratch("tiles"), every: .zero),
            world: SharedSession.world()
        ) { fraction in
            guard fraction > 0.5, !exists("\(version)/matrix"), exists(scratch("tiles")) else { return }
            try? FileManager.default.copyItem(atPath: scratch("tiles"), toPath: "\(version)/matrix")
            try? FileManager.default.copyItem(
                atPath: scratch("matrix.npy.partial"), toPath: "\(version)/matrix.npy.partial")
        }
    }

    private func versions() throws -> [String] {
        let names = try FileManager.default.contentsOfDirectory(atPath: Self.folder).sorted()
        try #require(names.contains("\(Checkpoint.format)"), "checkpoints of this version are to be kept")
        return names.map { "\(Self.folder)/\($0)" }
    }

    private func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

    /// Copies what is kept of a version to the scratch folder, and returns the path there.
    private func copy(_ path: String) throws -> String {
        let parts = path.split(separator: "/").suffix(2)
        let target = scratch(parts.joined(separator: "-"))
        try FileManager.default.copyItem(atPath: path, toPath: target)
        return target
    }
}
