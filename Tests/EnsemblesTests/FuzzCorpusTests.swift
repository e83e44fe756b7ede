import Foundation
import Testing
import TestSupport

/// What scripts/fuzz has found worth keeping, read once more.
struct FuzzCorpusTests {
    @Test(arguments: FuzzTarget.allCases)
    func `every input of the corpus is read or refused`(target: FuzzTarget) throws {
        let scratch = try Scratch()
        let outcome = try ParallelProcess.run(
            ["tar", "xJf", "\(Fixtures.package)/Tests/FuzzReaders/corpus.tar.xz", "-C", scratch.path],
            timeLimit: .seconds(60))
        try #require(outcome.exitCode == 0, "\(outcome.error)")
        let inputs = try FileManager.default.contentsOfDirectory(atPath: scratch(target.rawValue))
        #expect(!inputs.isEmpty)
        let folder = scratch("read")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for input in inputs.sorted() {
            let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: scratch("\(target.rawValue)/\(input)"))))
            try bytes.withUnsafeBytes { try target.read($0, in: folder) }
        }
    }
}
