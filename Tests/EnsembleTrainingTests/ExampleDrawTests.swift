import ArrayFiles
import EnsembleTraining
import Foundation
import Testing
import TestSupport

/// On the main thread, where MPI was started.
@MainActor @Suite struct ExampleDrawTests {
    private func training(_ draw: ExampleDraw, _ method: TrainingMethod = .deep) throws -> Training {
        let training = try Training()
        training.options.draw = draw
        training.options.method = method
        training.options.samples = method == .deep ? 1 : 2
        return training
    }

    /// How often each example was drawn, by run.
    private func masks(of training: Training) throws -> [[Int]] {
        let masks = try ArrayFile.open("\(training.folder)/masks.npy")[0]
        #expect(masks.elementType == .uint8 && masks.shape.count == 2)
        return try (0..<masks.shape[0]).map { try masks[$0].withContiguousBytes { $0.map(Int.init) } }
    }

    @Test func `a subset has its share of the examples, and each example its share of the subsets`() throws {
        let training = try training(.subset(share: 0.3))
        training.options.leftOut = [0, 1, 69]
        training.options.epochs = 1
        try training.train(200)
        let masks = try masks(of: training)
        #expect(masks.count == 200)
        // 0.3 of 67 examples.
        #expect(masks.allSatisfy { $0.count == 70 && $0.allSatisfy((0...1).contains) && $0.reduce(0, +) == 20 })
        #expect(Set(masks).count == 200)
        for example in 0..<70 {
            let times = masks.reduce(0) { $0 + $1[example] }
            // 60 are expected, with a deviation of 6.5.
            #expect([0, 1, 69].contains(example) ? times == 0 : (33...87).contains(times), "\(example): \(times)")
        }
        #expect(try training.record().runs.allSatisfy { abs($0.cost_epochs - 20 / 67) < 1e-12 })
    }

    @Test func `a bootstrap sample has as many examples, of which it leaves out more than a third`() throws {
        let training = try training(.bootstrap)
        training.options.epochs = 1
        try training.train(100)
        let masks = try masks(of: training)
        #expect(masks.allSatisfy { $0.reduce(0, +) == 70 })
        let leftOut = masks.reduce(0) { $0 + $1.count { $0 == 0 } }
        // (1 - 1 / 70)^70 = 0.3653 of 7,000, with a deviation of 22 or so.
        #expect((2_447...2_667).contains(leftOut), "\(leftOut)")
        #expect(try training.record().runs.allSatisfy { $0.cost_epochs == 1 })
    }

    @Test(
        arguments: [
            TrainingMethod.deep, .snapshot(cycleEpochs: 1), .swag(extraEpochs: 1),
            .csgld(cycleEpochs: 2, samplesACycle: 1, temperature: 1), .vi(extraEpochs: 1, temperature: nil), .laplace,
        ], [ExampleDraw.subset(share: 0.5), .bootstrap])
    func `a run has learned the examples of its mask, and no others`(
        _ method: TrainingMethod, _ draw: ExampleDraw
    ) throws {
        let before = try training(draw, method)
        try before.train(4)
        let (masks, logits) = (try masks(of: before), try before.contents()["logits.npy"])
        if method != .deep { #expect(masks[0] == masks[1] && masks[2] == masks[3]) }
        #expect(masks[0] != masks[3])
        func changed(_ isChanged: (Int) -> Bool) throws -> [Bool] {
            let after = try training(draw, method)
            var labels = before.dataset.train.labels
            for example in labels.indices where isChanged(masks[0][example]) {
                labels[example] = (labels[example] + 1) % 3
            }
            after.dataset = Dataset(
                name: "stripes", imageShape: [6, 6], classes: 3,
                train: .init(images: before.dataset.train.images, labels: labels), test: before.dataset.test)
            try after.train(4)
            #expect(try self.masks(of: after) == masks)
            let (old, new) = (try #require(logits), try #require(try after.contents()["logits.npy"]))
            let bytes = 30 * 3 * 2
            return (0..<4).map { run in
                old.suffix((4 - run) * bytes).prefix(bytes) != new.suffix((4 - run) * bytes).prefix(bytes)
            }
        }
        // Labels of the examples that the first chain does not see: its runs are the same, others are not.
        let others = try changed { $0 == 0 }
        #expect(others[0] == false && others[3] == true)
        #expect(try changed { $0 > 0 }[0] == true)
    }

    @Test func `masks are there after a crash, and grow with the runs`() throws {
        let (whole, growing) = (try training(.bootstrap), try training(.bootstrap))
        try whole.train(5)
        let crash = try #require(try growing.crashes(growingTo: 3).last)
        let resumed = try training(.bootstrap)
        try resumed.write(crash.contents)
        try resumed.train(3)
        #expect(try masks(of: resumed) == Array(masks(of: whole)[..<3]))
        try resumed.train(5)
        #expect(try resumed.contents() == whole.contents())
        // What can be drawn again is written again.
        try resumed.remove("masks.npy")
        try resumed.train(5)
        #expect(try resumed.contents() == whole.contents())
    }
}
