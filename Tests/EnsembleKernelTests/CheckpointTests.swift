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

    /// The neighbors of the training examples among themselves. In the usual memory, half of the square of all pairs is
    /// computed, in a dozen parts.
    private func graph(
        _ checkpoint: Checkpoint?, screen: Screen = .float32, memory: Int = 2_130_000,
        progress: (Double) -> Void = { _ in }
    ) throws -> (lists: NeighborLists, comparedPairs: Int) {
        let train = try #require(ensemble.train)
        let grid = try RankGrid(ProcessGrid(runs: 1, train: 1), world: SharedSession.world())
        let found = try NeighborSearch(
            test: train, train: train, neighbors: 7, leavesOutSelf: true, transform: .logSoftmax, screen: screen,
            grid: grid, threads: 2, memory: memory
        ).run(checkpoint: checkpoint, progress: progress)
        let parts = found.parts.sorted { $0.rows.lowerBound < $1.rows.lowerBound }
        #expect(parts.flatMap { Array($0.rows) } == Array(0..<301))
        return (
            NeighborLists(
                k: 7, similarities: parts.flatMap(\.lists.similarities), indices: parts.flatMap(\.lists.indices)),
            found.counters.comparedPairs
        )
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

    @Test func `half a square goes on from any moment, as one or row by row`() throws {
        let whole = try graph(nil)
        let half = whole.comparedPairs
        #expect(half < 301 * 301 * 6 / 10)
        var copies: [String] = []
        _ = try graph(checkpoint("half")) { _ in
            guard FileManager.default.fileExists(atPath: scratch("half")) else { return }
            copies.append("half\(copies.count)")
            try? FileManager.default.copyItem(atPath: scratch("half"), toPath: scratch(copies[copies.count - 1]))
        }
        try #require(copies.count > 8)
        for (number, copy) in copies.enumerated() {
            for (screen, memory) in [
                (Screen.float32, 2_130_000), (.int8, 1 << 30), (.float32, 60_000), (.int8, 15_000),
            ] {
                let again = "\(copy)-\(memory)"
                try FileManager.default.copyItem(atPath: scratch(copy), toPath: scratch(again))
                let found = try graph(checkpoint(again, every: .seconds(300)), screen: screen, memory: memory)
                #expect(found.lists == whole.lists, "\(copy) by \(screen) in \(memory) bytes")
                // In less memory the rest is a part of the whole square, less what is seen.
                let left = Double(copies.count - number) / Double(copies.count + 1)
                #expect(Double(found.comparedPairs) <= (memory < 100_000 ? 2 : 1) * (left + 0.15) * Double(half))
            }
        }
    }

    @Test func `half a square that goes on row by row can be stopped again`() throws {
        let whole = try graph(nil).lists
        /// Copies a checkpoint as it is at some moment of a search.
        func copy(_ name: String, after moment: Double, to copied: String, memory: Int) throws -> Int {
            let found = try graph(checkpoint(name), memory: memory) { fraction in
                guard fraction >= moment, !FileManager.default.fileExists(atPath: scratch(copied)) else { return }
                try? FileManager.default.copyItem(atPath: scratch(name), toPath: scratch(copied))
            }
            #expect(found.lists == whole)
            return found.comparedPairs
        }
        _ = try copy("first", after: 0.7, to: "stopped", memory: 2_130_000)
        try FileManager.default.copyItem(atPath: scratch("stopped"), toPath: scratch("again"))
        let left = try copy("again", after: 0.5, to: "stopped again", memory: 60_000)
        let found = try graph(checkpoint("stopped again", every: .seconds(300)), memory: 60_000)
        #expect(found.lists == whole)
        #expect(Double(found.comparedPairs) < 0.75 * Double(left))
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

    private func matrix(ranks: Int = 1) throws -> KernelMatrix {
        try KernelMatrix(
            of: ensemble, pairs: .trainTrain, class: nil, transform: .logSoftmax, threads: 2, memory: 700_000,
            ranks: ranks)
    }

    private func bytes(_ name: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: scratch(name))) }

    /// The checkpoint and the unfinished file of a matrix as they stood at several moments: `moment0`,
    /// `moment0.npy.partial` and so on. The matrix is in `kernel.npy`.
    private func momentsOfMatrix() throws -> [String] {
        var moments: [String] = []
        try matrix().write(
            to: scratch("kernel.npy"), checkpoint: checkpoint("tiles"), world: SharedSession.world()
        ) { _ in
            guard FileManager.default.fileExists(atPath: scratch("tiles")) else { return }
            moments.append("moment\(moments.count)")
            try? FileManager.default.copyItem(atPath: scratch("tiles"), toPath: scratch(moments[moments.count - 1]))
            try? FileManager.default.copyItem(
                atPath: scratch("kernel.npy.partial"), toPath: scratch("\(moments[moments.count - 1]).npy.partial"))
        }
        try #require(moments.count > 3)
        return moments
    }

    /// Goes on from a moment; returns what the user was told, and the number of tiles computed.
    private func resume(_ moment: String, ranks: Int = 1) throws -> (remarks: [Checkpoint.Remark], tiles: Int) {
        let checkpoint = try checkpoint(moment, every: .seconds(300))
        var (remarks, tiles) = (checkpoint.remarks, 0)
        try matrix(ranks: ranks).write(
            to: scratch("\(moment).npy"), checkpoint: checkpoint, world: SharedSession.world(),
            remark: { remarks.append($0) }
        ) { _ in tiles += 1 }
        return (remarks, tiles)
    }

    @Test func `a matrix goes on from the tiles that are written`() throws {
        try matrix().write(to: scratch("expected.npy"), world: SharedSession.world()) { _ in }
        let moments = try momentsOfMatrix()
        #expect(try bytes("kernel.npy") == bytes("expected.npy"))
        for (place, moment) in moments.enumerated() {
            // On so many ranks tiles would be cut otherwise.
            let (remarks, tiles) = try resume(moment, ranks: 1_000)
            #expect(try bytes("\(moment).npy") == bytes("expected.npy"))
            // The first moment is after the second tile, the first of which is saved.
            #expect(remarks == [] && tiles == moments.count - place)
        }
    }

    @Test func `a tile that is damaged in the file of a matrix is said, and computed again`() throws {
        let moments = try momentsOfMatrix()
        let (moment, partial) = (moments[2], "\(moments[2]).npy.partial")
        let (file, expected) = (try bytes(partial), try bytes("kernel.npy"))
        let saved = 3
        let undamaged = try resume(moment).tiles
        // Elements of the first tile and of the mirror image of the second, which is left of the diagonal.
        for damaged in [[0], [300 * 301], [0, 1, 300 * 301]] {
            var bytes = file
            for element in damaged { bytes[128 + element * 4 + 2] ^= 1 << 5 }
            try bytes.write(to: URL(fileURLWithPath: scratch(partial)))
            let (remarks, tiles) = try resume(moment)
            let count = min(damaged.count, 2)
            #expect(remarks == [.damagedTiles(count, of: saved, path: scratch(partial))])
            #expect(tiles == undamaged + count)
            #expect(try self.bytes("\(moment).npy") == expected)
        }
        // The header of the file is no tile.
        var bytes = file
        bytes[120] ^= 1
        try bytes.write(to: URL(fileURLWithPath: scratch(partial)))
        let (remarks, tiles) = try resume(moment)
        #expect(remarks == [] && tiles == undamaged)
        #expect(try self.bytes("\(moment).npy") == expected)
    }

    @Test(arguments: [nil, 0, 100, 20_000]) func `a matrix whose file is lost or cut short begins again`(_ left: Int?)
        throws
    {
        let moment = try #require(momentsOfMatrix().last)
        let partial = scratch("\(moment).npy.partial")
        if let left { truncate(partial, left) } else { try FileManager.default.removeItem(atPath: partial) }
        let (remarks, tiles) = try resume(moment)
        guard case .damaged(let words) = try #require(remarks.first) else { return #expect(Bool(false)) }
        #expect(remarks.count == 1 && words.contains(partial))
        #expect(tiles > 4)
        #expect(try bytes("\(moment).npy") == bytes("kernel.npy"))
    }
}
