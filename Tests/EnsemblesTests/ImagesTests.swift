import ArrayFiles
import Ensembles
import Testing
import TestSupport

struct ImagesTests {
    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private func tensor(_ shape: [Int], _ bytes: [UInt8]) throws -> Tensor {
        let path = scratch("images.npy")
        let writer = try NPYWriter(creating: path, elementType: .uint8, shape: shape)
        try writer.write(bytes.span, at: 0)
        try writer.synchronize()
        try writer.commit()
        return try ArrayFile.open(path)[0]
    }

    @Test(arguments: [[5, 4, 3], [5, 4, 3, 1], [5, 4, 3, 3], [70, 2, 1, 3]])
    func `pixels stand in the place of runs`(shape: [Int]) throws {
        let count = shape.reduce(1, *)
        let bytes = (0..<count).map { UInt8($0 * 37 % 256) }
        let images = try #require(Images(try tensor(shape, bytes), examples: shape[0]))
        let logits = try #require(Logits(pixelsOf: images))
        let pixels = count / shape[0]
        #expect(logits.runs == pixels && logits.examples == shape[0] && logits.classes == 1)
        let expected = (0..<pixels).flatMap { pixel in (0..<shape[0]).map { Double(bytes[$0 * pixels + pixel]) } }
        #expect(try AllLogits.values(of: logits, threads: 2) == expected)
    }

    @Test func `pixels of colors that are stored apart stand color by color`() throws {
        let replica = ReplicaImages(trainLabels: [0, 1, 2], testLabels: [1, 0], classNames: ["a", "b", "c"])
        try ReplicaImages.write(replica.cifar10Binary, to: scratch("cifar"))
        let dataset = try DatasetFiles(scratch("cifar"))
        for (tensor, pixels) in [
            (dataset.train.images, replica.trainPixels), (dataset.test.images, replica.testPixels),
        ] {
            let examples = tensor.shape[0]
            let logits = try #require(Images(tensor, examples: examples).flatMap { Logits(pixelsOf: $0) })
            #expect(logits.runs == 3072)
            let values = try AllLogits.values(of: logits)
            // The same pixels of each example, in one order or the other.
            func columns(_ order: (Int) -> Int) -> [Double] {
                (0..<3072).flatMap { place in (0..<examples).map { Double(pixels[$0 * 3072 + order(place)]) } }
            }
            #expect(values == columns { $0 } || values == columns { $0 % 1024 * 3 + $0 / 1024 })
        }
    }

    @Test func `other arrays are no images, and one pixel has no correlation`() throws {
        for shape in [[6], [6, 2], [2, 1, 1, 4], [3, 2, 1]] {
            #expect(try Images(tensor(shape, [UInt8](repeating: 1, count: shape.reduce(1, *))), examples: 2) == nil)
        }
        let single = try #require(Images(tensor([2, 1, 1], [1, 2]), examples: 2))
        #expect(Logits(pixelsOf: single) == nil)
    }
}
