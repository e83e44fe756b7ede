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
        let logits = Logits(pixelsOf: images)
        let pixels = count / shape[0]
        let colors = shape.count == 4 ? shape[3] : 1
        #expect(logits.runs == pixels && logits.examples == shape[0] && logits.classes == 1)
        // Color by color, whose bytes are beside one another in the file.
        let places = (0..<colors).flatMap { color in stride(from: color, to: pixels, by: colors) }
        let expected = places.flatMap { place in (0..<shape[0]).map { Double(bytes[$0 * pixels + place]) } }
        #expect(try AllLogits.values(of: logits, threads: 2) == expected)
    }

    @Test func `the order of pixels is the same however they are stored`() throws {
        let replica = ReplicaImages(trainLabels: [0, 1, 2], testLabels: [1, 0], classNames: ["a", "b", "c"])
        try ReplicaImages.write(replica.cifar10Binary, to: scratch("cifar"))
        let dataset = try DatasetFiles(scratch("cifar"))
        for (tensor, pixels) in [
            (dataset.train.images, replica.trainPixels), (dataset.test.images, replica.testPixels),
        ] {
            let examples = tensor.shape[0]
            let logits = Logits(pixelsOf: try #require(Images(tensor, examples: examples)))
            #expect(logits.runs == 3072)
            let expected = (0..<3072).flatMap { place in
                (0..<examples).map { Double(pixels[$0 * 3072 + place % 1024 * 3 + place / 1024]) }
            }
            #expect(try AllLogits.values(of: logits) == expected)
        }
        // Column by column.
        let python = try Python.run(
            """
            import sys, numpy as np
            np.save(sys.argv[1], np.asfortranarray(np.arange(24, dtype=np.uint8).reshape(2, 4, 3)))
            """, scratch("fortran.npy"))
        try #require(python.status == 0, "\(python)")
        let images = try #require(Images(ArrayFile.open(scratch("fortran.npy"))[0], examples: 2))
        let expected = (0..<12).flatMap { [Double($0), Double($0 + 12)] }
        #expect(try AllLogits.values(of: Logits(pixelsOf: images)) == expected)
    }

    @Test func `other arrays are no images`() throws {
        for shape in [[6], [6, 2], [2, 1, 1, 4], [3, 2, 1]] {
            #expect(try Images(tensor(shape, [UInt8](repeating: 1, count: shape.reduce(1, *))), examples: 2) == nil)
        }
    }
}
