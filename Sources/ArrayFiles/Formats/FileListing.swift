import Foundation
import UserMessages

/// The tensors in files of arrays, listed without reading their data: the output of the command `inspect`.
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

    /// All tensors, in the order of paths and, within a file, in the file's order.
    public var rows: [Row]

    /// Lists the tensors of a file, or of all files of arrays in a directory and its subdirectories.
    ///
    /// - Throws: `ArrayFileError`, as `ArrayFile.open` does; malformed if a directory holds no such file.
    public init(_ path: String) throws {
        rows = try Self.files(at: path).flatMap { file in
            try ArrayFile.open(file).map { tensor in
                Row(
                    path: file, name: tensor.name, dtype: tensor.elementType.rawValue, shape: tensor.shape,
                    bytes: tensor.byteCount)
            }
        }
    }

    private static func files(at path: String) throws -> [String] {
        var isFolder: ObjCBool = false
        let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
        guard exists, isFolder.boolValue, !CIFAR.recognizes(folder: path) else { return [path] }
        var visited: Set<String> = []
        let files = try arrayFiles(in: path, visited: &visited)
        guard !files.isEmpty else { throw ArrayFileError.malformed(path, "holds no file of arrays") }
        return files
    }

    /// The files of arrays in a directory and its subdirectories, in path order. Links are followed, each directory
    /// once.
    private static func arrayFiles(in folder: String, visited: inout Set<String>) throws -> [String] {
        guard visited.insert(URL(fileURLWithPath: folder).resolvingSymlinksInPath().path).inserted else { return [] }
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else {
            throw ArrayFileError.unreadable(folder, "the directory cannot be listed")
        }
        var files: [String] = []
        for name in names.sorted() {
            let path = folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { continue }
            if isFolder.boolValue {
                files += try arrayFiles(in: path, visited: &visited)
            } else if ArrayFile.isNamedAsOne(path) {
                files.append(path)
            }
        }
        return files
    }

    /// Lists several files or directories one after the other.
    ///
    /// - Throws: `ArrayFileError`, as for a single path.
    public init(_ paths: [String]) throws {
        rows = try paths.flatMap { try FileListing($0).rows }
    }

    /// A human-readable table with one line per tensor: file, name, dtype, shape, bytes.
    public var text: String {
        TextTable(
            ["file", "name", "dtype", "shape", "bytes"],
            rows.map { row in
                let extents = row.shape.map(String.init).joined(separator: ", ") + (row.shape.count == 1 ? "," : "")
                return [row.path, row.name, row.dtype, "(\(extents))", "\(row.bytes)"]
            }, .lastRight
        ).lines.joined(separator: "\n")
    }

    /// The listing as JSON.
    ///
    /// - Throws: `EncodingError`.
    public var json: String {
        get throws {
            return String(decoding: try JSONEncoder.readable.encode(self), as: UTF8.self)
        }
    }
}
