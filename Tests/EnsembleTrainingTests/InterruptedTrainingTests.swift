import EnsembleTraining
import Foundation
import MessagePassing
import Testing
import TestSupport
import UserMessages

/// What a crash at any moment, or a disk, leaves of a training is gone on with. On the main thread, where MPI was
/// started.
@MainActor @Suite struct InterruptedTrainingTests {
    @Test(arguments: [0, 2]) func `training cut short between runs makes only the missing runs`(_ before: Int) throws {
        let training = try Training()
        // Runs long enough to be seen one by one.
        training.options.epochs = 400
        if before > 0 { try training.train(before) }
        let old = before > 0 ? try training.contents() : [:]
        let crashes = try training.crashes(growingTo: 6)
        let whole = try training.contents()
        #expect(crashes.first?.finished == before && crashes.last?.finished == 6 && crashes.count > 2)
        for (finished, contents) in crashes {
            #expect(old.allSatisfy { contents[$0.key] == $0.value }, "what was there is as it was")
            let resumed = try Training()
            resumed.options = training.options
            try resumed.write(contents)
            #expect(try resumed.train(6).made == 6 - finished)
            #expect(try resumed.contents() == whole)
            #expect(resumed.remarks == [])
        }
    }

    /// How the bytes of a run, or of the header for nil, are damaged.
    private func flipBit(ofRun run: Int?, in file: Data) -> Data {
        var file = file
        // The header has 128 bytes, the last of which are blanks; a run has (examples, 3) numbers of 2 bytes.
        let examples = (file.count - 128) / 4 / 6
        file[run.map { 128 + ($0 * examples + 7) * 6 } ?? 120] ^= 1 << 2
        return file
    }

    @Test(arguments: ["logits", "logits_train"])
    func `finished runs that are damaged meanwhile are said and made again`(_ name: String) throws {
        let training = try Training()
        // The first two runs are copied.
        try training.train(2)
        let crash = try #require(try training.crashes(growingTo: 4).last)
        let whole = try training.contents()
        let partial = "\(name).npy.partial"
        for (run, made) in [(nil, 0), (0, 1), (1, 1), (3, 1)] {
            let damaged = flipBit(ofRun: run, in: try #require(crash.contents[partial]))
            let resumed = try Training()
            try resumed.write(crash.contents.merging([partial: damaged]) { $1 })
            #expect(try resumed.train(4).made == made)
            #expect(try resumed.contents() == whole)
            #expect(resumed.remarks == (made == 0 ? [] : [.damagedRuns(1, of: 4, folder: resumed.folder)]))
        }
    }

    @Test(arguments: ["features.npy", "features_train.npy"])
    func `features that are damaged or lost meanwhile are made again, with their run`(_ name: String) throws {
        let training = try Training()
        try training.train(2)
        let crash = try #require(try training.crashes(growingTo: 4).last)
        let whole = try training.contents()
        var damaged = try #require(crash.contents[name])
        damaged[120] ^= 1
        for left in [damaged, nil] {
            let resumed = try Training()
            try resumed.write(crash.contents)
            if let left { try resumed.write([name: left]) } else { try resumed.remove(name) }
            #expect(try resumed.train(4).made == 1)
            #expect(try resumed.contents() == whole)
            #expect(resumed.remarks == [.damagedRuns(1, of: 4, folder: resumed.folder)])
        }
    }

    @Test(arguments: 0...3) func `a commit cut short goes on from undamaged runs only`(_ stage: Int) throws {
        let training = try Training()
        try training.train(2)
        let crash = try #require(try training.crashes(growingTo: 4).last)
        let whole = try training.contents()
        let resumed = try Training()
        var contents = crash.contents
        for name in ["logits", "logits_train"] {
            contents["\(name).npy.partial"] = flipBit(
                ofRun: name == "logits" ? 0 : 2, in: try #require(contents["\(name).npy.partial"]))
        }
        try resumed.write(contents)
        try cutCommit(of: resumed, at: stage, whole)
        #expect(try resumed.train(4).made == 2)
        #expect(resumed.remarks == [.damagedRuns(2, of: 4, folder: resumed.folder)])
        #expect(try resumed.contents() == whole)
    }

    /// The first `stage` of three steps of a commit.
    private func cutCommit(of training: Training, at stage: Int, _ whole: [String: Data]) throws {
        if stage >= 1 {
            try? training.remove("logits_train.npy")
            try training.rename("logits_train.npy.partial", "logits_train.npy")
        }
        if stage >= 2 {
            try? training.remove("logits.npy")
            try training.rename("logits.npy.partial", "logits.npy")
        }
        if stage >= 3 { try training.write(["ensemble.json": try #require(whole["ensemble.json"])]) }
    }

    @Test(arguments: 0...4) func `a commit cut short at any step is completed`(_ stage: Int) throws {
        let training = try Training()
        try training.train(2)
        let (_, contents) = try #require(try training.crashes(growingTo: 4).last)
        let whole = try training.contents()
        let resumed = try Training()
        try resumed.write(contents)
        try cutCommit(of: resumed, at: stage, whole)
        if stage >= 4 { try resumed.remove("training.journal") }
        #expect(try resumed.train(4).made == 0)
        #expect(try resumed.contents() == whole)
    }

    @Test func `leftovers from before the journal began are replaced`() throws {
        let training = try Training()
        try training.write(["logits.npy.partial": Data("half a header".utf8), "training.journal.partial": Data()])
        try training.train(2)
        #expect(try training.contents() == Training.uninterrupted(2))
    }

    @Test func `a journal of another version is refused by its number`() throws {
        for (head, number) in [
            ("{\"runs\": 2}", 1), ("{\"format\": 0, \"runs\": 2}", 0), ("{\"format\": 1, \"runs\": 2}", 1),
            ("{\"format\": 3, \"runs\": 2}", 3),
        ] {
            let training = try Training()
            let lines = String(repeating: String(repeating: " ", count: 31) + "\n", count: 2)
            let journal = head + String(repeating: " ", count: 511 - head.count) + "\n" + lines
            try training.write(["training.journal": Data(journal.utf8)])
            let failure = #expect(throws: AgreedFailure.self) { try training.train(2) }
            #expect(failure?.exitCode == .usage)
            #expect(failure?.description.contains("training.journal: is in format \(number),") == true)
        }
    }

    @Test func `a run whose line in the journal is half written or damaged is made again`() throws {
        let training = try Training()
        let (_, contents) = try #require(try training.crashes(growingTo: 3).last)
        let whole = try training.contents()
        let journal = try #require(contents["training.journal"])
        let lastLine = journal.count - 64
        #expect(journal.count % 64 == 0 && (journal.count - 3 * 64) % 512 == 0)
        // The last digit of each of its six numbers.
        for column in [13, 26, 35, 44, 53, 62] {
            for bit in [1 << 0, 1 << 4] as [UInt8] {
                var damaged = journal
                damaged[lastLine + column] ^= bit
                let resumed = try Training()
                try resumed.write(contents.merging(["training.journal": damaged]) { $1 })
                #expect(try resumed.train(3).made == 1)
                #expect(try resumed.contents() == whole)
                #expect(resumed.remarks == [.damagedRuns(1, of: 3, folder: resumed.folder)])
            }
        }
    }

    @Test func `unfinished training is finished before it grows, and never shrinks`() throws {
        let training = try Training()
        training.options.epochs = 400
        let some = try #require(try training.crashes(growingTo: 3).first { $0.finished > 0 })
        let resumed = try Training()
        resumed.options = training.options
        try resumed.write(some.contents)
        let failure = try Training.failure { try resumed.train(2) }
        #expect(failure.exitCode.rawValue == 64 && failure.description.contains("unfinished training of 3 runs"))
        #expect(try resumed.train(5).made == 5 - some.finished)
        let whole = try Training()
        whole.options = training.options
        try whole.train(5)
        #expect(try resumed.contents() == whole.contents())
    }
}
