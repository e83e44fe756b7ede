import Foundation

/// CIFAR-10: 32 x 32 color images with one label each, in batches, in binary or pickled form. Source:
/// www.cs.toronto.edu/~kriz/cifar.html.
enum CIFAR {
    private static let pixels = 32 * 32 * 3
    /// In both forms an image is three planes, red first; these are its strides as (32, 32, 3).
    private static let imageStrides = [32, 1, 32 * 32]
    private static let recordByteCount = 1 + pixels

    /// Whether a file can consist of binary records: decided by its name and size, since the records have no signature.
    static func recognizesBinary(_ file: MappedFile) -> Bool {
        file.path.hasSuffix(".bin") && file.byteCount > 0 && file.byteCount.isMultiple(of: recordByteCount)
    }

    /// The batches in a folder, by name: `data_batch_1`... for training and `test_batch`, with or without `.bin`.
    private static func batches(in folder: String) -> (train: [String], test: [String]) {
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
        let paths = { (prefix: String) in
            names.filter { $0.hasPrefix(prefix) && ($0.hasSuffix(".bin") || !$0.contains(".")) }
                .map { folder.hasSuffix("/") ? folder + $0 : "\(folder)/\($0)" }
        }
        return (paths("data_batch_"), paths("test_batch"))
    }

    /// Whether a folder holds batches.
    static func recognizes(folder: String) -> Bool {
        let batches = batches(in: folder)
        return !batches.train.isEmpty || !batches.test.isEmpty
    }

    /// All batches of a folder: `images_train` (N, 32, 32, 3), `labels_train` (N), `images`, `labels`; a pair is left
    /// out if the folder has no such batch.
    ///
    /// - Throws: `ArrayFileError`.
    static func read(folder: String) throws -> [Tensor] {
        let batches = batches(in: folder)
        return try [(batches.train, "_train"), (batches.test, "")].flatMap { paths, suffix -> [Tensor] in
            if paths.isEmpty { return [] }
            let parts = try paths.map { path in
                let file = try MappedFile(path)
                return recognizesBinary(file) ? try readBinary(file) : try readPickled(file)
            }
            return [
                try concatenation(of: parts.map { $0[0] }, name: "images" + suffix),
                try concatenation(of: parts.map { $0[1] }, name: "labels" + suffix),
            ]
        }
    }

    /// `images` and `labels` of a binary batch: records of one label and 3,072 pixel values, read in place.
    ///
    /// - Throws: `ArrayFileError` (malformed).
    static func readBinary(_ file: MappedFile) throws -> [Tensor] {
        guard file.byteCount.isMultiple(of: recordByteCount) else {
            throw ArrayFileError.malformed(
                file.path, "has \(file.byteCount) bytes, which are no whole records of \(recordByteCount)")
        }
        let count = file.byteCount / recordByteCount
        let backing = try TensorStorage(file, 0..<file.byteCount)
        return [
            try Tensor(
                name: "images", elementType: .uint8, shape: [count, 32, 32, 3],
                strides: [recordByteCount] + imageStrides, backing: backing, byteOffset: min(1, count)),
            try Tensor(
                name: "labels", elementType: .uint8, shape: [count], strides: [recordByteCount], backing: backing),
        ]
    }

    /// `images` and `labels` of a pickled batch.
    ///
    /// - Throws: `ArrayFileError` (malformed).
    static func readPickled(_ file: MappedFile) throws -> [Tensor] {
        let pickle = try Pickle(
            try TensorStorage(file, 0..<file.byteCount), allowed: PickledArray.allowed)
        func refused(_ reason: String) -> ArrayFileError { .malformed(file.path, reason) }
        guard let data = pickle.value("data", in: pickle.root), let labels = pickle.value("labels", in: pickle.root)
        else { throw refused("is a pickle, but not of a CIFAR-10 batch: it has no 'data' and 'labels'") }
        let array = try PickledArray(data, in: pickle, name: "images")
        guard array.elementType == .uint8, array.shape.count == 2, array.shape[1] == pixels, !array.isFortranOrder
        else { throw refused("'data' is no uint8 array of rows of \(pixels) pixels") }
        let images = try Tensor(
            name: "images", elementType: .uint8, shape: [array.shape[0], 32, 32, 3],
            strides: [pixels] + imageStrides, backing: array.backing, byteOffset: array.byteOffset)
        guard let numbers = pickle.integers(labels), numbers.count == images.shape[0] else {
            throw refused("'labels' is no list of \(images.shape[0]) integers")
        }
        return [images, try Tensor(name: "labels", integers: numbers, path: file.path)]
    }

    /// The concatenation of several tensors along the first axis, made when it is first used.
    private static func concatenation(of parts: [Tensor], name: String) throws -> Tensor {
        if parts.count == 1 { return parts[0].named(name) }
        guard parts.allSatisfy({ $0.elementType == parts[0].elementType }) else {
            throw ArrayFileError.malformed(parts[0].path, "is a batch of another form than those beside it")
        }
        let folder = URL(fileURLWithPath: parts[0].path).deletingLastPathComponent().relativePath
        let byteCount = parts.reduce(0) { $0 + $1.byteCount }
        let backing = TensorStorage(path: folder, byteCount: byteCount) {
            var bytes: [UInt8] = []
            bytes.reserveCapacity(byteCount)
            for part in parts { try part.withContiguousBytes { bytes += $0 } }
            return bytes
        }
        return try Tensor(
            name: name, elementType: parts[0].elementType,
            shape: [parts.reduce(0) { $0 + $1.shape[0] }] + parts[0].shape.dropFirst(), backing: backing)
    }
}
