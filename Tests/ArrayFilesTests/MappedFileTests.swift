import ArrayFiles
import Foundation
import Synchronization
import TestSupport
import Testing

/// Files are read the same whether they stay mapped or not.
@Suite struct MappedFileTests {
    /// Files of one byte each, their own number, opened with room for some.
    private static func files(_ count: Int, in scratch: Scratch, room: Int) throws -> [MappedFile] {
        let room = MappingRoom(files: room)
        return try (0..<count).map { number in
            let file = try MappedFile(scratch("file \(number)", holding: [UInt8(number)]), room: room)
            file.endOpening()
            return file
        }
    }

    private static func byte(of file: MappedFile) throws -> UInt8 { try file.withBytes(0..<1) { $0[0] } }

    private static func mapped(_ scratch: Scratch) throws -> Int {
        let maps = String(decoding: try FileSystem.contents(of: "/proc/self/maps") ?? Data(), as: UTF8.self)
        // While other tests map files, a line can be listed twice.
        return Set(maps.split(separator: "\n").filter { $0.contains("\(scratch.path)/") }.map { $0.suffix(80) }).count
    }

    @Test func `files beyond the room are mapped while they are used, and give their room back`() throws {
        let scratch = try Scratch()
        var files = try Self.files(5, in: scratch, room: 2)
        #expect(try Self.mapped(scratch) == 2)
        #expect(try files.map(Self.byte) == [0, 1, 2, 3, 4])
        #expect(try Self.mapped(scratch) == 2)
        try files[4].withBytes(0..<1) { outer in
            let mapped = try Self.mapped(scratch)
            #expect(mapped == 3)
            // Used twice at a time, it is mapped once.
            let address = try files[4].withBytes(0..<1) { $0.baseAddress }
            #expect(address == outer.baseAddress)
            #expect(outer[0] == 4)
        }
        files.removeFirst(2)
        #expect(try Self.mapped(scratch) == 0)
        #expect(try files.map(Self.byte) == [2, 3, 4])
        #expect(try Self.mapped(scratch) == 2)
        #expect(throws: ArrayFileError.self) { try files[2].withBytes(0..<2) { _ in } }
    }

    @Test func `many threads read files beyond the room`() throws {
        let scratch = try Scratch()
        let files = try Self.files(4, in: scratch, room: 1)
        let wrong = Atomic(0)
        DispatchQueue.concurrentPerform(iterations: 400) { number in
            if (try? Self.byte(of: files[number % 4])) != UInt8(number % 4) { wrong.add(1, ordering: .relaxed) }
        }
        #expect(wrong.load(ordering: .relaxed) == 0)
        let mapped = try withExtendedLifetime(files) { try Self.mapped(scratch) }
        #expect(mapped == 1)
    }

    @Test func `a file that stays mapped can be removed, one that does not cannot, and says so`() throws {
        let scratch = try Scratch()
        let files = try Self.files(5, in: scratch, room: 1)
        for number in [0, 1] { try FileManager.default.removeItem(atPath: scratch("file \(number)")) }
        // Renamed, so that the new file cannot get the old one's number.
        try scratch("new", holding: [9])
        #expect(rename(scratch("new"), scratch("file 2")) == 0)
        try scratch("file 3", holding: [3, 3])
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: scratch("file 4")))
        try handle.seekToEnd()
        try handle.write(contentsOf: Data([4]))
        try handle.close()

        #expect(try Self.byte(of: files[0]) == 0)
        for (number, words) in [(1, "was removed"), (2, "was replaced"), (4, "has changed")] {
            let error = try #require(try refusal(ArrayFileError.self) { try Self.byte(of: files[number]) })
            #expect(error.exitCode.rawValue == 74)
            #expect(error.reason.contains("\(words) while it was read"), "\(error)")
        }
        for number in 0..<3 { try files[number].requireUnchanged() }
        #expect(throws: ArrayFileError.self) { try files[4].requireUnchanged() }
    }

    @Test func `thousands of files are opened in a time that grows with their number`() throws {
        let scratch = try Scratch()
        let path = try scratch("file", holding: [1])
        func seconds(_ count: Int) throws -> Double {
            let start = ContinuousClock.now
            let files = try (0..<count).map { _ in try MappedFile(path) }
            let end = ContinuousClock.now
            #expect(files.count == count)
            return (end - start) / .seconds(1)
        }
        // The square would be 100 times as long.
        let few = try (0..<5).map { _ in try seconds(1_000) }.min()!
        #expect(try seconds(10_000) < 40 * few)
    }
}
