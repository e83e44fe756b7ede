import ArrayFiles
import EnsembleTraining
import Foundation
import MessagePassing
import RandomStreams
import Testing
import TestSupport
import UserMessages

/// On the main thread, where MPI was started.
@MainActor @Suite struct NetworkEnsembleTests {
    private let files = FileManager.default

    /// What is in the folder of `runs` runs made without interruption.
    private func uninterrupted(_ runs: Int) throws -> [String: Data] {
        let training = try Training()
        try training.train(runs)
        return try training.contents()
    }

    /// How a training is refused.
    private func failure(of body: () throws -> Void) throws -> AgreedFailure {
        let failure = try refusal(AgreedFailure.self, of: body)
        return try #require(failure)
    }

    @Test func `training leaves complete files that fit together`() throws {
        let training = try Training()
        let summary = try training.train(4)
        #expect(summary.runs == 4 && summary.made == 4)
        #expect(summary.testAccuracy > 0.6 && summary.trainAccuracy > 0.6)
        let expected: [String: (ElementType, [Int])] = [
            "logits.npy": (.float16, [4, 30, 3]), "logits_train.npy": (.float16, [4, 70, 3]),
            "labels.npy": (.int32, [30]), "labels_train.npy": (.int32, [70]),
            "images.npy": (.uint8, [30, 6, 6]), "images_train.npy": (.uint8, [70, 6, 6]),
            "features.npy": (.float32, [30, training.options.hidden.last!]),
            "features_train.npy": (.float32, [70, training.options.hidden.last!]),
        ]
        #expect(try Set(training.contents().keys) == Set(expected.keys).union(["ensemble.json"]))
        for (name, (elementType, shape)) in expected {
            let tensor = try #require(try ArrayFile.open("\(training.folder)/\(name)").first)
            #expect(tensor.elementType == elementType && tensor.shape == shape, "\(name)")
        }
        let labels = try ArrayFile.open("\(training.folder)/labels.npy")[0].integers()
        #expect(labels == training.dataset.test.labels.map(Int.init))
    }

    @Test func `the record has a row for each run with the accuracy of its logits`() throws {
        let training = try Training()
        training.options.seed = 77
        let summary = try training.train(3)
        let record = try training.record()
        #expect(record.runs.map(\.run) == [0, 1, 2])
        #expect(record.runs.allSatisfy { $0.seed == 77 && $0.method == "deep" && $0.epochs == 3 })
        let logits = try ArrayFile.open("\(training.folder)/logits.npy")[0]
        for row in record.runs {
            let values = try logits[row.run].withContiguousBytes { bytes in
                bytes.bindMemory(to: UInt16.self).map { Float16(bitPattern: $0) }
            }
            let right = training.dataset.test.labels.enumerated().count { index, label in
                let row = values[(index * 3)..<(index * 3 + 3)]
                return row.firstIndex(of: row.max()!)! - index * 3 == Int(label)
            }
            #expect(row.test_accuracy == Double(right) / 30)
        }
        let mean = record.runs.reduce(0) { $0 + $1.test_accuracy } / 3
        #expect(abs(summary.testAccuracy - mean) < 1e-12)
        #expect(record.runs.allSatisfy { 0...1 ~= $0.train_accuracy })
    }

    @Test func `a run depends neither on the number of threads nor on other runs`() throws {
        let one = try Training()
        one.threads = 1
        try one.train(5)
        let many = try Training()
        many.threads = 4
        try many.train(5)
        #expect(try one.contents() == many.contents())

        let fewer = try Training()
        try fewer.train(2)
        for name in ["logits.npy", "logits_train.npy"] {
            let all = try ArrayFile.open("\(one.folder)/\(name)")[0]
            let first = try ArrayFile.open("\(fewer.folder)/\(name)")[0]
            let isPrefix = try all[0..<2].withContiguousBytes { all in
                try first.withContiguousBytes { all.elementsEqual($0) }
            }
            #expect(isPrefix)
            let runsDiffer = try all[0].withContiguousBytes { zero in
                try all[1].withContiguousBytes { !zero.elementsEqual($0) }
            }
            #expect(runsDiffer)
        }
    }

    @Test func `another seed makes other runs`() throws {
        let (one, other) = try (Training(), Training())
        other.options.seed = 1
        try one.train(1)
        try other.train(1)
        #expect(try one.contents()["logits.npy"] != other.contents()["logits.npy"])
    }

    @Test func `progress counts up to the total`() throws {
        let training = try Training()
        var reports: [[Int]] = []
        try training.train(3) { reports.append([$0, $1]) }
        #expect(reports.first == [0, 3] && reports.last == [3, 3])
        #expect(zip(reports, reports.dropFirst()).allSatisfy { $0[0] < $1[0] && $1[1] == 3 })
        reports = []
        try training.train(5) { reports.append([$0, $1]) }
        #expect(reports.first == [3, 5] && reports.last == [5, 5])
    }

    @Test func `more runs are added to those there are, and fewer change nothing`() throws {
        let training = try Training()
        try training.train(2)
        #expect(try training.train(5).made == 3)
        let contents = try training.contents()
        #expect(try contents == uninterrupted(5))
        for runs in [5, 3] {
            let summary = try training.train(runs)
            #expect(summary.made == 0 && summary.runs == 5)
            #expect(try training.contents() == contents)
        }
    }

    /// The contents of the folder whenever a run has been finished, as a crash at that moment would leave them.
    private func crashes(_ training: Training, growingTo runs: Int) throws -> [(
        finished: Int, contents: [String: Data]
    )] {
        training.threads = 1
        var crashes: [(Int, [String: Data])] = []
        var failure: (any Error)?
        try training.train(runs) { _, _ in
            do {
                let contents = try training.contents()
                let lines = (contents["training.journal"] ?? Data()).split(separator: UInt8(ascii: "\n")).dropFirst()
                crashes.append((lines.count { $0.last != UInt8(ascii: " ") }, contents))
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return crashes
    }

    @Test(arguments: [0, 2]) func `training cut short between runs makes only the missing runs`(_ before: Int) throws {
        let training = try Training()
        // Runs long enough to be seen one by one.
        training.options.epochs = 400
        if before > 0 { try training.train(before) }
        let old = before > 0 ? try training.contents() : [:]
        let crashes = try crashes(training, growingTo: 6)
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
        let crash = try #require(try crashes(training, growingTo: 4).last)
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
        let crash = try #require(try crashes(training, growingTo: 4).last)
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
        let crash = try #require(try crashes(training, growingTo: 4).last)
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
        let (_, contents) = try #require(try crashes(training, growingTo: 4).last)
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
        #expect(try training.contents() == uninterrupted(2))
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
        let (_, contents) = try #require(try crashes(training, growingTo: 3).last)
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
        let some = try #require(try crashes(training, growingTo: 3).first { $0.finished > 0 })
        let resumed = try Training()
        resumed.options = training.options
        try resumed.write(some.contents)
        let failure = try failure { try resumed.train(2) }
        #expect(failure.exitCode.rawValue == 64 && failure.description.contains("unfinished training of 3 runs"))
        #expect(try resumed.train(5).made == 5 - some.finished)
        let whole = try Training()
        whole.options = training.options
        try whole.train(5)
        #expect(try resumed.contents() == whole.contents())
    }

    @Test(arguments: [
        "method", "seed", "hidden", "epochs", "batch size", "learning rate", "momentum", "weight decay",
        "train examples",
        "test examples",
    ])
    func `training with another option is refused by the name of the option`(_ option: String) throws {
        let training = try Training()
        let (_, unfinished) = try #require(try crashes(training, growingTo: 2).last)
        for contents in [try training.contents(), unfinished] {
            let other = try Training()
            try other.write(contents)
            switch option {
            case "method": other.options.method = .snapshot(cycleEpochs: 2)
            case "seed": other.options.seed = 5
            case "hidden": other.options.hidden = [8, 8]
            case "epochs": other.options.epochs = 4
            case "batch size": other.options.batch = 10
            case "learning rate": other.options.learningRate = 0.1
            case "momentum": other.options.momentum = 0.5
            case "weight decay": other.options.weightDecay = 0
            case "train examples": other.options.trainExamples = 50
            default: other.options.testExamples = 20
            }
            let failure = try failure { try other.train(4) }
            #expect(failure.exitCode.rawValue == 64 && failure.description.contains("made with \(option) "))
            #expect(try other.contents() == contents)
        }
    }

    @Test func `training on other data is refused`() throws {
        let training = try Training()
        try training.train(2)
        let contents = try training.contents()
        training.dataset = Dataset.stripes(seed: 2)
        let failure = try failure { try training.train(4) }
        #expect(
            failure.exitCode.rawValue == 64 && failure.description.contains("images.npy is not of the dataset stripes"))
        #expect(try training.contents() == contents)
    }

    @Test func `logits that train did not make are left alone`() throws {
        let training = try Training()
        try training.write(["logits.npy": Data("somebody else's".utf8)])
        let failure = try failure { try training.train(2) }
        #expect(failure.exitCode.rawValue == 64 && failure.description.contains("was not made by train"))
        #expect(try training.contents() == ["logits.npy": Data("somebody else's".utf8)])
    }

    @Test func `damaged records are refused`() throws {
        let training = try Training()
        let (_, unfinished) = try #require(try crashes(training, growingTo: 2).last)
        let whole = try training.contents()
        for (name, contents) in [("ensemble.json", whole), ("training.journal", unfinished)] {
            for length in [0, 1, 100, try #require(contents[name]).count - 5] {
                let damaged = try Training()
                try damaged.write(contents.merging([name: try #require(contents[name]).prefix(length)]) { $1 })
                let failure = try failure { try damaged.train(4) }
                #expect(failure.exitCode.rawValue == 65 && failure.description.contains(name))
            }
        }
        let file = "logits.npy.partial"
        for length in [nil, 0, 100, try #require(unfinished[file]).count - 1] {
            let damaged = try Training()
            try damaged.write(unfinished)
            try damaged.remove(file)
            if let length { try damaged.write([file: try #require(unfinished[file]).prefix(length)]) }
            let failure = try failure { try damaged.train(2) }
            #expect(failure.exitCode.rawValue == 65 && failure.description.contains(file))
        }
    }

    @Test func `runs the disk has no room for are refused, and those there are stay intact`() throws {
        let training = try Training()
        try training.train(2)
        let contents = try training.contents()
        // 180 bytes a run of test logits, 200 TB of them.
        let failure = try failure { try training.train(1 << 40) }
        #expect(failure.exitCode.rawValue == 73 && failure.description.contains("logits.npy"))
        #expect(try training.contents() == contents)
    }

    @Test func `a folder that cannot be made is an output error`() throws {
        let training = try Training()
        try Data().write(to: URL(fileURLWithPath: training.folder))
        let failure = try failure { try training.train(2) }
        #expect(failure.exitCode.rawValue == 73 && failure.description.contains(training.folder))
    }

    @Test func `a folder in use by another job is left alone`() throws {
        let training = try Training()
        try training.write([:])
        let other = open(training.folder, O_RDONLY)
        #expect(other >= 0 && flock(other, LOCK_EX) == 0)
        let failure = try failure { try training.train(2) }
        #expect(failure.exitCode.rawValue == 73 && failure.description.contains("another job"))
        close(other)
        #expect(try training.train(2).made == 2)
    }

    @Test func `a run that diverges is an error and leaves no ensemble`() throws {
        let training = try Training()
        training.options.learningRate = 1e9
        let failure = try failure { try training.train(3) }
        #expect(failure.exitCode.rawValue == 65 && failure.description.contains("training diverged"))
        #expect(try training.contents()["logits.npy"] == nil)
        // Nothing was made, so nothing speaks against other options.
        training.options.learningRate = 0.05
        #expect(try training.train(3).made == 3)
        #expect(try training.contents() == uninterrupted(3))
    }

    @Test func `options that make no sense are refused`() throws {
        func refuses(_ change: (inout TrainingOptions) -> Void) throws -> Bool {
            var options = TrainingOptions()
            change(&options)
            let error = try refusal(TrainingOptionError.self) {
                try NetworkEnsemble(dataset: .stripes(), options: options)
            }
            return error?.exitCode == .usage
        }
        #expect(try !refuses { _ in })
        #expect(try refuses { $0.hidden = [64, 0] })
        #expect(try refuses { $0.hidden = [100_000, 100_000] })
        #expect(try refuses { $0.epochs = 0 })
        #expect(try refuses { $0.samples = 2 })
        #expect(try refuses { $0.method = .snapshot(cycleEpochs: 0) })
        #expect(try refuses { $0.method = .fge(cycleEpochs: 1, lowRate: -1) })
        #expect(try refuses { $0.method = .dropout(rate: 1) })
        #expect(try refuses { $0.method = .swag(extraEpochs: 0) })
        #expect(try refuses { $0.method = .csgld(cycleEpochs: 2, samplesACycle: 3, temperature: 1) })
        #expect(try refuses { $0.method = .vi(extraEpochs: -1) })
        #expect(try refuses { $0.batch = -1 })
        #expect(try refuses { $0.learningRate = .nan })
        #expect(try refuses { $0.momentum = 1 })
        #expect(try refuses { $0.weightDecay = -1 })
        #expect(try refuses { $0.trainExamples = 0 })
    }

    @Test func `no runs and no threads are refused`() throws {
        let training = try Training()
        #expect(try failure { try training.train(0) }.exitCode.rawValue == 64)
        training.threads = 0
        #expect(try failure { try training.train(1) }.exitCode.rawValue == 64)
    }

    @Test func `two epochs on 1,000 real images reach 70 to 85 percent`() throws {
        let training = try Training()
        training.dataset = try Dataset.load("fashion-mnist")
        training.options = TrainingOptions()
        training.options.epochs = 2
        training.options.trainExamples = 1_000
        training.options.testExamples = 2_000
        let summary = try training.train(2)
        #expect(summary.testAccuracy > 0.7 && summary.testAccuracy < 0.85)
    }
}
