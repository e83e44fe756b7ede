import ArrayFiles
import EnsembleTraining
import Foundation
import Testing
import TestSupport
import UserMessages

@Suite struct DatasetTests {
    /// The data set of a folder with files of the given names.
    private func load(_ contents: [String: [UInt8]]) throws -> Dataset {
        let scratch = try Scratch()
        for (name, bytes) in contents { try scratch(name, holding: bytes) }
        return try Dataset.load(scratch.path)
    }

    /// An IDX file of bytes.
    private func idx(_ shape: [Int], _ bytes: [UInt8]) -> [UInt8] {
        [0, 0, 8, UInt8(shape.count)] + shape.flatMap { [0, 0, UInt8($0 >> 8), UInt8($0 & 255)] } + bytes
    }

    /// Three training images and two test images of 2 x 4.
    private var quadruple: [String: [UInt8]] {
        [
            "train-images-idx3-ubyte": idx([3, 2, 4], Array(0..<24)), "train-labels-idx1-ubyte": idx([3], [2, 0, 1]),
            "t10k-images-idx3-ubyte": idx([2, 2, 4], Array(100..<116)), "t10k-labels-idx1-ubyte": idx([2], [1, 3]),
        ]
    }

    @Test(arguments: [[7, 5], [7, 5, 3]], [0, 2, 9])
    func `images are moved by as much as was asked for, and the same again`(shape: [Int], most: Int) {
        let features = shape.reduce(1, *)
        let (width, channels) = (shape[1], shape.count == 3 ? 3 : 1)
        let images = (0..<60 * features).map { UInt8(1 + $0 % 255) }
        let part = Dataset.Split(images: images, labels: [Int32](repeating: 0, count: 60))
        let dataset = Dataset(name: "", imageShape: shape, classes: 1, train: part, test: part)
        let shifted = dataset.shifted(by: most, seed: 3)
        #expect(shifted.train.images == dataset.shifted(by: most, seed: 3).train.images)
        #expect(most == 0 || shifted.train.images != shifted.test.images)
        #expect(most == 0 || shifted.train.images != dataset.shifted(by: most, seed: 4).train.images)
        func moved(_ image: ArraySlice<UInt8>, down: Int, right: Int) -> [UInt8] {
            (0..<features).map { place in
                let (y, x) = (place / channels / width - down, place / channels % width - right)
                guard (0..<7).contains(y), (0..<5).contains(x) else { return 0 }
                return image[image.startIndex + (y * width + x) * channels + place % channels]
            }
        }
        var moves: Set<[Int]> = []
        for image in 0..<60 {
            let range = image * features..<(image + 1) * features
            let found = (-most...most).flatMap { down in (-most...most).map { [down, $0] } }.filter {
                moved(images[range], down: $0[0], right: $0[1]) == Array(shifted.train.images[range])
            }
            #expect(!found.isEmpty)
            moves.formUnion(found)
        }
        #expect(most == 0 || moves.count > 10)
    }

    @Test func `four IDX files are a data set`() throws {
        let dataset = try load(quadruple)
        #expect(dataset.imageShape == [2, 4] && dataset.features == 8 && dataset.channels == 1)
        #expect(dataset.classes == 4, "the test labels count as well")
        #expect(dataset.train.images == Array(0..<24) && dataset.train.labels == [2, 0, 1])
        #expect(dataset.test.images == Array(100..<116) && dataset.test.labels == [1, 3])
        let first = dataset.first(trainExamples: 2, testExamples: 9)
        #expect(first.train.images == Array(0..<16) && first.train.labels == [2, 0])
        #expect(first.test.count == 2 && first.classes == 4)
    }

    @Test func `CIFAR batches are a data set in color`() throws {
        // A record: a label, then the red, green and blue planes.
        func record(_ label: UInt8, _ colors: [UInt8]) -> [UInt8] {
            [label] + colors.flatMap { [UInt8](repeating: $0, count: 1_024) }
        }
        let batches = [
            "data_batch_1.bin": record(3, [1, 2, 3]), "data_batch_2.bin": record(9, [4, 5, 6]),
            "test_batch.bin": record(7, [7, 8, 9]),
        ]
        let dataset = try load(batches)
        #expect(dataset.imageShape == [32, 32, 3] && dataset.channels == 3 && dataset.classes == 10)
        #expect(dataset.train.labels == [3, 9] && dataset.test.labels == [7])
        #expect(
            dataset.train.images[..<6] == [1, 2, 3, 1, 2, 3] && dataset.train.images[3_072..<3_075] == [4, 5, 6])
    }

    @Test func `the installed Fashion-MNIST is complete`() throws {
        let dataset = try Dataset.load("fashion-mnist")
        #expect(dataset.train.count == 60_000 && dataset.test.count == 10_000 && dataset.imageShape == [28, 28])
        #expect(dataset.classes == 10 && dataset.train.labels[..<5] == [9, 0, 0, 3, 0])
    }

    @Test func `a file that is missing or does not fit the others is named`() throws {
        func failure(_ change: (inout [String: [UInt8]]) -> Void) throws -> any ExitCoded {
            var contents = quadruple
            change(&contents)
            return try #require(refusal((any Error).self) { try load(contents) } as? any ExitCoded)
        }
        let missing = try failure { $0["t10k-labels-idx1-ubyte"] = nil }
        #expect(missing.exitCode.rawValue == 66 && missing.description.contains("t10k-labels-idx1-ubyte"))
        let fewer = try failure { $0["train-labels-idx1-ubyte"] = idx([2], [0, 1]) }
        #expect(fewer.exitCode.rawValue == 65 && fewer.description.contains("labels [2] for 3 images"))
        let otherSize = try failure { $0["t10k-images-idx3-ubyte"] = idx([2, 2, 2], Array(0..<8)) }
        #expect(otherSize.exitCode.rawValue == 65 && otherSize.description.contains("another size"))
        let truncated = try failure { $0["train-images-idx3-ubyte"]?.removeLast() }
        #expect(truncated.exitCode.rawValue == 65 && truncated.description.contains("train-images-idx3-ubyte"))
        let oneClass = try failure {
            $0["train-labels-idx1-ubyte"] = idx([3], [0, 0, 0])
            $0["t10k-labels-idx1-ubyte"] = idx([2], [0, 0])
        }
        #expect(oneClass.exitCode.rawValue == 65 && oneClass.description.contains("one class"))
        let unknown = try #require(throws: UserError.self) { try Dataset.load("no-such-data") }
        #expect(unknown.exitCode.rawValue == 66 && unknown.description.contains("no-such-data"))
    }
}
