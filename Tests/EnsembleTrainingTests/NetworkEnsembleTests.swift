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

    @Test func `networks with convolutions learn, and depend neither on threads nor on interruptions`() throws {
        func training() throws -> Training {
            let training = try Training()
            training.options.filters = [3, 4]
            training.options.shift = 1
            training.options.epochs = 6
            return training
        }
        let one = try training()
        one.threads = 1
        #expect(try one.train(3).testAccuracy > 0.6)
        let many = try training()
        many.threads = 4
        try many.train(3)
        #expect(try one.contents() == many.contents())
        let later = try training()
        try later.train(1)
        try later.train(3)
        #expect(try later.contents() == one.contents())
        let features = try ArrayFile.open("\(one.folder)/features.npy")[0]
        #expect(features.shape == [30, 8])
    }

    @Test func `convolutions that the images are too small for, or the method does not have, are refused`() throws {
        for change in [
            { (options: inout TrainingOptions) in options.filters = [3, 3, 3] },
            { options in (options.filters, options.method) = ([3], .laplace) },
            { options in (options.filters, options.method) = ([3], .vi(extraEpochs: 1, temperature: nil)) },
            { options in options.filters = [0] },
            { options in options.shift = -1 },
        ] {
            let training = try Training()
            change(&training.options)
            let error = #expect(throws: TrainingOptionError.self) {
                try NetworkEnsemble(dataset: training.dataset, options: training.options)
            }
            #expect(error?.exitCode == .usage)
        }
    }

    @Test(arguments: [
        TrainingMethod.deep, .csgld(cycleEpochs: 2, samplesACycle: 1, temperature: 1),
        .vi(extraEpochs: 1, temperature: nil), .laplace,
    ])
    func `networks are as if the examples left out were not there, which have logits all the same`(
        _ method: TrainingMethod
    ) throws {
        let (cut, leaving) = (try Training(), try Training())
        let count = cut.dataset.train.count
        let kept = count - 8
        cut.options.trainExamples = kept
        leaving.options.leftOut = Array(kept..<count)
        for training in [cut, leaving] {
            training.options.method = method
            training.options.samples = method == .deep ? 1 : 2
            try training.train(2)
        }
        #expect(try cut.contents()["logits.npy"] == leaving.contents()["logits.npy"])
        #expect(try ArrayFile.open("\(leaving.folder)/logits_train.npy")[0].shape[1] == count)
        leaving.options.leftOut = [3]
        let failure = try Training.failure { try leaving.train(2) }
        #expect(failure.exitCode == .usage && failure.description.contains("leave out examples"), "\(failure)")
        leaving.options.leftOut = nil
        #expect(try Training.failure { try leaving.train(2) }.description.contains("not none"))
        // Of long lists only the beginning is said; all of them count.
        let long = try Training()
        long.options.leftOut = Array(0..<12)
        try long.train(1)
        long.options.leftOut = Array(0..<11) + [13]
        #expect(try Training.failure { try long.train(2) }.description.contains("0,1,2,3,4,5,6,7,8,... (12 examples)"))
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
        #expect(try contents == Training.uninterrupted(5))
        for runs in [5, 3] {
            let summary = try training.train(runs)
            #expect(summary.made == 0 && summary.runs == 5)
            #expect(try training.contents() == contents)
        }
    }

    @Test(arguments: [
        "method", "seed", "network", "shift", "hidden", "epochs", "batch size", "learning rate", "momentum",
        "weight decay",
        "train examples", "leave out classes", "subset", "bootstrap", "keep weights", "test examples",
    ])
    func `training with another option is refused by the name of the option`(_ option: String) throws {
        let training = try Training()
        let (_, unfinished) = try #require(try training.crashes(growingTo: 2).last)
        for contents in [try training.contents(), unfinished] {
            let other = try Training()
            try other.write(contents)
            switch option {
            case "method": other.options.method = .snapshot(cycleEpochs: 2)
            case "seed": other.options.seed = 5
            case "network": other.options.filters = [2]
            case "shift": other.options.shift = 2
            case "hidden": other.options.hidden = [8, 8]
            case "epochs": other.options.epochs = 4
            case "batch size": other.options.batch = 10
            case "learning rate": other.options.learningRate = 0.1
            case "momentum": other.options.momentum = 0.5
            case "weight decay": other.options.weightDecay = 0
            case "leave out classes": other.options.leftOutClasses = [1]
            case "subset": other.options.draw = .subset(share: 0.5)
            case "bootstrap": other.options.draw = .bootstrap
            case "keep weights": other.options.keepsWeights = true
            case "train examples": other.options.trainExamples = 50
            default: other.options.testExamples = 20
            }
            let failure = try Training.failure { try other.train(4) }
            #expect(failure.exitCode.rawValue == 64 && failure.description.contains(/made (with|without) \b/))
            #expect(failure.description.contains(" \(option)"))
            #expect(try other.contents() == contents)
        }
    }

    @Test func `training on other data is refused`() throws {
        let training = try Training()
        try training.train(2)
        let contents = try training.contents()
        training.dataset = Dataset.stripes(seed: 2)
        let failure = try Training.failure { try training.train(4) }
        #expect(
            failure.exitCode.rawValue == 64 && failure.description.contains("images.npy is not of the dataset stripes"))
        #expect(try training.contents() == contents)
    }

    @Test func `logits that train did not make are left alone`() throws {
        let training = try Training()
        try training.write(["logits.npy": Data("somebody else's".utf8)])
        let failure = try Training.failure { try training.train(2) }
        #expect(failure.exitCode.rawValue == 64 && failure.description.contains("was not made by train"))
        #expect(try training.contents() == ["logits.npy": Data("somebody else's".utf8)])
    }

    @Test func `damaged records are refused`() throws {
        let training = try Training()
        let (_, unfinished) = try #require(try training.crashes(growingTo: 2).last)
        let whole = try training.contents()
        for (name, contents) in [("ensemble.json", whole), ("training.journal", unfinished)] {
            for length in [0, 1, 100, try #require(contents[name]).count - 5] {
                let damaged = try Training()
                try damaged.write(contents.merging([name: try #require(contents[name]).prefix(length)]) { $1 })
                let failure = try Training.failure { try damaged.train(4) }
                #expect(failure.exitCode.rawValue == 65 && failure.description.contains(name))
            }
        }
        let file = "logits.npy.partial"
        for length in [nil, 0, 100, try #require(unfinished[file]).count - 1] {
            let damaged = try Training()
            try damaged.write(unfinished)
            try damaged.remove(file)
            if let length { try damaged.write([file: try #require(unfinished[file]).prefix(length)]) }
            let failure = try Training.failure { try damaged.train(2) }
            #expect(failure.exitCode.rawValue == 65 && failure.description.contains(file))
        }
    }

    @Test func `runs the disk has no room for are refused, and those there are stay intact`() throws {
        let training = try Training()
        try training.train(2)
        let contents = try training.contents()
        // 180 bytes a run of test logits, 200 TB of them.
        let failure = try Training.failure { try training.train(1 << 40) }
        #expect(failure.exitCode.rawValue == 73 && failure.description.contains("logits.npy"))
        #expect(try training.contents() == contents)
    }

    @Test func `a folder that cannot be made is an output error`() throws {
        let training = try Training()
        try Data().write(to: URL(fileURLWithPath: training.folder))
        let failure = try Training.failure { try training.train(2) }
        #expect(failure.exitCode.rawValue == 73 && failure.description.contains(training.folder))
    }

    @Test func `a folder in use by another job is left alone`() throws {
        let training = try Training()
        try training.write([:])
        let other = open(training.folder, O_RDONLY)
        #expect(other >= 0 && flock(other, LOCK_EX) == 0)
        let failure = try Training.failure { try training.train(2) }
        #expect(failure.exitCode.rawValue == 73 && failure.description.contains("another job"))
        close(other)
        #expect(try training.train(2).made == 2)
    }

    @Test func `a run that diverges is an error and leaves no ensemble`() throws {
        let training = try Training()
        training.options.learningRate = 1e9
        let failure = try Training.failure { try training.train(3) }
        #expect(failure.exitCode.rawValue == 65 && failure.description.contains("training diverged"))
        #expect(try training.contents()["logits.npy"] == nil)
        // Nothing was made, so nothing speaks against other options.
        training.options.learningRate = 0.05
        #expect(try training.train(3).made == 3)
        #expect(try training.contents() == Training.uninterrupted(3))
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
        #expect(try refuses { $0.method = .vi(extraEpochs: -1, temperature: nil) })
        #expect(try refuses { $0.method = .vi(extraEpochs: 1, temperature: -1) })
        #expect(try refuses { $0.method = .nocycle(cycleEpochs: 0) })
        #expect(try refuses { $0.draw = .subset(share: 0) })
        #expect(try refuses { $0.draw = .subset(share: 1) })
        #expect(try refuses { $0.draw = .subset(share: .nan) })
        #expect(try refuses { $0.batch = -1 })
        #expect(try refuses { $0.learningRate = .nan })
        #expect(try refuses { $0.momentum = 1 })
        #expect(try refuses { $0.weightDecay = -1 })
        #expect(try refuses { $0.trainExamples = 0 })
        #expect(try refuses { $0.leftOutClasses = [3] })
        #expect(try refuses { $0.leftOutClasses = [0, 2] })
        #expect(try !refuses { $0.leftOutClasses = [1] })
        #expect(
            try refuses {
                $0.method = .dropout(rate: 0.5)
                $0.keepsWeights = true
            })
    }

    @Test func `no runs and no threads are refused`() throws {
        let training = try Training()
        #expect(try Training.failure { try training.train(0) }.exitCode.rawValue == 64)
        training.threads = 0
        #expect(try Training.failure { try training.train(1) }.exitCode.rawValue == 64)
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
