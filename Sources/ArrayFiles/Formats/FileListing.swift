import Platform
import UserMessages

/// What files of arrays hold, listed without reading their data.
public struct FileListing: Codable, Equatable, Sendable {
    /// One tensor.
    public struct Row: Codable, Equatable, Sendable {
        /// The path of the file.
        public var path: String
        /// The name of the tensor in the file.
        public var name: String
        /// numpy's name of the element type.
        public var dtype: String
        /// The extent of each axis.
        public var shape: [Int]
        /// Number of bytes of all elements.
        public var bytes: Int
    }

    /// A file, or a value in one, that is not read.
    public struct Unread: Codable, Equatable, Sendable {
        /// The path of the file.
        public var path: String
        /// The name of the value in the file; nil for the file as a whole.
        public var name: String?
        /// Why it is not read.
        public var reason: String
    }

    /// What reading all bytes of the files has shown.
    public struct Verification: Codable, Equatable, Sendable {
        /// Number of files read.
        public var files = 0
        /// Number of their bytes.
        public var bytes = 0
        /// Number of those files with checksums, which match: zip archives (`.npz`, `.pt`) and gzip.
        public var checksums = 0
        /// Number of files that could not be read, or are damaged.
        public var damaged = 0
    }

    /// All tensors, in natural order of the paths and, within a file, in the file's order.
    public private(set) var rows: [Row] = []
    /// What is not read; nil if everything is.
    public private(set) var unread: [Unread]?
    /// What verification has shown; nil if there was none.
    public private(set) var verified: Verification?

    /// Lists files one after the other, and the files of arrays in folders and the folders below them. Links are
    /// followed, each folder once; hidden files are left out.
    ///
    /// - Parameter verifies: Whether to read all bytes of the files, and to compare checksums where there are any.
    /// - Throws: `ArrayFileError`, as `ArrayFile.init` does for a file that is named; malformed if a folder holds no
    ///   file of arrays.
    public init(_ paths: [String], verifies: Bool = false) throws {
        verified = verifies ? Verification() : nil
        for path in paths {
            if FileSystem.kind(of: path) == .folder, !CIFAR.recognizes(folder: path) {
                var visited: Set<FileIdentity> = []
                let files = try Self.arrayFiles(in: path, visited: &visited)
                guard !files.isEmpty else { throw ArrayFileError.malformed(path, "holds no file of arrays") }
                for file in files {
                    do {
                        list(try ArrayFile(file))
                        try verify(file)
                    } catch let error as ArrayFileError {
                        verified?.damaged += 1
                        leaveOut(Unread(path: file, name: error.tensor, reason: error.reason))
                    }
                }
            } else {
                list(try ArrayFile(path))
                try verify(path)
            }
        }
    }

    private mutating func list(_ file: ArrayFile) {
        let isBare = if case .dictionary = file.root { false } else { true }
        let stem = ArrayFile.stem(of: file.path)
        for leaf in file.root.leaves {
            let name = isBare && leaf.path.isEmpty ? stem : leaf.name
            switch leaf.value {
            case .tensor(let tensor):
                rows.append(
                    Row(
                        path: file.path, name: name, dtype: tensor.elementType.rawValue, shape: tensor.shape,
                        bytes: tensor.byteCount))
            case .texts(let texts):
                rows.append(
                    Row(
                        path: file.path, name: name, dtype: "text", shape: [texts.count],
                        bytes: texts.reduce(0) { $0 + $1.utf8.count }))
            case .unread(let reason): leaveOut(Unread(path: file.path, name: name, reason: reason))
            case .plain, .none, .list, .dictionary: break
            }
        }
    }

    private mutating func verify(_ path: String) throws {
        guard verified != nil else { return }
        let files =
            FileSystem.kind(of: path) == .folder
            ? try FileSystem.entries(of: path).map { FileSystem.joined(path, $0) }
                .filter { FileSystem.kind(of: $0) == .file } : [path]
        for file in files {
            let (byteCount, hasChecksums) = try ArrayFile.verify(file)
            verified?.files += 1
            verified?.bytes += byteCount
            verified?.checksums += hasChecksums ? 1 : 0
        }
    }

    private mutating func leaveOut(_ value: Unread) { unread = (unread ?? []) + [value] }

    /// The files of arrays in a folder and the folders below it, in natural order.
    private static func arrayFiles(in folder: String, visited: inout Set<FileIdentity>) throws -> [String] {
        guard let identity = FileSystem.identity(of: folder), visited.insert(identity).inserted else { return [] }
        var files: [String] = []
        for name in try FileSystem.entries(of: folder).sorted(by: { $0.precedesNaturally($1) })
        where !name.hasPrefix(".") {
            let path = FileSystem.joined(folder, name)
            switch FileSystem.kind(of: path) {
            case .folder: files += try arrayFiles(in: path, visited: &visited)
            case .file where ArrayFile.isNamedAsOne(path): files.append(path)
            default: break
            }
        }
        return files
    }

    /// A human-readable table with one line per tensor: file, name, dtype, shape, bytes. A line for each value that is
    /// not read follows.
    public var text: String {
        let table = TextTable(
            ["file", "name", "dtype", "shape", "bytes"],
            rows.map { [$0.path, $0.name, $0.dtype, Tensor.text(ofShape: $0.shape), "\($0.bytes)"] }, .lastRight
        ).lines
        let others = (unread ?? []).map {
            "\($0.path): \($0.name.map { "\(TerminalText.name($0)): " } ?? "")\(TerminalText.name($0.reason))"
        }
        let verification = verified.map {
            [
                "",
                "verified: \($0.files) files, \(ByteCount($0.bytes)), all bytes read; "
                    + "the checksums of \($0.checksums) match"
                    + ($0.damaged > 0 ? "; \($0.damaged) more are damaged or not read" : ""),
            ]
        }
        return (table + (others.isEmpty ? [] : [""] + others) + (verification ?? [])).joined(separator: "\n")
    }
}
