import Platform

/// A file of arrays in any of the formats that this module reads.
public struct ArrayFile: Sendable {
    /// The path of the file.
    public let path: String
    /// What the file holds.
    public let root: StoredValue

    /// All tensors, in the file's order, with their names: keys and positions joined by periods, or the name of a file
    /// that holds nothing else.
    public var tensors: [Tensor] {
        root.leaves.compactMap { if case .tensor(let tensor) = $0.value { tensor } else { nil } }
    }

    /// All tensors of the file at `path`: ``tensors`` of ``init(_:)``.
    ///
    /// - Throws: `ArrayFileError`, as ``init(_:)`` does.
    public static func open(_ path: String) throws -> [Tensor] { try ArrayFile(path).tensors }

    /// Opens the file at `path`. Reads headers only.
    ///
    /// The format is recognized by the contents of the file or, if these are inconclusive, by its name: `.npy`, `.npz`,
    /// PyTorch's `.pt`, `.safetensors`, Python's pickles, IDX (plain or gzip), CIFAR (a batch, or the folder of all
    /// batches). Nothing in a file is ever executed.
    ///
    /// - Throws: `ArrayFileError` if the file is not found, not readable, damaged, or in no known format.
    public init(_ path: String) throws {
        self.path = path
        if FileSystem.kind(of: path) == .folder {
            guard CIFAR.recognizes(folder: path) else {
                throw ArrayFileError.malformed(path, "is a folder without CIFAR batches, not a file of arrays")
            }
            root = Self.dictionary(try CIFAR.read(folder: path))
            return
        }
        let file = try MappedFile(path)
        defer { file.endOpening() }
        guard file.byteCount > 0 else { throw ArrayFileError.malformed(path, "is empty") }
        root = try Self.read(file, as: Self.recognize(file))
    }

    /// Reads all bytes of the file at `path`, a piece at a time, and compares the checksums of its format, if there are
    /// any: those of zip archives and of gzip.
    ///
    /// - Returns: The size of the file, and whether it has checksums.
    /// - Throws: `ArrayFileError` if the file cannot be read, or (malformed) is damaged.
    static func verify(_ path: String) throws -> (byteCount: Int, hasChecksums: Bool) {
        let file = try MappedFile(path)
        defer { file.endOpening() }
        let hasChecksums = try file.withAllBytes { bytes in
            if ZipArchive.recognizes(bytes) {
                let archive = try ZipArchive(file)
                for member in archive.members { try archive.verify(member) }
                return true
            }
            if Deflate.isGzip(bytes) {
                try Deflate.inFile(path) { try InflatingStream(bytes, .gzip).readAll { _ in } }
                return true
            }
            // Only to read them.
            _ = CRC32.of(bytes)
            return false
        }
        return (file.byteCount, hasChecksums)
    }

    /// Tensors by their names.
    static func dictionary(_ tensors: [Tensor]) -> StoredValue {
        .dictionary(tensors.map { ($0.name, .tensor($0)) })
    }

    /// Whether the name alone says that a file holds arrays. Files with other names are read if they are named
    /// explicitly, but not looked for in a directory: not every `.bin` or `.gz` file there holds arrays.
    static func isNamedAsOne(_ path: String) -> Bool {
        let url = URL(fileURLWithPath: path)
        let format = Format(extension: url.pathExtension)
        return format?.isLookedFor == true && url.pathExtension != "gz" || isNamedAsIDX(url)
    }

    /// The name of a file without its folder and extension.
    package static func stem(of path: String) -> String {
        let name = FileSystem.lastComponent(of: path)
        guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return name }
        return String(name[..<dot])
    }

    /// Whether the name is that of a file of numpy or Python, which may hold the outputs of a run.
    package static func isNamedAsArrays(_ path: String) -> Bool {
        endings(of: path, include: ["npy", "npz", "pt", "pth", "pkl", "p", "pickle", "safetensors"])
    }

    /// Whether the name is that of a file of text, which may hold one label a line.
    package static func isNamedAsText(_ path: String) -> Bool {
        endings(of: path, include: ["csv", "tsv", "txt", "json"])
    }

    private static func endings(of path: String, include endings: Set<String>) -> Bool {
        guard let dot = path.lastIndex(of: "."), !path[dot...].contains("/") else { return false }
        return endings.contains(path[path.index(after: dot)...].lowercased())
    }

    /// Whether the name is that of an IDX file: `train-images-idx3-ubyte` or `train-images.idx3-ubyte`, with or without
    /// `.gz`.
    private static func isNamedAsIDX(_ url: URL) -> Bool {
        url.lastPathComponent.hasSuffix("-ubyte") || url.lastPathComponent.hasSuffix("-ubyte.gz")
    }

    private enum Format {
        case npy
        case zip
        case legacyTorch
        case safetensors
        case idx
        case binaryCIFAR
        case pickle
        case text

        /// The format indicated by a name's extension; nil if there is none.
        init?(extension ending: String) {
            switch ending {
            case "npy": self = .npy
            case "npz", "pt", "pth", "ckpt": self = .zip
            case "pkl", "p", "pickle": self = .pickle
            case "safetensors": self = .safetensors
            case "idx", "gz": self = .idx
            case "bin": self = .binaryCIFAR
            default: return nil
            }
        }

        /// Whether files with this format's extension are looked for in a folder: not every `.bin` file there holds
        /// arrays.
        var isLookedFor: Bool { self != .binaryCIFAR }
    }

    private static func recognize(_ file: MappedFile) throws -> Format {
        let byContent: Format? = try file.withAllBytes { bytes in
            if bytes.starts(with: NPYHeader.magic) { return .npy }
            if ZipArchive.recognizes(bytes) { return .zip }
            if bytes.starts(with: Torch.legacyMagic) { return .legacyTorch }
            if Safetensors.recognizes(bytes) { return .safetensors }
            // Before IDX: a record may begin with the same bytes as an IDX header.
            if CIFAR.recognizesBinary(file) { return .binaryCIFAR }
            if IDX.recognizes(bytes) { return .idx }
            if PickleFile.recognizes(bytes) { return .pickle }
            return nil
        }
        if let byContent { return byContent }
        // Text has no signature: numbers or names by the line, and the oldest pickles, go by the file's name.
        if isNamedAsText(file.path) { return .text }
        let url = URL(fileURLWithPath: file.path)
        let byName = Format(extension: url.pathExtension) ?? (isNamedAsIDX(url) ? .idx : nil)
        if byName == .pickle, try file.withAllBytes(PickleFile.recognizesText) { return .pickle }
        if !isNamedAsIDX(url), let advice = try file.withAllBytes({ ForeignFile.advice(for: $0, path: file.path) }) {
            throw ArrayFileError.malformed(file.path, advice)
        }
        // A damaged file gets the error message of the format that its name promises.
        if let byName { return byName }
        throw ArrayFileError.malformed(
            file.path, "is in no format that is read (npy, npz, pt, safetensors, pickle, IDX, CIFAR)")
    }

    private static func read(_ file: MappedFile, as format: Format) throws -> StoredValue {
        switch format {
        case .npy: return try NPY.read(file)
        case .zip:
            let archive = try ZipArchive(file)
            if let advice = ForeignFile.advice(for: archive) { throw ArrayFileError.malformed(file.path, advice) }
            return Torch.recognizes(archive)
                ? try Torch.read(archive, bareName: stem(of: file.path))
                : try NPZ.read(archive)
        case .legacyTorch: throw Torch.legacyRefused(file.path)
        case .safetensors: return try Safetensors.read(file)
        case .idx: return .tensor(try IDX.read(file))
        case .binaryCIFAR: return dictionary(try CIFAR.readBinary(file))
        case .pickle: return try PickleFile.read(file)
        case .text:
            guard let column = try TextColumn.read(file) else {
                let advice = try file.withAllBytes { ForeignFile.advice(for: $0, path: file.path) }
                throw ArrayFileError.malformed(file.path, advice ?? "is not one number or name a line")
            }
            return column
        }
    }
}
