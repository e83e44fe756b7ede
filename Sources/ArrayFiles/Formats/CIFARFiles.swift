import Platform

/// CIFAR-10 or CIFAR-100 as it is published: batches of training and test images, binary or pickled, in a folder or in
/// a tar archive of one.
package struct CIFARFiles: Sendable {
    /// Images (N, 32, 32, 3), bytes, and labels (N). The labels are in memory; images are read, all at once, on access.
    package struct Examples: Sendable {
        /// The tensors, called `images` and `labels`.
        package let images, labels: Tensor

        var tensors: [Tensor] { [images, labels] }
    }

    /// The path of the folder or archive.
    package let path: String
    /// The training examples; nil if there is no such batch.
    package let train: Examples?
    /// The test examples; nil if there is no such batch.
    package let test: Examples?
    private let source: Source

    /// The batches in a folder.
    ///
    /// - Throws: `ArrayFileError` if there are none, or one cannot be read.
    package init(folder: String) throws { try self.init(.folder(folder)) }

    /// The batches in a tar archive, plain or compressed by gzip, which is read once; nil if the file is no such
    /// archive.
    ///
    /// - Throws: `ArrayFileError` if there are none, or one cannot be read.
    package init?(archive path: String) throws {
        guard let archive = try TarArchive(MappedFile(path)) else { return nil }
        try self.init(.archive(archive))
    }

    /// Whether a folder holds batches: of CIFAR-10 any, of CIFAR-100, whose names are those of many things, both, which
    /// also begin as they should.
    package static func areBatches(in folder: String) -> Bool {
        let parts = parts(in: folder)
        guard let first = parts.first, first.variant == .hundred else { return !parts.isEmpty }
        return parts.contains { $0.isTest != first.isTest }
            && parts.allSatisfy { part in
                guard let file = try? MappedFile(FileSystem.joined(folder, part.path)) else { return false }
                return
                    (try? file.withAllBytes { bytes in
                        part.isBinary
                            ? bytes.count.isMultiple(of: part.variant.recordByteCount) : bytes.first == 0x80
                    }) == true
            }
    }

    /// The batches in a folder, by their names: of CIFAR-100 only where there are none of CIFAR-10.
    private static func parts(in folder: String) -> [Part] {
        let all = Source.names(in: folder, where: { Part($0) != nil }).compactMap { Part($0) }
        let ten = all.filter { $0.variant == .ten }
        return ten.isEmpty ? all : ten
    }

    private init(_ source: Source) throws {
        self.source = source
        path = source.path
        var batches: [Batch] = []
        let names: Set<String>? =
            if case .folder(let folder) = source { Set(Self.parts(in: folder).map(\.path)) } else { nil }
        try source.forEachFile(where: { names?.contains($0) ?? (Part($0) != nil) }) { name, bytes in
            guard let part = Part(name) else { return }
            let batch = try part.read(bytes)
            batches.append(
                Batch(
                    part: part, byteCount: batch.images.byteCount,
                    labels: try Tensor(name: "labels", numbers: try batch.labels.integers(), path: bytes.path)))
        }
        let path = source.path
        guard let first = batches.first?.part else {
            throw ArrayFileError.malformed(path, "has no batches of CIFAR-10 or CIFAR-100")
        }
        guard Set(batches.map(\.part.path)).count == batches.count else {
            throw ArrayFileError.malformed(path, "has two batches of the same name")
        }
        if let other = batches.map(\.part).first(where: { !$0.isBeside(first) }) {
            throw ArrayFileError.malformed(
                path, "has batches of more than one data set, or form: \(first.path) and \(other.path)")
        }
        func examples(_ isTest: Bool) throws -> Examples? {
            let own = batches.filter { $0.part.isTest == isTest }.sorted { $0.part.precedes($1.part) }
            return own.isEmpty ? nil : try Self.examples(own, of: source)
        }
        train = try examples(false)
        test = try examples(true)
    }

    /// One batch, as it was when it was first read.
    private struct Batch: Sendable {
        let part: Part
        /// Number of bytes of the images.
        let byteCount: Int
        let labels: Tensor
    }

    /// The concatenation of batches.
    private static func examples(_ batches: [Batch], of source: Source) throws -> Examples {
        let byteCount = batches.reduce(0) { $0 + $1.byteCount }
        let budget = ReadingBudget(path: source.path, storedByteCount: byteCount)
        let backing = TensorStorage(byteCount: byteCount, of: "the images", budget: budget) {
            try fill($0, withImagesOf: batches, in: source)
        }
        return Examples(
            images: try Tensor(
                name: "images", elementType: .uint8, shape: [byteCount / CIFAR.pixels, 32, 32, 3], backing: backing),
            labels: try Tensor(
                name: "labels", numbers: try batches.flatMap { try $0.labels.integers() }, path: source.path))
    }

    /// Fills `room` with the images of all batches, one after the other.
    private static func fill(
        _ room: UnsafeMutableRawBufferPointer, withImagesOf batches: [Batch], in source: Source
    ) throws {
        var places: [String: Range<Int>] = [:]
        var end = 0
        for batch in batches {
            places[batch.part.path] = end..<end + batch.byteCount
            end += batch.byteCount
        }
        try source.forEachFile(where: { places[$0] != nil }) { name, bytes in
            guard let part = Part(name), let place = places.removeValue(forKey: name) else { return }
            let batch = try part.read(bytes)
            guard batch.images.byteCount == place.count else { throw changed(source) }
            try batch.images.withContiguousBytes {
                UnsafeMutableRawBufferPointer(rebasing: room[place]).copyBytes(from: $0)
            }
        }
        guard places.isEmpty else { throw changed(source) }
    }

    private static func changed(_ source: Source) -> ArrayFileError {
        ArrayFileError(kind: .unreadable, path: source.path, reason: "has changed while it was read")
    }
}

// MARK: - Names

extension CIFARFiles {
    /// The names of the classes; empty if they are not beside the batches.
    ///
    /// - Throws: `ArrayFileError` if they are there, but cannot be read.
    package func classNames() throws -> [String] {
        var pickled: [String] = []
        var plain: [String] = []
        let pickles = ["batches.meta", "meta"]
        let texts = ["batches.meta.txt", "fine_label_names.txt"]
        try source.forEachFile(where: { (pickles + texts).contains(FileSystem.lastComponent(of: $0)) }) { name, bytes in
            guard bytes.byteCount <= 1 << 20 else {
                throw ArrayFileError.malformed(bytes.path, "is too large for the names of classes")
            }
            if pickles.contains(FileSystem.lastComponent(of: name)) {
                pickled = try CIFAR.pickledNames(bytes)
            } else {
                plain = try bytes.withBytes { String(decoding: $0, as: UTF8.self) }
                    .split(whereSeparator: \.isNewline).map { String($0.withoutOuterSpaces) }
                    .filter { !$0.isEmpty }
            }
        }
        return pickled.isEmpty ? plain : pickled
    }

    /// A batch by its name: `data_batch_1`... and `test_batch` of CIFAR-10, `train` and `test` of CIFAR-100, binary
    /// ones with `.bin`.
    private struct Part: Sendable {
        /// The name in the folder or archive.
        let path: String
        let variant: CIFAR.Variant
        let isTest: Bool
        let isBinary: Bool

        init?(_ path: String) {
            let name = FileSystem.lastComponent(of: path)
            isBinary = name.hasSuffix(".bin")
            let stem = isBinary ? String(name.dropLast(".bin".count)) : name
            if stem.hasPrefix("data_batch_"), !stem.contains(".") {
                (variant, isTest) = (.ten, false)
            } else {
                let known: [String: (CIFAR.Variant, Bool)] = [
                    "test_batch": (.ten, true), "train": (.hundred, false), "test": (.hundred, true),
                ]
                guard let (variant, isTest) = known[stem] else { return nil }
                (self.variant, self.isTest) = (variant, isTest)
            }
            self.path = path
        }

        /// Whether another batch is of the same data set, in the same form and folder.
        func isBeside(_ other: Part) -> Bool {
            func folder(_ path: String) -> ArraySlice<Substring> { path.split(separator: "/").dropLast() }
            return variant == other.variant && isBinary == other.isBinary && folder(path) == folder(other.path)
        }

        /// `data_batch_2` is before `data_batch_10`.
        func precedes(_ other: Part) -> Bool { (path.count, path) < (other.path.count, other.path) }

        func read(_ bytes: TensorStorage) throws -> CIFAR.Batch {
            isBinary ? try CIFAR.binary(bytes, variant) : try CIFAR.batch(try Pickle(bytes))
        }
    }

    /// Where the batches are.
    private enum Source: Sendable {
        case folder(String)
        case archive(TarArchive)

        var path: String {
            switch self {
            case .folder(let folder): folder
            case .archive(let archive): archive.file.path
            }
        }

        /// The files in a folder that `isWanted`, in the order of their names.
        static func names(in folder: String, where isWanted: (String) -> Bool) -> [String] {
            ((try? FileSystem.entries(of: folder)) ?? []).filter(isWanted).sorted().filter { name in
                let kind = FileSystem.kind(of: FileSystem.joined(folder, name))
                return kind != nil && kind != .folder
            }
        }

        /// Calls `body` with the name and the bytes of each file that `isWanted`.
        func forEachFile(where isWanted: (String) -> Bool, _ body: (String, TensorStorage) throws -> Void) throws {
            switch self {
            case .folder(let folder):
                for name in Self.names(in: folder, where: isWanted) {
                    let file = try MappedFile(FileSystem.joined(folder, name))
                    try body(name, try TensorStorage(file, 0..<file.byteCount))
                }
            case .archive(let archive):
                try archive.forEachFile(where: isWanted, body)
            }
        }
    }
}
