import Platform

/// One batch of CIFAR-10 or CIFAR-100: 32 x 32 color images with a label each, in binary or pickled form. Source:
/// www.cs.toronto.edu/~kriz/cifar.html.
enum CIFAR {
    /// The data sets, whose binary records differ.
    enum Variant {
        case ten
        /// Records begin with a coarse label, which is left out, and a fine one.
        case hundred

        /// Number of bytes before the pixels of a record, of which the last is the label.
        var labelByteCount: Int { self == .ten ? 1 : 2 }
        var recordByteCount: Int { labelByteCount + pixels }
    }

    /// Number of bytes of an image.
    static let pixels = 32 * 32 * 3
    /// In both forms an image is three planes, red first; these are its strides as (32, 32, 3).
    private static let imageStrides = [32, 1, 32 * 32]

    /// Images (N, 32, 32, 3), bytes, and labels (N) of a batch, in place.
    struct Batch {
        let images, labels: Tensor

        var tensors: [Tensor] { [images, labels] }
    }

    /// Whether a file can consist of binary records: decided by its name and size, since the records have no signature.
    static func recognizesBinary(_ file: MappedFile) -> Bool { binaryVariant(of: file) != nil }

    private static func binaryVariant(of file: MappedFile) -> Variant? {
        guard file.path.hasSuffix(".bin"), file.byteCount > 0 else { return nil }
        let name = URL(fileURLWithPath: file.path).lastPathComponent
        let isNamed = ["train.bin", "test.bin"].contains(name)
        if isNamed, file.byteCount.isMultiple(of: Variant.hundred.recordByteCount) { return .hundred }
        return file.byteCount.isMultiple(of: Variant.ten.recordByteCount) ? .ten : nil
    }

    /// `images` and `labels` of a binary batch.
    ///
    /// - Throws: `ArrayFileError` (malformed).
    static func readBinary(_ file: MappedFile) throws -> [Tensor] {
        try binary(try TensorStorage(file, 0..<file.byteCount), binaryVariant(of: file) ?? .ten).tensors
    }

    /// A binary batch: records of labels and 3,072 pixel values.
    ///
    /// - Throws: `ArrayFileError` (malformed).
    static func binary(_ backing: TensorStorage, _ variant: Variant) throws -> Batch {
        let record = variant.recordByteCount
        guard backing.byteCount > 0, backing.byteCount.isMultiple(of: record) else {
            throw ArrayFileError.malformed(
                backing.path, "has \(backing.byteCount) bytes, not a whole number of records of \(record)")
        }
        let count = backing.byteCount / record
        return Batch(
            images: try Tensor(
                name: "images", elementType: .uint8, shape: [count, 32, 32, 3], strides: [record] + imageStrides,
                backing: backing, byteOffset: variant.labelByteCount),
            labels: try Tensor(
                name: "labels", elementType: .uint8, shape: [count], strides: [record], backing: backing,
                byteOffset: variant.labelByteCount - 1))
    }

    /// A pickled batch: a dictionary with `data` and with `labels` or, of CIFAR-100, `fine_labels`.
    ///
    /// - Throws: `ArrayFileError` (malformed).
    static func batch(_ pickle: Pickle) throws -> Batch {
        let path = pickle.backing.path
        func refused(_ reason: String) -> ArrayFileError { .malformed(path, reason) }
        let names = ["labels", "fine_labels"]
        guard let data = pickle.value("data", in: pickle.root),
            let labels = names.lazy.compactMap({ pickle.value($0, in: pickle.root) }).first
        else { throw refused("is a pickle, but not of a CIFAR batch: it has no 'data' and 'labels' or 'fine_labels'") }
        let array = try PickledArray.numbers(data, in: pickle, name: "images")
        guard array.elementType == .uint8, array.shape.count == 2, array.shape[1] == pixels, array.isContiguous
        else { throw refused("'data' is not a uint8 array of rows of \(pixels) pixels") }
        let images = try Tensor(
            name: "images", elementType: .uint8, shape: [array.shape[0], 32, 32, 3],
            strides: [pixels] + imageStrides, backing: array.backing, byteOffset: array.byteOffset)
        guard let numbers = pickle.integers(labels), numbers.count == images.shape[0] else {
            throw refused("its labels are not a list of \(images.shape[0]) integers")
        }
        return Batch(images: images, labels: try Tensor(name: "labels", numbers: numbers, path: path))
    }

    /// The names of the classes in a pickle of what the batches have in common: `label_names` or `fine_label_names`.
    ///
    /// - Throws: `ArrayFileError` (malformed).
    static func pickledNames(_ backing: TensorStorage) throws -> [String] {
        let pickle = try Pickle(backing)
        let keys = ["label_names", "fine_label_names"]
        guard let value = keys.lazy.compactMap({ pickle.value($0, in: pickle.root) }).first,
            let items = pickle.items(value)
        else { throw ArrayFileError.malformed(backing.path, "has no list of 'label_names' or 'fine_label_names'") }
        return try items.map { item in
            switch item {
            case .text(let text): return text
            case .bytes(let range): return try backing.withBytes { String(decoding: $0[range], as: UTF8.self) }
            default: throw ArrayFileError.malformed(backing.path, "has class names that are not text")
            }
        }
    }
}

// MARK: - Folders

extension CIFAR {
    /// Whether a folder holds batches.
    static func recognizes(folder: String) -> Bool { CIFARFiles.areBatches(in: folder) }

    /// All batches of a folder: `images_train` (N, 32, 32, 3), `labels_train` (N), `images`, `labels`; a pair is left
    /// out if the folder has no such batch.
    ///
    /// - Throws: `ArrayFileError`.
    static func read(folder: String) throws -> [Tensor] {
        let files = try CIFARFiles(folder: folder)
        return [(files.train, "_train"), (files.test, "")].flatMap { examples, suffix in
            (examples?.tensors ?? []).map { $0.named($0.name + suffix) }
        }
    }
}
