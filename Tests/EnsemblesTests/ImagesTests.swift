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
        let images = try #require(try Images(try tensor(shape, bytes), examples: shape[0]))
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
            let logits = Logits(pixelsOf: try #require(try Images(tensor, examples: examples)))
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
        let images = try #require(try Images(ArrayFile.open(scratch("fortran.npy"))[0], examples: 2))
        let expected = (0..<12).flatMap { [Double($0), Double($0 + 12)] }
        #expect(try AllLogits.values(of: Logits(pixelsOf: images)) == expected)
    }

    /// The bytes of images that numpy saves: the value of an expression, in which `a` are images in color.
    private func bytes(of expression: String, examples: Int = 2) throws -> [UInt8]? {
        let python = try Python.run(
            """
            import sys, numpy as np
            a = np.arange(2 * 4 * 5 * 3, dtype=np.uint8).reshape(2, 4, 5, 3) * 2
            np.save(sys.argv[1], \(expression))
            """, scratch("form.npy"))
        try #require(python.status == 0, "\(python)")
        let images = try Images(ArrayFile.open(scratch("form.npy"))[0], examples: examples)
        return try images.map { images in try (0..<examples).flatMap { try images.bytes(of: $0) } }
    }

    @Test func `images are the same bytes in every form`() throws {
        let expected = try #require(try bytes(of: "a"))
        #expect(expected.count == 120 && expected[1] == 2)
        for form in [
            "np.moveaxis(a, 3, 1)", "a / 255", "(a / 255).astype('f4')", "a.astype('f8')", "a / 127.5 - 1",
            "np.concatenate([a, np.full_like(a[..., :1], 255)], 3)", "np.moveaxis(a / 255, 3, 1).astype('>f4')",
        ] {
            #expect(try bytes(of: form) == expected, "\(form)")
        }
        for form in ["a[:, None, ..., 0]", "a[..., :1]"] {
            #expect(try bytes(of: form) == bytes(of: "a[..., 0]"), "\(form)")
        }
    }

    @Test func `transparency is laid over white, and standardized numbers have one scale`() throws {
        #expect(try bytes(of: "np.array([[[[10, 255]]], [[[10, 0]]]], np.uint8)") == [10, 255])
        #expect(try bytes(of: "np.array([[[[200, 100, 0, 51]]]], np.uint8)", examples: 1) == [244, 224, 204])
        let standardized = "np.array([[[-3, 0, 3]], [[-9, 9, np.nan]]])"
        #expect(try bytes(of: standardized) == [0, 128, 255, 0, 255, 0])
        // What is computed may be a little out of range.
        #expect(try bytes(of: "np.array([[[-0.001, 0.5, 1.0000002]], [[0, 1, 1]]])") == [0, 128, 255, 0, 255, 255])
    }

    @Test func `larger images are reduced to means`() throws {
        let python = try Python.run(
            "import sys, numpy as np; np.save(sys.argv[1], np.arange(35, dtype=np.uint8).reshape(1, 5, 7))",
            scratch("large.npy"))
        try #require(python.status == 0)
        let images = try #require(try Images(ArrayFile.open(scratch("large.npy"))[0], examples: 1))
        let reduced = try images.reduced(0, to: 4)
        #expect((reduced.height, reduced.width) == (3, 4))
        // Of 0, 1, 7 and 8; of 6 and 13; of 34.
        #expect(reduced.pixels[0] == 4 && reduced.pixels[3] == 10 && reduced.pixels[11] == 34)
        #expect(try images.reduced(0, to: 7).pixels == images.bytes(of: 0))
    }

    @Test func `other arrays are no images`() throws {
        for shape in [[6], [6, 2], [2, 5, 1, 5], [3, 2, 1]] {
            #expect(try Images(tensor(shape, [UInt8](repeating: 1, count: shape.reduce(1, *))), examples: 2) == nil)
        }
    }
}
