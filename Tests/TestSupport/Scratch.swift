import Foundation

/// A new folder, which is gone with all that is in it when this is.
public final class Scratch: Sendable {
    /// The path of the folder.
    public let path: String

    /// Makes the folder, where temporary files go.
    public init() throws {
        path = FileManager.default.temporaryDirectory.path + "/ensemble-kernel-tests-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// The path of something in the folder, which need not exist.
    public func callAsFunction(_ name: String) -> String { "\(path)/\(name)" }

    /// Writes a file into the folder, and gives its path.
    @discardableResult
    public func callAsFunction(_ name: String, holding bytes: some DataProtocol) throws -> String {
        try Data(bytes).write(to: URL(fileURLWithPath: self(name)))
        return self(name)
    }
}
