import ArrayFiles
import Foundation
import Testing
import TestSupport
import UserMessages

@Suite struct WriterTests {
    @Test func `an array that was written is read back`() throws {
        let scratch = try Scratch()
        let path = scratch("array.npy")
        try NPY.write(grid, shape: [3, 4, 5], to: path)
        let tensor = try ArrayFile.open(path)[0]
        #expect(tensor.shape == [3, 4, 5])
        #expect(tensor.elementType == .float64)
        #expect(try tensor.values() == grid)
        try NPY.write([Int](), shape: [0], to: path)
        #expect(try ArrayFile.open(path)[0].shape == [0])
        try NPY.write([Float(3)], shape: [], to: path)
        #expect(try ArrayFile.open(path)[0].values() == [3])
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path) == ["array.npy"])
    }

    @Test func `an archive of arrays is read back, and appears only when it is complete`() throws {
        let scratch = try Scratch()
        let path = scratch("arrays.npz")
        let writer = try NPZWriter(creating: path)
        try writer.add("some", [Int32(4), -5])
        try writer.add("none", [Double]())
        var rows = [grid.prefix(20), grid.dropFirst(20)].map(Array.init)
        try writer.add("grid", shape: [3, 4, 5]) { rows.isEmpty ? nil : rows.removeFirst() }
        #expect(!FileManager.default.fileExists(atPath: path))
        try writer.commit()
        let tensors = try ArrayFile.open(path)
        #expect(tensors.map(\.name) == ["some", "none", "grid"])
        #expect(try tensors[0].integers() == [4, -5] && tensors[1].shape == [0])
        #expect(try tensors[2].values() == grid && tensors[2].shape == [3, 4, 5])
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path) == ["arrays.npz"])
        let given = try NPZWriter(creating: path)
        // Not even another of this process writes the same file meanwhile.
        #expect(throws: ArrayFileError.self) { try NPZWriter(creating: path) }
        given.discard()
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path) == ["arrays.npz"])
    }

    @Test func `the bytes written are those that numpy writes`() throws {
        let scratch = try Scratch()
        let path = scratch("array.npy")
        try NPY.write(grid.map { Float($0) }, shape: [3, 4, 5], to: path)
        #expect([UInt8](try Data(contentsOf: URL(fileURLWithPath: path))) == (try bytes(of: "grid_f4.npy")))
        try NPY.write(grid.map { Int64($0) }, shape: [3, 4, 5], to: path)
        #expect([UInt8](try Data(contentsOf: URL(fileURLWithPath: path))) == (try bytes(of: "grid_i8.npy")))
    }

    @Test func `several writers fill one file, which appears only when it is complete`() throws {
        let scratch = try Scratch()
        let path = scratch("array.npy")
        let first = try NPYWriter(creating: path, elementType: .float32, shape: [3, 4, 5])
        try first.reserve()
        let others = try (0..<3).map { _ in try NPYWriter(openingPartial: path) }
        for run in [2, 0, 1] {
            let part = grid[run * 20..<(run + 1) * 20].map { Float($0) }
            try others[run].write(part.span, at: run * 20)
            try others[run].synchronize()
        }
        #expect(!FileManager.default.fileExists(atPath: path))
        #expect(try FileListing([scratch("array.npy.partial")]).rows[0].shape == [3, 4, 5])
        try first.commit()
        #expect(try ArrayFile.open(path)[0].values() == grid)
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path) == ["array.npy"])
    }

    @Test func `an unfinished file can be continued or discarded`() throws {
        let scratch = try Scratch()
        let path = scratch("array.npy")
        do {
            let writer = try NPYWriter(creating: path, elementType: .int64, shape: [2])
            try writer.write([5].span, at: 0)
        }
        let writer = try NPYWriter(openingPartial: path)
        try writer.write([6].span, at: 1)
        try writer.commit()
        #expect(try ArrayFile.open(path)[0].integers() == [5, 6])
        try NPYWriter(creating: path, elementType: .int64, shape: [2]).discard()
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path) == ["array.npy"])
        let error = #expect(throws: ArrayFileError.self) { try NPYWriter(openingPartial: path) }
        #expect(error?.exitCode.rawValue == 66)
    }

    @Test func `an unfinished file of an earlier job is gone on with, under a header of its own`() throws {
        let scratch = try Scratch()
        let path = scratch("array.npy")
        let numbers = (0..<100_000).map { Int64($0) }
        func resume(shape: [Int] = [100_000]) throws -> NPYWriter {
            try NPYWriter(resuming: path, elementType: .int64, shape: shape)
        }
        #expect(try refusal(ArrayFileError.self) { try resume() }?.kind == .notFound)
        do {
            let writer = try NPYWriter(creating: path, elementType: .int64, shape: [100_000])
            try writer.write(numbers.span, at: 0)
            #expect(try refusal(ArrayFileError.self) { try resume() }?.kind == .cannotWrite)
        }
        #expect(try refusal(ArrayFileError.self) { try resume(shape: [99_999]) }?.kind == .malformed)
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: path + ".partial"))
        try file.write(contentsOf: Data("no header".utf8))
        let writer = try resume()
        // In one piece, and in several.
        for range in [0..<100_000, 5..<8, 40_000..<99_999, 7..<7] {
            #expect(try writer.crc32(of: range) == CRC32.of(Array(numbers[range])))
        }
        try writer.write([Int64(-1)].span, at: 6)
        #expect(try writer.crc32(of: 5..<8) == CRC32.of([5, -1, 7] as [Int64]))
        try writer.commit()
        #expect(try ArrayFile.open(path)[0].integers().prefix(8) == [0, 1, 2, 3, 4, 5, -1, 7])
    }

    @Test func `what cannot be written is an output error and leaves no file`() throws {
        let scratch = try Scratch()
        for path in [scratch("none/array.npy"), "/dev/full/array.npy", "/proc/array.npy"] {
            let error = #expect(throws: ArrayFileError.self) { try NPY.write([1], shape: [1], to: path) }
            #expect(error?.exitCode.rawValue == 73)
            let other = #expect(throws: ArrayFileError.self) { try AtomicFile.write("x", to: path) }
            #expect(other?.exitCode.rawValue == 73)
        }
        let error = #expect(throws: ArrayFileError.self) {
            try NPYWriter(creating: scratch("a.npy"), elementType: .bfloat16, shape: [1])
        }
        #expect(error?.reason.contains("bfloat16") == true)
        #expect(throws: ArrayFileError.self) {
            try NPYWriter(creating: scratch("a.npy"), elementType: .float32, shape: [1 << 62])
        }
        let left = try FileManager.default.contentsOfDirectory(atPath: scratch.path)
        #expect(left.isEmpty)
    }

    @Test func `more than the disk holds is refused before anything is written`() throws {
        let scratch = try Scratch()
        let path = scratch("array.npy")
        let free = try #require(
            try FileManager.default.attributesOfFileSystem(forPath: scratch.path)[.systemFreeSize] as? Int)
        let error = #expect(throws: ArrayFileError.self) {
            let writer = try NPYWriter(creating: path, elementType: .uint8, shape: [free + (1 << 40)])
            defer { writer.discard() }
            try writer.reserve()
        }
        #expect(error?.exitCode.rawValue == 73)
    }

    @Test func `a small file is replaced completely or not at all`() throws {
        let scratch = try Scratch()
        let path = scratch("summary.json")
        try AtomicFile.write("first", to: path)
        try AtomicFile.write(Data("second".utf8), to: path)
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "second")
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path) == ["summary.json"])
        try FileManager.default.createDirectory(atPath: scratch("taken"), withIntermediateDirectories: true)
        try AtomicFile.write("x", to: scratch("taken/file"))
        let error = #expect(throws: ArrayFileError.self) { try AtomicFile.write("x", to: scratch("taken")) }
        #expect(error?.exitCode.rawValue == 73)
        #expect(!FileManager.default.fileExists(atPath: scratch("taken.partial")))
    }
}
