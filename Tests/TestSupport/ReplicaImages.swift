import Foundation

/// A small data set of 32 x 32 color images, written in the layouts in which people have such data sets.
public struct ReplicaImages: Sendable {
    /// The class of each image; the first images are those of the training set.
    public let trainLabels, testLabels: [Int]
    /// The names of the classes.
    public let classNames: [String]

    /// A file by its name in its folder.
    public typealias File = (name: String, bytes: [UInt8])

    /// Images with these labels.
    public init(trainLabels: [Int], testLabels: [Int], classNames: [String]) {
        (self.trainLabels, self.testLabels, self.classNames) = (trainLabels, testLabels, classNames)
    }

    /// Pixels of some images in a row, as (image, row, column, color).
    public func pixels(_ images: Range<Int>) -> [UInt8] {
        images.flatMap { image in
            (0..<3072).map { Self.pixel(image, row: $0 / 96, column: $0 / 3 % 32, color: $0 % 3) }
        }
    }

    /// The training images.
    public var trainPixels: [UInt8] { pixels(0..<trainLabels.count) }
    /// The test images.
    public var testPixels: [UInt8] { pixels(trainLabels.count..<trainLabels.count + testLabels.count) }

    private static func pixel(_ image: Int, row: Int, column: Int, color: Int) -> UInt8 {
        UInt8((image * 50 + row * 3 + column * 5 + color * 7) % 251)
    }

    /// The pixels of an image as CIFAR has them: red, green and blue planes.
    private func planes(_ image: Int) -> [UInt8] {
        (0..<3072).map { Self.pixel(image, row: $0 / 32 % 32, column: $0 % 32, color: $0 / 1024) }
    }

    /// Labels and planes of some images.
    private typealias Batch = (name: String, images: Range<Int>)

    private func label(_ image: Int) -> Int {
        image < trainLabels.count ? trainLabels[image] : testLabels[image - trainLabels.count]
    }

    private var test: Range<Int> { trainLabels.count..<trainLabels.count + testLabels.count }

    /// CIFAR-10's training batches, the second one larger, and its test batch, in the order of the published archives.
    private var batches10: [Batch] {
        let half = trainLabels.count / 2
        return [("data_batch_2", half..<trainLabels.count), ("test_batch", test), ("data_batch_1", 0..<half)]
    }

    private var batches100: [Batch] { [("test", test), ("train", 0..<trainLabels.count)] }

    /// CIFAR-10 in its binary form.
    public var cifar10Binary: [File] {
        batches10.map { ("\($0.name).bin", $0.images.flatMap { [UInt8(label($0))] + planes($0) }) }
            + [("batches.meta.txt", Array((classNames.joined(separator: "\n") + "\n\n").utf8))]
    }

    /// CIFAR-100 in its binary form; five fine classes make a coarse one.
    public var cifar100Binary: [File] {
        batches100.map {
            ("\($0.name).bin", $0.images.flatMap { [UInt8(label($0) / 5), UInt8(label($0))] + planes($0) })
        } + [("fine_label_names.txt", Array((classNames.joined(separator: "\n") + "\n").utf8))]
    }

    /// CIFAR-10 as Python 2 has pickled it.
    public var cifar10Python: [File] {
        batches10.map { ($0.name, pickle($0.images, [("labels", 1)])) }
            + [("batches.meta", Self.dictionary([("label_names", Self.list(classNames.map(Self.text)))]))]
    }

    /// CIFAR-100 as Python 2 has pickled it.
    public var cifar100Python: [File] {
        batches100.map { ($0.name, pickle($0.images, [("coarse_labels", 5), ("fine_labels", 1)])) }
            + [("meta", Self.dictionary([("fine_label_names", Self.list(classNames.map(Self.text)))]))]
    }

    /// `train.pt` and `test.pt` as airbench saves them.
    public var airbench: [File] {
        [("train", 0..<trainLabels.count), ("test", test)].map { name, images in
            let labels = images.flatMap { Archives.little(Int64(label($0))) }
            let size = [images.count, 32, 32, 3]
            let entries = [
                ("images", Self.tensor("Byte", key: "0", size)),
                ("labels", Self.tensor("Long", key: "1", [images.count])),
                ("classes", Self.list(classNames.map(Self.text))),
            ]
            return (
                "\(name).pt",
                Archives.zip([
                    ("\(name)/data.pkl", Self.dictionary(entries)), ("\(name)/byteorder", Array("little".utf8)),
                    ("\(name)/data/0", pixels(images)), ("\(name)/data/1", labels),
                ])
            )
        }
    }

    /// A tar archive of a folder with these files.
    public static func tar(_ files: [File], folder: String) -> [UInt8] {
        Archives.tar(files.map { ("\(folder)/\($0.name)", $0.bytes) })
    }

    /// Writes files into a folder, which is made.
    public static func write(_ files: [File], to folder: String) throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for (name, bytes) in files { try Data(bytes).write(to: URL(fileURLWithPath: "\(folder)/\(name)")) }
    }

    // MARK: - Pickles, protocol 2

    /// A batch; labels are divided by the number after their key.
    private func pickle(_ images: Range<Int>, _ labels: [(key: String, divisor: Int)]) -> [UInt8] {
        let planes = images.flatMap(planes)
        let array: [[UInt8]] = [
            Self.ascii("cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\0"), [0x85], Self.text("b"), [0x87],
            Self.ascii("R("), Self.integer(1), Self.integer(images.count), Self.integer(3072), [0x86],
            Self.ascii("cnumpy\ndtype\n"), Self.text("u1"), Self.integer(0), Self.integer(1), [0x87],
            Self.ascii("R("), Self.integer(3), Self.text("|"), Self.ascii("NNN"), Self.integer(-1), Self.integer(-1),
            Self.integer(0), Self.ascii("tb"), [0x89], Self.ascii("T"), Archives.little(UInt32(planes.count)), planes,
            Self.ascii("tb"),
        ]
        let lists = labels.map { key, divisor in (key, Self.list(images.map { Self.integer(label($0) / divisor) })) }
        return Self.dictionary([("data", array.flatMap(\.self))] + lists)
    }

    private static func tensor(_ type: String, key: String, _ size: [Int]) -> [UInt8] {
        func tuple(_ numbers: [Int]) -> [UInt8] { ascii("(") + numbers.flatMap(integer) + ascii("t") }
        let strides = size.indices.map { size[($0 + 1)...].reduce(1, *) }
        let call: [[UInt8]] = [
            ascii("ctorch._utils\n_rebuild_tensor_v2\n(("), unicode("storage"), ascii("ctorch\n\(type)Storage\n"),
            unicode(key), unicode("cpu"), integer(size.reduce(1, *)), ascii("tQ"), integer(0), tuple(size),
            tuple(strides), [0x89], ascii("ccollections\nOrderedDict\n)RtR"),
        ]
        return call.flatMap(\.self)
    }

    private static func dictionary(_ entries: [(key: String, value: [UInt8])]) -> [UInt8] {
        var pickle: [UInt8] = [0x80, 2]
        pickle += ascii("}(")
        for (key, value) in entries { pickle += unicode(key) + value }
        return pickle + ascii("u.")
    }

    private static func list(_ items: [[UInt8]]) -> [UInt8] { ascii("](") + items.flatMap(\.self) + ascii("e") }

    private static func ascii(_ text: String) -> [UInt8] { Array(text.utf8) }

    /// The text of Python 2.
    private static func text(_ text: String) -> [UInt8] { ascii("U") + [UInt8(text.utf8.count)] + ascii(text) }

    private static func unicode(_ text: String) -> [UInt8] {
        ascii("X") + Archives.little(UInt32(text.utf8.count)) + ascii(text)
    }

    private static func integer(_ number: Int) -> [UInt8] { ascii("J") + Archives.little(Int32(number)) }
}
