import ArrayFiles
import Foundation
import Testing

@Suite struct SealedFileTests {
    private func sealed(_ folder: String) throws -> String {
        let path = "\(folder)/sealed"
        let numbers: [Int64] = [7, -1, .max, .min]
        try numbers.withUnsafeBytes {
            try SealedFile.write(head: Data("{\"a\": 1}".utf8), body: $0, to: path)
        }
        return path
    }

    @Test func `what is sealed is read back`() throws {
        try withFolder { folder in
            let file = try SealedFile(sealed(folder))
            #expect(file.head == Data("{\"a\": 1}".utf8))
            #expect(try file.numbers(0..<4) == [7, -1, .max, .min])
            #expect(try file.numbers(1..<3) == [-1, .max])
            for range in [0..<5, -1..<2] { #expect(throws: ArrayFileError.self) { try file.numbers(range) } }
        }
    }

    @Test func `a change of any byte, and any other length, is seen`() throws {
        try withFolder { folder in
            let path = try sealed(folder)
            let whole = try Data(contentsOf: URL(fileURLWithPath: path))
            for place in whole.indices {
                var changed = whole
                changed[place] ^= 0x10
                try changed.write(to: URL(fileURLWithPath: path))
                let error = #expect(throws: ArrayFileError.self, "byte \(place)") { try SealedFile(path) }
                #expect(error?.errorCode == 65 && error?.path == path)
            }
            for other in (0..<whole.count).map({ whole.prefix($0) }) + [whole + Data([0])] {
                try other.write(to: URL(fileURLWithPath: path))
                #expect(throws: ArrayFileError.self, "\(other.count) bytes") { try SealedFile(path) }
            }
        }
    }
}
