import ArrayFiles
import EnsembleTraining
import Foundation
import Testing
import TestSupport
import UserMessages

/// Networks whose weights are kept make the logits of any images. On the main thread, where MPI was started.
@MainActor @Suite struct KeptNetworksTests {
    private func training(_ method: TrainingMethod = .deep, filters: [Int]? = nil) throws -> Training {
        let training = try Training()
        training.options.method = method
        training.options.samples = method == .deep ? 1 : 3
        training.options.filters = filters
        training.options.keepsWeights = true
        return training
    }

    /// What is written when the networks of a training are applied to a file of images.
    private func applied(_ training: Training, to images: String, labels: String? = nil) throws -> [String: Data] {
        let scratch = try Scratch()
        let networks = try KeptNetworks(folder: training.folder)
        _ = try networks.apply(
            to: networks.images(file: images, labels: labels), into: scratch("out"),
            communicator: SharedSession.world(), threads: 2)
        return try Dictionary(
            uniqueKeysWithValues: FileManager.default.contentsOfDirectory(atPath: scratch("out")).map {
                ($0, try Data(contentsOf: URL(fileURLWithPath: scratch("out/\($0)"))))
            })
    }

    @Test(
        arguments: [
            .deep, .snapshot(cycleEpochs: 2), .fge(cycleEpochs: 2, lowRate: 0.01), .swag(extraEpochs: 2),
            .csgld(cycleEpochs: 3, samplesACycle: 2, temperature: 1), .vi(extraEpochs: 1, temperature: nil), .laplace,
        ] as [TrainingMethod], [nil, [3]] as [[Int]?])
    func `on the same images they make the same logits`(method: TrainingMethod, filters: [Int]?) throws {
        guard filters == nil || ![.vi(extraEpochs: 1, temperature: nil), .laplace].contains(method) else { return }
        let training = try training(method, filters: filters)
        training.options.shift = 1
        try training.train(4)
        let contents = try training.contents()
        for (images, logits, labels) in [
            ("images", "logits", "labels"), ("images_train", "logits_train", "labels_train"),
        ] {
            let found = try applied(
                training, to: "\(training.folder)/\(images).npy", labels: "\(training.folder)/\(labels).npy")
            #expect(found["logits.npy"] == contents["\(logits).npy"])
            #expect(found["labels.npy"] == contents["\(labels).npy"])
            #expect(found["images.npy"] == contents["\(images).npy"])
        }
    }

    @Test func `networks between two runs have the weights between theirs`() throws {
        let training = try training(.snapshot(cycleEpochs: 2))
        try training.train(3)
        let networks = try KeptNetworks(folder: training.folder)
        let images = try networks.images(
            file: "\(training.folder)/images.npy", labels: "\(training.folder)/labels.npy")
        let scratch = try Scratch()
        func apply(_ line: WeightInterpolation?, into name: String) throws -> KeptNetworks.Summary {
            try networks.apply(
                to: images, along: line, into: scratch(name), communicator: SharedSession.world(), threads: 2)
        }
        func runs(_ path: String) throws -> [[Double]] {
            let logits = try ArrayFile.open(path)[0]
            return try (0..<logits.shape[0]).map { try logits[$0].reals() }
        }
        let summary = try apply(WeightInterpolation(from: 2, to: 0, points: 5), into: "line")
        #expect(summary.runs == 5 && summary.accuracies?.count == 5)
        let (line, own) = try (runs(scratch("line/logits.npy")), runs("\(training.folder)/logits.npy"))
        #expect(line.count == 5 && line[0] == own[2] && line[4] == own[0])
        #expect(line[2] != own[0] && line[2] != own[2] && line[2] != line[1])
        // In the middle: a network whose weights are the mean of both, by the same file.
        let path = "\(training.folder)/weights.npy"
        let weights = try ArrayFile.open(path)[0]
        var all = try weights.reals().map { Float($0) }
        let count = weights.shape[1]
        for index in 0..<count { all[count + index] = 0.5 * all[index] + 0.5 * all[2 * count + index] }
        try NPY.write(all, shape: weights.shape, to: path)
        let mean = try KeptNetworks(folder: training.folder)
        _ = try mean.apply(
            to: images, into: scratch("mean"), communicator: SharedSession.world(), threads: 1)
        #expect(try zip(runs(scratch("mean/logits.npy"))[1], line[2]).allSatisfy { abs($0 - $1) < 0.01 })
        #expect(throws: TrainingOptionError.self) { try WeightInterpolation(from: 1, to: 1, points: 3) }
        #expect(throws: TrainingOptionError.self) { try WeightInterpolation(from: 1, to: 2, points: 1) }
        #expect(
            try Training.failure { _ = try apply(WeightInterpolation(from: 0, to: 3, points: 2), into: "no") }
                .description.contains("runs from 0 to 2, not 3"))
    }

    @Test func `the weights are those of the layers, one after the other`() throws {
        let training = try training()
        try training.train(2)
        func numbers(_ name: String) throws -> [Double] {
            try ArrayFile.open("\(training.folder)/\(name).npy")[0].reals()
        }
        let weights = try numbers("weights")
        let logits = try numbers("logits")
        let train = training.dataset.train.images.map(Double.init)
        let images = training.dataset.test.images
        let count = 37 * 8 + 9 * 3
        #expect(weights.count == 2 * count)
        let mean = train.reduce(0, +) / Double(train.count)
        let deviation = (train.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(train.count)).squareRoot()
        /// A layer (inputs + 1, outputs), whose last row are the biases.
        func layer(_ parameters: ArraySlice<Double>, _ inputs: [Double], outputs: Int) -> [Double] {
            let parameters = Array(parameters)
            return (0..<outputs).map { unit in
                var sum = parameters[inputs.count * outputs + unit]
                for (place, input) in inputs.enumerated() { sum += input * parameters[place * outputs + unit] }
                return sum
            }
        }
        for run in 0..<2 {
            let own = weights[run * count..<(run + 1) * count]
            for example in 0..<30 {
                let pixels = images[example * 36..<(example + 1) * 36].map { (Double($0) - mean) / deviation }
                let hidden = layer(own.prefix(37 * 8), pixels, outputs: 8).map { max(0, $0) }
                let expected = layer(own.dropFirst(37 * 8), hidden, outputs: 3)
                let first = (run * 30 + example) * 3
                for (found, expected) in zip(logits[first..<first + 3], expected) {
                    #expect(abs(found - expected) < 1e-3 * max(1, abs(expected)))
                }
            }
        }
    }

    @Test(arguments: [0, 1, 3]) func `weights that are damaged or lost meanwhile are made again`(_ run: Int) throws {
        let training = try training()
        try training.train(2)
        let crash = try #require(try training.crashes(growingTo: 4).last)
        let whole = try training.contents()
        #expect(try applied(training, to: "\(training.folder)/images.npy")["logits.npy"] == whole["logits.npy"])
        var damaged = try #require(crash.contents["weights.npy.partial"])
        damaged[128 + (damaged.count - 128) / 4 * run + 9] ^= 4
        let resumed = try self.training()
        try resumed.write(crash.contents.merging(["weights.npy.partial": damaged]) { $1 })
        #expect(try resumed.train(4).made == 1)
        #expect(try resumed.contents() == whole)
        #expect(resumed.remarks == [.damagedRuns(1, of: 4, folder: resumed.folder)])
    }

    @Test func `a commit cut short after the weights is completed`() throws {
        let training = try training()
        try training.train(2)
        let (_, contents) = try #require(try training.crashes(growingTo: 4).last)
        let whole = try training.contents()
        let resumed = try self.training()
        try resumed.write(contents)
        try resumed.remove("weights.npy")
        try resumed.rename("weights.npy.partial", "weights.npy")
        #expect(try resumed.train(4).made == 0)
        #expect(try resumed.contents() == whole)
    }

    @Test func `without some classes the others are numbered anew`() throws {
        let training = try training()
        training.options.leftOutClasses = [1]
        try training.train(2)
        let labels = try ArrayFile.open("\(training.folder)/labels.npy")[0].integers()
        let numbersOfThree = [0, -1, 1]
        let ofAllImages = (0..<30).map { numbersOfThree[$0 % 3] }
        #expect(labels == ofAllImages.filter { $0 >= 0 })
        let images = try ArrayFile.open("\(training.folder)/images.npy")[0].withContiguousBytes { Array($0) }
        var expected: [UInt8] = []
        for example in 0..<30 where example % 3 != 1 {
            expected += training.dataset.test.images[example * 36..<(example + 1) * 36]
        }
        #expect(images == expected)
        #expect(try ArrayFile.open("\(training.folder)/logits.npy")[0].shape == [2, 20, 2])

        let networks = try KeptNetworks(folder: training.folder)
        let all = try networks.images(.test, of: training.dataset)
        let scratch = try Scratch()
        func apply(to images: LabeledImages, _ name: String) throws -> KeptNetworks.Summary {
            try networks.apply(to: images, into: scratch(name), communicator: SharedSession.world(), threads: 1)
        }
        let ofAll = try apply(to: all, "all")
        #expect(ofAll.examples == 30 && ofAll.runs == 2)
        let numbers = try ArrayFile.open(scratch("all/labels.npy"))[0].integers()
        #expect(numbers == ofAllImages)
        let accuracies = try training.record().runs.map(\.test_accuracy)
        #expect(zip(try #require(ofAll.accuracies), accuracies).allSatisfy { abs($0 - $1) < 1e-12 })
        let ofOthers = try apply(to: networks.images(.test, of: training.dataset, classes: [1]), "others")
        #expect(ofOthers.examples == 10 && ofOthers.accuracies == nil)
        #expect(!FileManager.default.fileExists(atPath: scratch("others/labels.npy")))
        let ofEach = try ["all", "others"].map { try ArrayFile.open(scratch("\($0)/logits.npy"))[0] }
        for run in 0..<2 {
            for example in 0..<10 {
                #expect(try ofEach[1][run][example].reals() == ofEach[0][run][3 * example + 1].reals())
            }
        }
    }

    /// Moves depend on the number of the image in the whole data set.
    @Test func `images are moved as in the training, also without some classes`() throws {
        let training = try training()
        training.options.leftOutClasses = [0]
        training.options.shift = 2
        training.options.seed = 3
        try training.train(2)
        let networks = try KeptNetworks(folder: training.folder)
        let scratch = try Scratch()
        let summary = try networks.apply(
            to: networks.images(.test, of: training.dataset, classes: [1, 2], shift: 2, seed: 3), into: scratch("out"),
            communicator: SharedSession.world(), threads: 1)
        #expect(summary.examples == 20)
        for name in ["images.npy", "logits.npy", "labels.npy"] {
            let found = try Data(contentsOf: URL(fileURLWithPath: scratch("out/\(name)")))
            #expect(try found == training.contents()[name], "\(name)")
        }
        // The labels of the ensemble are those of the networks.
        let own = try networks.apply(
            to: networks.images(file: "\(training.folder)/images.npy", labels: "\(training.folder)/labels.npy"),
            into: scratch("own"), communicator: SharedSession.world(), threads: 1)
        #expect(own.accuracies == summary.accuracies && own.accuracies != nil)
        let found = try Data(contentsOf: URL(fileURLWithPath: scratch("own/labels.npy")))
        #expect(try found == training.contents()["labels.npy"])
        let failure = try Training.failure {
            _ = try networks.apply(
                to: networks.images(.test, of: training.dataset), into: scratch("none"),
                communicator: SharedSession.world(), threads: 0)
        }
        #expect(failure.exitCode == .usage)
    }

    @Test func `records that no training wrote are refused`() throws {
        let training = try training()
        try training.train(1)
        let record = try String(contentsOfFile: "\(training.folder)/ensemble.json", encoding: .utf8)
        let damages = [
            ("\"epochs\" : 3", "\"epochs\" : 0"), ("\"classes\" : 3", "\"classes\" : -3"),
            ("        8\n", "        -8\n"), ("        8\n", "        4000000000000000000\n"),
            ("\"keeps_weights\" : true", "\"keeps_weights\" : true, \"filters\" : [2, 2, 2, 2]"),
            ("\"keeps_weights\" : true", "\"keeps_weights\" : true, \"left_out\" : [-1, 70]"),
        ]
        for (old, new) in damages {
            let damaged = record.replacing(old, with: new, maxReplacements: 1)
            try #require(damaged != record, "\(old) in \(record)")
            try training.write(["ensemble.json": Data(damaged.utf8)])
            let refused = try refusal(UserError.self) { _ = try KeptNetworks(folder: training.folder) }
            #expect(refused?.exitCode == .badData, "\(new)")
        }
    }

    @Test func `what is there is not replaced`() throws {
        let training = try training()
        try training.train(1)
        let networks = try KeptNetworks(folder: training.folder)
        let images = try networks.images(.test, of: training.dataset)
        let scratch = try Scratch()
        for name in [
            "logits.npy", "labels.npy", "images.npy", "ensemble.json", "logits_train.npy", "features.npy", "files.txt",
        ] {
            try FileManager.default.createDirectory(
                atPath: scratch("\(name)-there"), withIntermediateDirectories: true)
            try scratch("\(name)-there/\(name)", holding: Data("mine".utf8))
            let failure = try Training.failure {
                _ = try networks.apply(
                    to: images, into: scratch("\(name)-there"), communicator: SharedSession.world(), threads: 1)
            }
            #expect(failure.exitCode == .usage && failure.description.contains("\(name): exists already"))
            #expect(try FileManager.default.contentsOfDirectory(atPath: scratch("\(name)-there")) == [name])
        }
    }
}
