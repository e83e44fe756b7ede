import ArrayFiles
import EnsembleKernel
import Ensembles
import Foundation
import MessagePassing
import ParallelRanges
import Testing
import TestSupport

@MainActor struct CheckpointTests {
    private let scratch: Scratch
    private let ensemble: Ensemble

    init() throws {
        scratch = try Scratch()
        ensemble = try RandomEnsemble(runs: 40, test: 23, train: 301, classes: 4).opened(in: scratch)
    }

    private func checkpoint(
        _ name: String, every interval: Duration = .zero, resumes: Bool = true
    ) throws -> Checkpoint {
        try Checkpoint(
            .init(folder: scratch(name), interval: interval, resumes: resumes), world: SharedSession.world())
    }

    private func search(
        of ensemble: Ensemble? = nil, _ checkpoint: Checkpoint?, _ transform: Transform = .logSoftmax, k: Int = 7,
        screen: Screen = .fastest, memory: Int = 60_000, progress: (Double) -> Void = { _ in }
    ) throws -> [NeighborLists.OfExamples] {
        let ensemble = ensemble ?? self.ensemble
        let grid = try RankGrid(ProcessGrid(runs: 1, train: 1), world: SharedSession.world())
        return try NeighborSearch(
            test: #require(ensemble.test), train: #require(ensemble.train), neighbors: k, transform: transform,
            screen: screen, grid: grid, threads: 2, memory: memory
        ).run(checkpoint: checkpoint, progress: progress).parts
    }

    private func lists(_ parts: [NeighborLists.OfExamples]) -> NeighborLists {
        let parts = parts.sorted { $0.rows.lowerBound < $1.rows.lowerBound }
        #expect(parts.flatMap { Array($0.rows) } == Array(0..<23))
        return NeighborLists(
            k: 7, similarities: parts.flatMap(\.lists.similarities), indices: parts.flatMap(\.lists.indices))
    }

    private func segments(_ name: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: scratch(name)).sorted()
    }

    /// The checkpoint as it stood at several moments of a search, in folders of their own.
    private func copies() throws -> [String] {
        var copies: [String] = []
        _ = try search(checkpoint("whole")) { fraction in
            guard FileManager.default.fileExists(atPath: scratch("whole")) else { return }
            copies.append("copy\(copies.count)")
            try? FileManager.default.copyItem(atPath: scratch("whole"), toPath: scratch(copies[copies.count - 1]))
        }
        return copies
    }

    @Test func `a search goes on from any moment, by any screen and in any memory`() throws {
        let expected = lists(try search(nil))
        let copies = try copies()
        try #require(copies.count > 20)
        let ways: [(Screen, Int)] = Screen.allCases.flatMap { [($0, 1 << 30), ($0, 40_000), ($0, 15_000)] }
        for (number, copy) in copies.enumerated() {
            let way = ways[number % ways.count]
            let checkpoint = try checkpoint(copy, every: .seconds(300))
            #expect(checkpoint.remarks == [])
            var fractions: [Double] = []
            let found = try search(checkpoint, screen: way.0, memory: way.1) { fractions.append($0) }
            #expect(lists(found) == expected, "\(copy) by \(way)")
            #expect(fractions.last ?? 1 == 1)
            try checkpoint.remove()
            #expect(!FileManager.default.fileExists(atPath: scratch(copy)))
        }
        // All was done, and nothing is searched again.
        var calls = 0
        #expect(lists(try search(checkpoint("whole")) { _ in calls += 1 }) == expected)
        #expect(calls == 0)
    }

    @Test func `what was seen is not compared again`() throws {
        let copies = try copies()
        func tiles(_ checkpoint: Checkpoint?) throws -> Int {
            var count = 0
            _ = try search(checkpoint) { _ in count += 1 }
            return count
        }
        let all = try tiles(nil)
        let counts = try copies.map { try tiles(checkpoint($0, every: .seconds(300))) }
        // A copy was made at every tile but the first, of what was done before it; a narrow first tile is spared, too.
        for (place, count) in counts.enumerated() { #expect(count <= all - place, "\(place)") }
    }

    @Test(arguments: ["cut", "changed", "emptied", "replaced"])
    func `a damaged segment is left out and said, and its work done again`(damage: String) throws {
        let expected = lists(try search(nil))
        let copy = try #require(copies().last)
        // The last is a snapshot, before which there is another.
        let damaged = scratch("\(copy)/\(try #require(segments(copy).last))")
        var bytes = try Data(contentsOf: URL(fileURLWithPath: damaged))
        switch damage {
        case "cut": bytes.removeLast(9)
        case "changed": bytes[bytes.count / 2] ^= 1
        case "emptied": bytes = Data()
        default: bytes = Data("no segment".utf8)
        }
        try bytes.write(to: URL(fileURLWithPath: damaged))
        let checkpoint = try checkpoint(copy)
        guard case .damaged(let words) = try #require(checkpoint.remarks.first) else { return #expect(Bool(false)) }
        #expect(checkpoint.remarks.count == 1 && words.contains(damaged))
        #expect(lists(try search(checkpoint)) == expected)
    }

    @Test func `a checkpoint of another job is refused by name, and goes where it is not asked for`() throws {
        _ = try search(checkpoint("mine"))
        func difference(_ search: () throws -> Void) throws -> JobProperty? {
            let failure = try refusal(AgreedFailure.self, of: search)
            guard case .otherJob(let folder, let property, _, _) = failure?.cause as? KernelError else { return nil }
            #expect(folder == scratch("mine") && failure?.exitCode == .usage)
            return property
        }
        #expect(try difference { _ = try search(checkpoint("mine"), .raw) } == .transform)
        #expect(try difference { _ = try search(checkpoint("mine"), k: 8) } == .neighbors)
        var other = RandomEnsemble(runs: 40, test: 23, train: 301, classes: 4)
        other.trainLogits[5_000] += 0.01
        let changed = try other.opened(in: Scratch())
        #expect(try difference { _ = try search(of: changed, checkpoint("mine")) } == .columnLogits)

        let fresh = try checkpoint("mine", resumes: false)
        #expect(fresh.remarks == [.beginsAnew(folder: scratch("mine"))])
        _ = try search(of: changed, fresh)
    }

    @Test func `a matrix goes on from the tiles that are written`() throws {
        func matrix(_ ranks: Int) throws -> KernelMatrix {
            try KernelMatrix(
                of: ensemble, pairs: .trainTrain, class: nil, transform: .logSoftmax, threads: 2, memory: 700_000,
                ranks: ranks)
        }
        let world = try SharedSession.world()
        try matrix(1).write(to: scratch("expected.npy"), world: world) { _ in }
        let expected = try Data(contentsOf: URL(fileURLWithPath: scratch("expected.npy")))
        var moments: [String] = []
        try matrix(1).write(to: scratch("kernel.npy"), checkpoint: checkpoint("tiles"), world: world) { _ in
            guard FileManager.default.fileExists(atPath: scratch("tiles")) else { return }
            moments.append("moment\(moments.count)")
            try? FileManager.default.copyItem(atPath: scratch("tiles"), toPath: scratch(moments[moments.count - 1]))
            try? FileManager.default.copyItem(
                atPath: scratch("kernel.npy.partial"), toPath: scratch("\(moments[moments.count - 1]).npy.partial"))
        }
        #expect(try Data(contentsOf: URL(fileURLWithPath: scratch("kernel.npy"))) == expected)
        try #require(moments.count > 3)
        for moment in moments {
            // On so many ranks tiles would be cut otherwise.
            var tiles = 0
            try matrix(1_000).write(
                to: scratch("\(moment).npy"), checkpoint: checkpoint(moment, every: .seconds(300)), world: world
            ) { _ in tiles += 1 }
            #expect(try Data(contentsOf: URL(fileURLWithPath: scratch("\(moment).npy"))) == expected)
            #expect(tiles <= moments.count)
        }
    }
}
