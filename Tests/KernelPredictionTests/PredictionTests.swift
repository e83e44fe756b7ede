import ArrayFiles
import EnsembleKernel
import Ensembles
import Foundation
import KernelPrediction
import MessagePassing
import ParallelRanges
import Testing
import TestSupport
import UserMessages

@MainActor struct PredictionTests {
    private func predict(_ ensemble: Ensemble, _ options: PredictionOptions) throws -> Prediction {
        try Prediction(of: ensemble, options: options, world: SharedSession.world(), version: "0.test") { _ in }
    }

    private func options(k: Int = 3, weightedK: Int = 5, power: Double = 4, kMax: Int = 7) -> PredictionOptions {
        var options = PredictionOptions()
        (options.votes.k, options.votes.weightedK) = (k, weightedK)
        (options.votes.power, options.votes.kMax) = (power, kMax)
        return options
    }

    private func accuracy(_ predicted: [Int], _ labels: [Int]) -> Double {
        Double(zip(predicted, labels).count { $0 == $1 }) / Double(labels.count)
    }

    private func top(_ values: [Double]) -> Int { Oracle.order(values)[0] }

    /// Columns of the table by their names.
    private func columns(_ table: PredictionTable?) throws -> [String: [String]] {
        let lines = try #require(table).csv.split(separator: "\n").map {
            $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
        return Dictionary(
            uniqueKeysWithValues: lines[0].indices.map { c in
                (lines[0][c], lines.dropFirst().map { $0[c] })
            })
    }

    @Test(arguments: TieRule.allCases)
    func `a vote is chosen by what predicts the training examples from the others`(ties: TieRule) throws {
        var ensemble = RandomEnsemble(runs: 12, test: 20, train: 40, classes: 3, elementType: .float16, seed: 4)
        // Labels that neighbors have a chance to tell.
        func labeled(_ logits: [Double], _ examples: Int) -> [Int] {
            (0..<examples).map { example in top((0..<3).map { logits[example * 3 + $0] }) }
        }
        (ensemble.labels, ensemble.trainLabels) = (labeled(ensemble.logits, 20), labeled(ensemble.trainLogits, 40))
        var options = options(kMax: 9)
        options.votes.selectsByLeaveOneOut = true
        options.votes.ties = ties
        let prediction = try predict(ensemble.opened(in: Scratch()), options)
        let selection = try #require(prediction.summary.selection)

        let itself = RandomEnsemble(copy: ensemble, test: ensemble.trainLogits, examples: 40)
        let kernel = Oracle.kernel(of: itself, .logSoftmax)
        func votes(_ kernel: [[Double]], _ k: Int, _ power: Double, withoutSelf: Bool) -> [Int] {
            kernel.enumerated().map { row, values in
                let nearest = Oracle.order(values).filter { !withoutSelf || $0 != row }.prefix(k)
                let labels = nearest.map { ensemble.trainLabels[$0] }
                let weights = nearest.map { pow(values[$0], power) }
                guard ties == .nearest else { return Oracle.vote(labels, weights: weights, classes: 3) }
                let shares = (0..<3).map { c in zip(labels, weights).reduce(0) { $0 + ($1.0 == c ? $1.1 : 0) } }
                return labels.first { shares[$0] == shares.max() } ?? 0
            }
        }
        #expect(selection.candidates.count == 6 * 5)
        for candidate in selection.candidates {
            let predicted = votes(kernel, candidate.vote.k, candidate.vote.vote.power ?? 0, withoutSelf: true)
            #expect(candidate.accuracy == accuracy(predicted, ensemble.trainLabels), "\(candidate)")
        }
        let best = selection.candidates.map(\.accuracy).max()
        #expect(selection.chosen == selection.candidates.first { $0.accuracy == best })
        let test = votes(
            Oracle.kernel(of: ensemble, .logSoftmax), selection.chosen.vote.k, selection.chosen.vote.vote.power ?? 0,
            withoutSelf: false)
        #expect(selection.accuracy == accuracy(test, ensemble.labels))
        #expect(try columns(prediction.table)["kernel_selected"] == test.map(String.init))

        // With scaling one more vote is tried, by S.
        options.scaling = 4
        let scaled = try predict(ensemble.opened(in: Scratch()), options)
        let candidates = try #require(scaled.summary.selection?.candidates)
        #expect(candidates.dropLast() == selection.candidates[...] && candidates.last?.vote == options.votes.local)
        let local = Oracle.locallyScaled(ensemble, .logSoftmax, nearest: 4).trainTrain.map { row in
            let nearest = Oracle.order(row).prefix(5)
            return Oracle.vote(
                nearest.map { ensemble.trainLabels[$0] }, weights: nearest.map { pow(max(0, 1 + row[$0]), 4) },
                classes: 3)
        }
        #expect(candidates.last?.accuracy == accuracy(local, ensemble.trainLabels))
        let isLocal = scaled.summary.selection?.chosen.vote == options.votes.local
        let table = try columns(scaled.table)
        #expect(table["kernel_selected"] == (isLocal ? table["kernel_local"] : test.map(String.init)))
        // Without being asked for it there is none, and no column.
        #expect(try columns(predict(ensemble.opened(in: Scratch()), self.options()).table)["kernel_selected"] == nil)
    }

    @Test(arguments: Transform.allCases)
    func `every number of the summary and the table is that of the definition`(transform: Transform) throws {
        let ensemble = RandomEnsemble(runs: 11, test: 60, train: 30, classes: 4, elementType: .float16, seed: 8)
        var options = options()
        options.search.transform = transform
        options.search.threads = 2
        options.search.memory = 40 << 20
        let prediction = try predict(ensemble.opened(in: Scratch()), options)

        let kernel = Oracle.kernel(of: ensemble, transform)
        func votes(_ k: Int, power: Double) -> [Int] {
            kernel.map { row in
                let nearest = Oracle.order(row).prefix(k)
                return Oracle.vote(
                    nearest.map { ensemble.trainLabels[$0] }, weights: nearest.map { pow(row[$0], power) }, classes: 4)
            }
        }
        func row(_ run: Int, _ example: Int) -> [Double] {
            let start = (run * 60 + example) * 4
            return Array(ensemble.logits[start..<start + 4])
        }
        func mean(_ transform: Transform) -> [Int] {
            (0..<60).map { example in
                let rows = (0..<11).map { Oracle.transformed(row($0, example), transform) }
                return top((0..<4).map { c in rows.reduce(0) { $0 + $1[c] } })
            }
        }
        let single = (0..<11).map { run in accuracy((0..<60).map { top(row(run, $0)) }, ensemble.labels) }
        let singleMean = single.reduce(0, +) / 11
        let deviation = (single.reduce(0) { $0 + ($1 - singleMean) * ($1 - singleMean) } / 10).squareRoot()

        let found = try #require(prediction.summary.accuracy)
        #expect(abs(found.single_model_mean - singleMean) < 1e-12)
        #expect(abs(found.single_model_std - deviation) < 1e-12)
        #expect(found.ensemble_logits == accuracy(mean(.raw), ensemble.labels))
        #expect(found.ensemble_probabilities == accuracy(mean(.softmax), ensemble.labels))
        #expect(found.kernel_majority?.k == 3 && found.kernel_weighted?.k == 5 && found.kernel_weighted?.power == 4)
        #expect(found.kernel_majority?.accuracy == accuracy(votes(3, power: 0), ensemble.labels))
        #expect(found.kernel_weighted?.accuracy == accuracy(votes(5, power: 4), ensemble.labels))
        let sweep = try #require(prediction.summary.k_sweep)
        #expect(sweep.k == [1, 3, 5, 7])
        #expect(sweep.majority == sweep.k.map { accuracy(votes($0, power: 0), ensemble.labels) })
        #expect(sweep.weighted == sweep.k.map { accuracy(votes($0, power: 4), ensemble.labels) })
        #expect(prediction.summary.neighbors == 7 && prediction.summary.ranks == 1)
        let size = prediction.summary.ensemble
        #expect(size.runs == 11 && size.test == 60 && size.train == 30 && size.classes == 4)

        let table = try columns(prediction.table)
        #expect(table["index"] == (0..<60).map(String.init))
        #expect(table["label"] == ensemble.labels.map(String.init))
        #expect(table["ensemble"] == mean(.raw).map(String.init))
        #expect(table["kernel_majority"] == votes(3, power: 0).map(String.init))
        #expect(table["kernel_weighted"] == votes(5, power: 4).map(String.init))
        let nearest = try #require(table["similarity"]).compactMap(Double.init)
        #expect(zip(nearest, kernel).allSatisfy { abs($0 - $1.max()!) < 1e-5 } && nearest.count == 60)
    }

    @Test func `the control holds the same votes by the correlation of the pixels`() throws {
        let scratch = try Scratch()
        let ensemble = RandomEnsemble(runs: 5, test: 60, train: 30, classes: 3, seed: 8)
        // 4 x 3 pixels with three colors, as an ensemble of 36 runs and one class.
        var pixels = RandomEnsemble(runs: 36, test: 60, train: 30, classes: 1, seed: 9)
        pixels.logits = pixels.logits.map { ($0 * 20 + 128).rounded() }
        pixels.trainLogits = pixels.trainLogits.map { ($0 * 20 + 128).rounded() }
        func images(_ values: [Double], _ examples: Int, _ path: String) throws -> Images {
            let bytes = (0..<values.count).map { UInt8(values[$0 % 36 * examples + $0 / 36]) }
            let writer = try NPYWriter(creating: path, elementType: .uint8, shape: [examples, 4, 3, 3])
            try writer.write(bytes.span, at: 0)
            try writer.synchronize()
            try writer.commit()
            return try #require(try Images(ArrayFile.open(path)[0], examples: examples))
        }
        var options = options(kMax: 12)
        options.scaling = 4
        options.controls = (
            try images(pixels.logits, 60, scratch("images.npy")),
            try images(pixels.trainLogits, 30, scratch("images_train.npy"))
        )
        let found = try #require(
            try predict(ensemble.opened(in: scratch), options).summary.accuracy?.pixels)

        func votes(_ similarities: [[Double]], _ k: Int, _ weight: (Double) -> Double) -> Double {
            let predicted = similarities.map { row in
                let nearest = Oracle.order(row).prefix(k)
                return Oracle.vote(
                    nearest.map { ensemble.trainLabels[$0] }, weights: nearest.map { weight(row[$0]) }, classes: 3)
            }
            return accuracy(predicted, ensemble.labels)
        }
        let kernel = Oracle.kernel(of: pixels, .raw)
        #expect(found.kernel_majority.accuracy == votes(kernel, 3) { _ in 1 })
        #expect(found.kernel_weighted.accuracy == votes(kernel, 5) { pow($0, 4) })
        let local = Oracle.locallyScaled(pixels, .raw, nearest: 4).testTrain
        #expect(found.kernel_local?.accuracy == votes(local, 5) { pow(max(0, 1 + $0), 4) })
        #expect(found.kernel_majority.less_ensemble_logits != nil && found.kernel_local?.k == 5)
    }

    @Test func `with unlabeled examples every number is that of the labeled ones`() throws {
        var ensemble = RandomEnsemble(runs: 11, test: 60, train: 40, classes: 3, elementType: .float16, seed: 8)
        for example in stride(from: 0, to: 60, by: 7) { ensemble.labels[example] = -1 }
        for example in 0..<40 where example % 5 < 3 { ensemble.trainLabels[example] = -1 }
        var options = options(k: 2, kMax: 7)
        options.votes.selectsByLeaveOneOut = true
        let prediction = try predict(ensemble.opened(in: Scratch()), options)

        /// The votes of the labeled among the k nearest; nil where there is none.
        func votes(_ kernel: [[Double]], _ k: Int, _ power: Double, withoutSelf: Bool = false) -> [Int?] {
            kernel.enumerated().map { row, values in
                let nearest = Oracle.order(values).filter { !withoutSelf || $0 != row }.prefix(k)
                let labeled = nearest.filter { ensemble.trainLabels[$0] >= 0 }
                guard !labeled.isEmpty else { return nil }
                return Oracle.vote(
                    labeled.map { ensemble.trainLabels[$0] }, weights: labeled.map { pow(values[$0], power) },
                    classes: 3)
            }
        }
        func accuracy(_ predicted: [Int?], _ labels: [Int]) -> Double {
            let labeled = labels.indices.filter { labels[$0] >= 0 }
            return Double(labeled.count { predicted[$0] == labels[$0] }) / Double(labeled.count)
        }
        let kernel = Oracle.kernel(of: ensemble, .logSoftmax)
        let found = try #require(prediction.summary.accuracy)
        #expect(found.kernel_majority?.accuracy == accuracy(votes(kernel, 2, 0), ensemble.labels))
        #expect(found.kernel_weighted?.accuracy == accuracy(votes(kernel, 5, 4), ensemble.labels))
        let sweep = try #require(prediction.summary.k_sweep)
        #expect(sweep.majority == sweep.k.map { accuracy(votes(kernel, $0, 0), ensemble.labels) })
        #expect(sweep.weighted == sweep.k.map { accuracy(votes(kernel, $0, 4), ensemble.labels) })
        let single = (0..<11).map { run in
            accuracy(
                (0..<60).map { top(Array(ensemble.logits[(run * 60 + $0) * 3..<(run * 60 + $0 + 1) * 3])) },
                ensemble.labels)
        }
        let mean = single.reduce(0, +) / 11
        #expect(abs(found.single_model_mean - mean) < 1e-12)
        let squares = single.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        #expect(abs(found.single_model_std - (squares / 10).squareRoot()) < 1e-12)

        let table = try columns(prediction.table)
        func fields(_ values: [Int?]) -> [String] { values.map { $0.map(String.init) ?? "" } }
        #expect(table["label"] == ensemble.labels.map { $0 < 0 ? "" : "\($0)" })
        #expect(table["kernel_majority"] == fields(votes(kernel, 2, 0)))
        #expect(table["kernel_majority"]?.contains("") == true, "else nothing is tried of those without a vote")
        let averages = try #require(table["ensemble"]).map { Int($0) }
        #expect(!averages.contains(nil) && found.ensemble_logits == accuracy(averages, ensemble.labels))

        let itself = RandomEnsemble(copy: ensemble, test: ensemble.trainLogits, examples: 40)
        let kernelOfTrain = Oracle.kernel(of: itself, .logSoftmax)
        let selection = try #require(prediction.summary.selection)
        for candidate in selection.candidates {
            let predicted = votes(
                kernelOfTrain, candidate.vote.k, candidate.vote.vote.power ?? 0, withoutSelf: true)
            #expect(candidate.accuracy == accuracy(predicted, ensemble.trainLabels), "\(candidate)")
        }
        let chosen = votes(kernel, selection.chosen.vote.k, selection.chosen.vote.vote.power ?? 0)
        #expect(selection.accuracy == accuracy(chosen, ensemble.labels))
        #expect(table["kernel_selected"] == fields(chosen))
        #expect(prediction.summary.ensemble.unlabeled?.test == 9)
        #expect(prediction.summary.ensemble.unlabeled?.train == 24)
        // Unlabeled examples are neighbors as others are.
        let neighbors = prediction.parts.flatMap { $0.lists.indices }
        #expect(neighbors == kernel.flatMap { Oracle.order($0).prefix(7).map { Int64($0) } })
    }

    @Test func `if no example is labeled, all is as without labels`() throws {
        var ensemble = RandomEnsemble(runs: 3, test: 4, train: 8, classes: 3)
        let without = try predict(ensemble.opened(in: Scratch(), labels: false), options())
        (ensemble.labels, ensemble.trainLabels) = ([-1, -1, -1, -1], [Int](repeating: -100, count: 8))
        let prediction = try predict(ensemble.opened(in: Scratch()), options())
        #expect(prediction.table?.csv == without.table?.csv)
        #expect(prediction.summary.accuracy == nil && prediction.summary.k_sweep == nil)
        #expect(prediction.summary.ensemble.unlabeled?.test == 4 && without.summary.ensemble.unlabeled == nil)
        #expect(try !without.summary.json().contains("unlabeled"))
    }

    @Test func `64 real runs have the accuracies of the float64 reference`() throws {
        struct Expected: Decodable {
            let single_model_mean, single_model_std, ensemble_logits, ensemble_probabilities, kernel_weighted: Double
            let kernel_majority: [String: Double]
        }
        let data = try Data(contentsOf: URL(fileURLWithPath: "\(Fixtures.fashion)/expected.json"))
        let expected = try JSONDecoder().decode(Expected.self, from: data)
        let summary = try predict(Ensemble(opening: [Fixtures.fashion]), PredictionOptions()).summary
        let found = try #require(summary.accuracy)
        #expect(abs(found.single_model_mean - expected.single_model_mean) < 1e-12)
        #expect(abs(found.single_model_std - expected.single_model_std) < 1e-12)
        #expect(found.ensemble_logits == expected.ensemble_logits)
        #expect(found.ensemble_probabilities == expected.ensemble_probabilities)
        #expect(found.kernel_majority?.accuracy == expected.kernel_majority["3"])
        #expect(found.kernel_weighted?.accuracy == expected.kernel_weighted)
        let sweep = try #require(summary.k_sweep)
        #expect(sweep.k == PredictionOptions.Votes().sweep)
        #expect(sweep.majority == sweep.k.map { expected.kernel_majority[String($0)] })
    }

    @Test func `without labels there are neighbors and no accuracies`() throws {
        let ensemble = RandomEnsemble(runs: 3, test: 4, train: 8, classes: 3)
        let prediction = try predict(ensemble.opened(in: Scratch(), labels: false), options())
        #expect(prediction.summary.accuracy == nil && prediction.summary.k_sweep == nil)
        #expect(prediction.parts.reduce(0) { $0 + $1.lists.rows } == 4)
        let table = try columns(prediction.table)
        for name in ["label", "kernel_majority", "kernel_weighted"] { #expect(table[name] == ["", "", "", ""]) }
        #expect(table["ensemble"]?.allSatisfy { Int($0) != nil } == true)
        #expect(try !prediction.summary.json().contains("accuracy"))
    }

    @Test func `with test labels alone the ensembles are scored, the kernel is not`() throws {
        let scratch = try Scratch()
        try RandomEnsemble(runs: 3, test: 4, train: 8, classes: 3).write(to: scratch("runs"))
        try FileManager.default.removeItem(atPath: scratch("runs/labels_train.npy"))
        let summary = try predict(Ensemble(opening: [scratch("runs")]), options()).summary
        #expect(summary.accuracy != nil && summary.accuracy?.kernel_majority == nil && summary.k_sweep == nil)
    }

    @Test func `what cannot be predicted is refused in one line`() throws {
        let scratch = try Scratch()
        let ensemble = RandomEnsemble(runs: 3, test: 4, train: 8, classes: 3)
        try ensemble.write(to: scratch("good"))
        try ensemble.write(to: scratch("one"), runs: 0..<1)
        try ensemble.write(to: scratch("test"))
        try FileManager.default.removeItem(atPath: scratch("test/logits_train.npy"))
        try ensemble.write(to: scratch("train"))
        try FileManager.default.removeItem(atPath: scratch("train/logits.npy"))
        var grid = options()
        grid.search.grid = ProcessGrid(runs: 2, train: 3)
        let cases: [(String, PredictionOptions, Int32, String)] = [
            ("good", options(k: 0), 64, "0 neighbors (majority vote): must be between 1 and the 8 training examples"),
            ("good", options(k: 9), 64, "9 neighbors (majority vote): must"),
            ("good", options(weightedK: 9), 64, "9 neighbors (weighted vote): must"),
            ("good", options(kMax: 9), 64, "9 neighbors (kept): must"),
            ("good", options(kMax: -1), 64, "-1 neighbors (kept): must"),
            ("good", grid, 64, "a grid of 2x3 needs 6 ranks, there are 1"),
            ("one", options(), 65, "\(scratch("one/logits.npy")): 1 run"),
            ("test", options(), 65, "\(scratch("test/logits.npy")): no logits of the training examples"),
            ("train", options(), 65, "\(scratch("train/logits_train.npy")): no logits of the test examples"),
        ]
        for (name, options, code, message) in cases {
            let failure = #expect(throws: AgreedFailure.self) {
                try predict(Ensemble(opening: [scratch(name)]), options)
            }
            #expect(failure?.exitCode.rawValue == code)
            #expect(failure?.description.contains(message) == true, "\(String(describing: failure))")
        }
    }

    @Test func `a logit that is not finite is named, among test and train`() throws {
        var ensemble = RandomEnsemble(runs: 3, test: 20, train: 8, classes: 3)
        ensemble.logits[(2 * 20 + 17) * 3 + 1] = .nan
        let test = #expect(throws: AgreedFailure.self) { try predict(ensemble.opened(in: Scratch()), options()) }
        #expect(test?.exitCode.rawValue == 65)
        #expect(test?.description.contains("1 of 3 runs is not finite: 2 (") == true)
        ensemble.logits[(2 * 20 + 17) * 3 + 1] = 0
        ensemble.trainLogits[(1 * 8 + 7) * 3 + 2] = -.infinity
        let train = #expect(throws: AgreedFailure.self) { try predict(ensemble.opened(in: Scratch()), options()) }
        #expect(train?.description.contains("logits_train.npy[1, 7, 2] is -inf in run 1 but") == true)
    }
}
