import ArrayFiles
import Foundation
import Testing
import TestSupport
import UserMessages

@Suite struct ChecksummedFileTests {
    private func sealed(in scratch: Scratch) throws -> String {
        let path = scratch("sealed")
        let numbers: [Int64] = [7, -1, .max, .min]
        try numbers.withUnsafeBytes {
            try ChecksummedFile.write(head: Data("{\"a\": 1}".utf8), body: $0, to: path)
        }
        return path
    }

    @Test func `what is sealed is read back`() throws {
        let scratch = try Scratch()
        let file = try ChecksummedFile(sealed(in: scratch))
        #expect(file.head == Data("{\"a\": 1}".utf8))
        #expect(try file.numbers(0..<4) == [7, -1, .max, .min])
        #expect(try file.numbers(1..<3) == [-1, .max])
        for range in [0..<5, -1..<2] { #expect(throws: ArrayFileError.self) { try file.numbers(range) } }
    }

    @Test func `a change of any byte, and any other length, is seen`() throws {
        let scratch = try Scratch()
        let path = try sealed(in: scratch)
        let whole = try Data(contentsOf: URL(fileURLWithPath: path))
        for place in whole.indices {
            var changed = whole
            changed[place] ^= 0x10
            try changed.write(to: URL(fileURLWithPath: path))
            let error = #expect(throws: ArrayFileError.self, "byte \(place)") { try ChecksummedFile(path) }
            #expect(error?.exitCode.rawValue == 65 && error?.path == path)
        }
        for other in (0..<whole.count).map({ whole.prefix($0) }) + [whole + Data([0])] {
            try other.write(to: URL(fileURLWithPath: path))
            #expect(throws: ArrayFileError.self, "\(other.count) bytes") { try ChecksummedFile(path) }
        }
    }

    @Test func `a file of another version is refused by its number`() throws {
        let scratch = try Scratch()
        let path = try sealed(in: scratch)
        var later = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)).dropLast(4))
        later[8] = 2
        // zlib's CRC-32, bit by bit.
        let sum = ~later.reduce(UInt32.max) { sum, byte in
            (0..<8).reduce(sum ^ UInt32(byte)) { sum, _ in sum >> 1 ^ (sum & 1 == 1 ? 0xedb8_8320 : 0) }
        }
        later += withUnsafeBytes(of: sum.littleEndian) { Array($0) }
        try Data(later).write(to: URL(fileURLWithPath: path))
        #expect(throws: ChecksummedFile.OtherFormat(path: path, format: 2)) { try ChecksummedFile(path) }

        try Data("sealed by ekmpi\n and what those of 0.1 had".utf8).write(to: URL(fileURLWithPath: path))
        #expect(throws: ChecksummedFile.OtherFormat(path: path, format: 0)) { try ChecksummedFile(path) }
    }
}
