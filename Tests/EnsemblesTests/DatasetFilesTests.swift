import ArrayFiles
import Ensembles
import Foundation
import Testing
import TestSupport
import UserMessages

/// A data set is found in every layout in which people have it, and damaged or hostile ones are refused.
@Suite struct DatasetFilesTests {
    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private static let ten = ReplicaImages(
        trainLabels: [3, 9, 0, 1, 4], testLabels: [7, 2],
        classNames: ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"])
    private static let hundred = ReplicaImages(
        trainLabels: [33, 99, 0, 41, 6], testLabels: [7, 52], classNames: (0..<100).map { "class \($0)" })

    private func expect(
        _ path: String, holds replica: ReplicaImages, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let files = try DatasetFiles(path)
        #expect(try files.labels(of: .train).values == replica.trainLabels, sourceLocation: sourceLocation)
        #expect(try files.labels(of: .test).values == replica.testLabels, sourceLocation: sourceLocation)
        for (images, pixels) in [(files.train.images, replica.trainPixels), (files.test.images, replica.testPixels)] {
            #expect(images.shape == [pixels.count / 3072, 32, 32, 3], sourceLocation: sourceLocation)
            #expect(try images.withContiguousBytes { Array($0) } == pixels, sourceLocation: sourceLocation)
        }
        #expect(try files.classNames == replica.classNames, sourceLocation: sourceLocation)
    }

    /// The layouts of CIFAR, by the folder in which torchvision has them.
    private static let cifar: [(folder: String, archive: String, replica: ReplicaImages, files: [ReplicaImages.File])] =
        [
            ("cifar-10-batches-py", "cifar-10-python", ten, ten.cifar10Python),
            ("cifar-10-batches-bin", "cifar-10-binary", ten, ten.cifar10Binary),
            ("cifar-100-python", "cifar-100-python", hundred, hundred.cifar100Python),
            ("cifar-100-binary", "cifar-100-binary", hundred, hundred.cifar100Binary),
        ]

    @Test(arguments: cifar.indices)
    func `CIFAR is read from its folder, the root of torchvision, and its archive`(number: Int) throws {
        let (folder, archive, replica, files) = Self.cifar[number]
        try ReplicaImages.write(files, to: scratch("root/\(folder)"))
        try expect(scratch("root/\(folder)"), holds: replica)
        try expect(scratch("root"), holds: replica)
        let tar = ReplicaImages.tar(files, folder: folder)
        try expect(scratch("plain.tar", holding: tar), holds: replica)
        let compressed = Archives.gzip(tar)
        try expect(scratch("\(archive).tar.gz", holding: compressed), holds: replica)
        // The archive in a folder counts where nothing is unpacked; else it is beside what was unpacked from it.
        try expect(scratch.path, holds: replica)
        try scratch("root/\(archive).tar.gz", holding: compressed)
        try expect(scratch("root"), holds: replica)
    }

    @Test func `batches are in the order of their numbers`() throws {
        // A record for each of eleven batches.
        let batches = (1...11).map { number in
            ("data_batch_\(number).bin", [UInt8(number % 10)] + [UInt8](repeating: UInt8(number), count: 3072))
        }
        try ReplicaImages.write(batches + [Self.ten.cifar10Binary[1]], to: scratch("many"))
        let files = try DatasetFiles(scratch("many"))
        #expect(try files.labels(of: .train).values == (1...11).map { $0 % 10 })
        #expect(
            try files.train.images.withContiguousBytes { bytes in (0..<11).map { bytes[$0 * 3072] } } == Array(1...11))
    }

    @Test func `of labels no image is kept, and files that change before images are read are named`() throws {
        try ReplicaImages.write(Self.ten.cifar10Binary, to: scratch("cifar"))
        let files = try DatasetFiles(scratch("cifar"))
        try FileManager.default.removeItem(atPath: scratch("cifar/data_batch_2.bin"))
        #expect(try files.labels(of: .train).values == Self.ten.trainLabels)
        let error = try refusal(ArrayFileError.self) { try files.train.images.withContiguousBytes { $0.count } }
        #expect(error?.exitCode.rawValue == 74 && error?.description.contains("has changed") == true)
        #expect(try files.test.images.withContiguousBytes { Array($0) } == Self.ten.testPixels)
    }

    @Test func `a folder with more than one data set says which there are`() throws {
        for (folder, _, _, files) in Self.cifar.prefix(2) {
            try ReplicaImages.write(files, to: scratch("root/\(folder)"))
        }
        expectRefusal(
            scratch("root"), 66, scratch("root/cifar-10-batches-py"), scratch("root/cifar-10-batches-bin"))
        try ReplicaImages.write(Self.ten.cifar10Binary + Self.ten.cifar10Python, to: scratch("mixed"))
        expectRefusal(scratch("mixed"), 65, "more than one data set, or form")
    }

    @Test func `CIFAR as airbench saves it is read`() throws {
        try ReplicaImages.write(Self.ten.airbench, to: scratch("airbench"))
        let files = try DatasetFiles(scratch("airbench"))
        #expect(try files.labels(of: .train).values == Self.ten.trainLabels)
        #expect(try files.labels(of: .test).values == Self.ten.testLabels)
        #expect(try files.train.images.withContiguousBytes { Array($0) } == Self.ten.trainPixels)
        #expect(files.test.images.shape == [2, 32, 32, 3])
        let names = try files.classNames
        #expect(names == Self.ten.classNames || names.isEmpty, "\(names)")
        try ReplicaImages.write([("train.pt", Archives.zip([]))], to: scratch("airbench"))
        #expect(throws: ArrayFileError.self) { try DatasetFiles(scratch("airbench")) }
    }

    @Test func `an npz file with the names of keras is read`() throws {
        let (train, test) = (Self.ten.trainPixels, Self.ten.testPixels)
        func npy<Element: TensorElement>(_ values: [Element], _ shape: [Int]) throws -> [UInt8] {
            try NPY.write(values, shape: shape, to: scratch("part.npy"))
            return [UInt8](try Data(contentsOf: URL(fileURLWithPath: scratch("part.npy"))))
        }
        var members = [
            ("x_train.npy", try npy(train, [5, 32, 32, 3])), ("y_train.npy", try npy(Self.ten.trainLabels, [5])),
            // keras gives the labels of CIFAR as a column.
            ("x_test.npy", try npy(test, [2, 32, 32, 3])), ("y_test.npy", try npy(Self.ten.testLabels, [2, 1])),
        ]
        let files = try DatasetFiles(scratch("cifar.npz", holding: Archives.zip(members)))
        #expect(try files.labels(of: .train).values == Self.ten.trainLabels)
        #expect(try files.labels(of: .test).values == Self.ten.testLabels)
        #expect(try files.test.images.withContiguousBytes { Array($0) } == test)
        members.removeLast()
        expectRefusal(
            try scratch("less.npz", holding: Archives.zip(members)), 65, "no array named y_test, but x_train")
    }

    // MARK: - IDX

    /// An IDX file of bytes, or of big-endian 32-bit integers.
    private func idx(_ shape: [Int], _ bytes: [UInt8], isWide: Bool = false) -> [UInt8] {
        [0, 0, isWide ? 0x0c : 8, UInt8(shape.count)] + shape.flatMap { [0, 0, UInt8($0 >> 8), UInt8($0 & 255)] }
            + (isWide ? bytes.flatMap { [0, 0, 0, $0] } : bytes)
    }

    /// The files of three training and two test images of 2 x 4, whose first label is `label`.
    private func quadruple(_ names: [String], label: UInt8 = 2) -> [ReplicaImages.File] {
        zip(
            names,
            [
                idx([3, 2, 4], Array(0..<24)), idx([3], [label, 0, 1]), idx([2, 2, 4], Array(100..<116)),
                idx([2], [1, 3]),
            ]
        ).map { ($0, $1) }
    }

    private static func emnist(_ split: String) -> [String] {
        ["train-images-idx3", "train-labels-idx1", "test-images-idx3", "test-labels-idx1"]
            .map { "emnist-\(split)-\($0)-ubyte" }
    }

    private static let mnist = [
        "train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte",
    ]

    @Test(
        arguments: [
            mnist, emnist("balanced"),
            ["train-images.idx3-ubyte", "train-labels.idx1-ubyte", "t10k-images.idx3-ubyte", "t10k-labels.idx1-ubyte"],
        ])
    func `four IDX files are found by the words of their names, plain or compressed`(names: [String]) throws {
        func expect(_ path: String) throws {
            let files = try DatasetFiles(path)
            #expect(try files.labels(of: .train).values == [2, 0, 1] && files.labels(of: .test).values == [1, 3])
            #expect(try files.train.images.integers() == Array(0..<24))
            #expect(try files.test.images.integers() == Array(100..<116) && files.classNames.isEmpty)
        }
        let plain = quadruple(names)
        try ReplicaImages.write(plain, to: scratch("plain"))
        try expect(scratch("plain"))
        let compressed = plain.map { ("\($0.name).gz", Archives.gzip($0.bytes)) }
        try ReplicaImages.write(compressed, to: scratch("MNIST/raw"))
        for path in ["MNIST/raw", "MNIST", ""] { try expect(scratch(path)) }
        // torchvision keeps both.
        try ReplicaImages.write(plain, to: scratch("MNIST/raw"))
        try expect(scratch("MNIST"))
    }

    @Test func `of several data sets in a folder, one is named by the start of its files' names`() throws {
        let names = ["byclass", "bymerge", "balanced", "balanced2"]
        for (label, name) in names.enumerated() {
            try ReplicaImages.write(quadruple(Self.emnist(name), label: UInt8(label)), to: scratch("EMNIST/raw"))
        }
        for (label, name) in names.enumerated() {
            let files = try DatasetFiles(scratch("EMNIST/raw/emnist-\(name)"))
            #expect(try files.labels(of: .train).values == [label, 0, 1])
        }
        expectRefusal(
            scratch("EMNIST"), 66, scratch("EMNIST/raw/emnist-balanced"), scratch("EMNIST/raw/emnist-byclass"))
        expectRefusal(scratch("EMNIST/raw/emnist-by"), 66, "emnist-byclass, ", "emnist-bymerge")
        expectRefusal(scratch("EMNIST/raw/emnist-letters"), 66, "neither a folder or file")
    }

    @Test func `QMNIST has more columns than labels, and Fashion-MNIST names`() throws {
        var files = quadruple(
            ["train-images-idx3-ubyte", "train-labels-idx2-int", "test-images-idx3-ubyte", "test-labels-idx2-int"]
                .map { "qmnist-\($0)" })
        files[1].bytes = idx([3, 8], (0..<24).map { $0 % 8 == 0 ? $0 / 8 : 77 }, isWide: true)
        files[3].bytes = idx(
            [2, 8], [4] + [UInt8](repeating: 77, count: 7) + [6] + [UInt8](repeating: 77, count: 7), isWide: true)
        try ReplicaImages.write(files, to: scratch("QMNIST/raw"))
        let digits = try DatasetFiles(scratch("QMNIST"))
        #expect(try digits.labels(of: .train).values == [0, 1, 2] && digits.labels(of: .test).values == [4, 6])
        try ReplicaImages.write(quadruple(Self.mnist), to: scratch("other/FashionMNIST/raw"))
        #expect(try DatasetFiles(scratch("other")).classNames[7] == "Sneaker")
        #expect(try DatasetFiles("fashion-mnist").classNames.count == 10)
    }

    // MARK: - Refused

    private func expectRefusal(
        _ path: String, _ exitCode: Int32, _ mentions: String..., sourceLocation: SourceLocation = #_sourceLocation
    ) {
        var error: (any ExitCoded)?
        do {
            let files = try DatasetFiles(path)
            for set in [ExampleSet.train, .test] { _ = try files.labels(of: set) }
        } catch let failure as any ExitCoded {
            error = failure
        } catch {
            Issue.record(error, sourceLocation: sourceLocation)
        }
        let description = error?.description ?? ""
        #expect(error?.exitCode.rawValue == exitCode, "\(description)", sourceLocation: sourceLocation)
        #expect(!description.contains("\n"), sourceLocation: sourceLocation)
        for mention in [path] + mentions {
            #expect(description.contains(mention), "\(description)", sourceLocation: sourceLocation)
        }
    }

    @Test func `what is no data set is refused in one line`() throws {
        try ReplicaImages.write([("notes.txt", [1])], to: scratch("empty"))
        expectRefusal(scratch("empty"), 66, "holds no known data set")
        expectRefusal(scratch("nothing"), 66)
        expectRefusal(try scratch("notes.txt", holding: Array("notes".utf8)), 65, "is not a known data set")
        try ReplicaImages.write(
            Array(Self.ten.cifar10Binary.filter { $0.name != "test_batch.bin" }), to: scratch("half"))
        expectRefusal(scratch("half"), 66, "no test batches")
        var files = Self.ten.cifar10Binary
        files[0].bytes.removeLast()
        try ReplicaImages.write(files, to: scratch("cut"))
        expectRefusal(scratch("cut"), 65, "data_batch_2.bin", "not a whole number of records")
    }

    @Test func `folders and files called train and test are no CIFAR-100 unless they begin like it`() throws {
        try ReplicaImages.write([("a.png", [1])], to: scratch("images/train"))
        try ReplicaImages.write([("a.png", [1])], to: scratch("images/test"))
        expectRefusal(scratch("images"), 66, "holds no known data set")
        try ReplicaImages.write([("train", [1]), ("test", [2])], to: scratch("texts"))
        expectRefusal(scratch("texts"), 66, "holds no known data set")
        // Beside batches of CIFAR-10 they are something else.
        try ReplicaImages.write(Self.ten.cifar10Python + [("train", [1])], to: scratch("cifar"))
        try expect(scratch("cifar"), holds: Self.ten)
    }

    @Test func `a hostile archive is refused in one line`() throws {
        let record = [UInt8](repeating: 1, count: 3073)
        let good = Archives.tar([("c/data_batch_1.bin", record), ("c/test_batch.bin", record)])
        func refused(_ name: String, _ tar: [UInt8], _ mention: String, compressed: String? = nil) throws {
            expectRefusal(try scratch("\(name).tar", holding: tar), 65, mention)
            expectRefusal(
                try scratch("\(name).tar.gz", holding: Archives.gzip(tar)), 65, compressed ?? mention)
        }
        for name in ["../data_batch_1.bin", "a/../../data_batch_1.bin", "/data_batch_1.bin"] {
            try refused("names", Archives.tar([(name, record)]), "outside of the archive: '\(name)'")
        }
        for size in [1 << 20, 1 << 32, (1 << 33) - 1] {
            let large = Archives.tarHeader("data_batch_1.bin", byteCount: size) + good
            try refused("size", large, "is cut short", compressed: size == 1 << 20 ? nil : "than it can")
            try refused("unwanted", Archives.tarHeader("notes.txt", byteCount: size) + good, "is cut short")
        }
        for size in ["-0000000001", "9\0", "\0"] {
            try refused("none", Archives.tarHeader("notes.txt", byteCount: 0, size: size) + good, "no size")
        }
        var checksum = good
        checksum[512 + 3584 + 5] ^= 1
        try refused("checksum", checksum, "checksum")
        try refused("none", Archives.tar([("notes.txt", [1, 2])]), "no batches")
        let link = Archives.tarHeader("c/data_batch_1.bin", byteCount: 3073, kind: "2") + good[4096...]
        expectRefusal(try scratch("link.tar", holding: link), 66, "no training batches")
        try refused("twice", Archives.tar([("c/test_batch.bin", record), ("c/test_batch.bin", record)]), "same name")
        try refused(
            "two", Archives.tar([("a/test_batch.bin", record), ("b/data_batch_1.bin", record)]), "more than one")
        for length in [600, 4000, 4200] {
            expectRefusal(try scratch("cut.tar", holding: good.prefix(length)), 65, "is cut short")
        }
        let compressed = Archives.gzip(good)
        for length in [600, compressed.count / 2, compressed.count - 8, compressed.count - 1] {
            expectRefusal(try scratch("cut.tar.gz", holding: compressed.prefix(length)), 65, "is cut short")
        }
        var damaged = compressed
        damaged[damaged.count - 6] ^= 1
        expectRefusal(try scratch("crc.tar.gz", holding: damaged), 65, "damaged")
    }

    @Test func `an archive with random bytes changed is read or refused, and never crashes the reader`() throws {
        let whole = ReplicaImages.tar(Self.ten.cifar10Python, folder: "c")
        var generator = SeededNumbers(seed: 3)
        for _ in 0..<200 {
            var damaged = whole
            for _ in 0..<4 {
                // The headers, and the first bytes of the members.
                let block = Int.random(in: 0..<whole.count / 512, using: &generator)
                let place = block * 512 + Int.random(in: 0..<160, using: &generator)
                damaged[place] = UInt8.random(in: 0...255, using: &generator)
            }
            let path = try scratch("damaged.tar", holding: damaged)
            _ = try? DatasetFiles(path).train.images.withContiguousBytes { $0.count }
            _ = try? DatasetFiles(path).classNames
        }
    }

    @Test func `names of classes neither control a terminal nor fill it`() throws {
        var files = Self.ten.cifar10Binary
        files[3].bytes = Array("a\u{1b}[31mred\nb\u{202e}c\n\(String(repeating: "x", count: 5000))\n".utf8)
        try ReplicaImages.write(files, to: scratch("names"))
        #expect(
            try DatasetFiles(scratch("names")).classNames
                == ["a [31mred", "b c", String(repeating: "x", count: 100)])
        files[3].bytes = [UInt8](repeating: 65, count: 2 << 20)
        try ReplicaImages.write(files, to: scratch("names"))
        let large = try DatasetFiles(scratch("names"))
        #expect(throws: ArrayFileError.self) { try large.classNames }
        #expect(try large.labels(of: .test).values == Self.ten.testLabels, "only names are refused")
    }
}
