import ArrayFiles
import Ensembles
import Platform
import UserMessages

/// The images of one set of examples, as files that browsers show: arrays are encoded one by one, files are lent as
/// they are.
public struct ExampleImages: Sendable {
    private enum Source: Sendable {
        case array(Images)
        /// The path of each image; nil where there is no such file.
        case files([String?])
    }

    /// A picture in a format that browsers show.
    package struct File: Sendable {
        /// The media type.
        package let type: String
        package let bytes: [UInt8]
    }

    private let source: Source

    /// The images in an array.
    public init(_ images: Images) { source = .array(images) }

    /// The images in files that a list names, relative to its folder; nil if there is no such file at all.
    ///
    /// - Parameter warn: Called with a message about the files that are not there.
    init?(named names: [String], in list: String, warn: (String) -> Void) {
        let folder = FileSystem.folder(of: list)
        let paths = names.map { $0.hasPrefix("/") ? $0 : FileSystem.joined(folder, $0) }
        let found = paths.map { FileSystem.kind(of: $0) == .file && access($0, R_OK) == 0 ? $0 : nil }
        guard found.contains(where: { $0 != nil }) else {
            warn("\(list): none of its files is there; their names are shown without images")
            return nil
        }
        if let missing = found.firstIndex(of: nil) {
            let count = NumberText.grouped(found.count { $0 == nil })
            warn(
                """
                \(list): \(count) of \(NumberText.grouped(names.count)) files cannot be read, the first in line \
                \(missing + 1), \(TerminalText.name(names[missing])); numbers stand for them
                """)
        }
        source = .files(found)
    }

    /// An array of images; nil for files.
    package var array: Images? {
        if case .array(let images) = source { images } else { nil }
    }

    /// The class of pictures whose pixels are shown as squares: those that are smaller than the space for them.
    package var pictureClass: String {
        array.map { max($0.height, $0.width) <= Self.largestWithSquares } ?? false ? "squares" : "photo"
    }

    private static let largestWithSquares = 72
    /// The largest height and width of an image that is not reduced in a page.
    private static let largestInPage = 96
    /// The largest file that is shown in a page, which has hundreds of them.
    private static let largestFileInPage = 16_384
    /// The largest file that is shown at all.
    private static let largestFile = 64 << 20

    /// An image in its full size; nil if there is no file, or none that browsers show.
    ///
    /// - Throws: `ArrayFileError` if the image cannot be read.
    package func file(of example: Int) throws -> File? {
        switch source {
        case .array(let images):
            File(
                type: "image/png",
                bytes: PNG.encoded(
                    try images.bytes(of: example), width: images.width, height: images.height,
                    channels: images.channels))
        case .files(let paths): try paths[example].flatMap(Self.read)
        }
    }

    /// An image as a data URL, in a size that does for a page; nil if it is not shown.
    ///
    /// - Throws: `ArrayFileError` if the image cannot be read.
    func address(of example: Int) throws -> String? {
        let file: File?
        if case .array(let images) = source {
            let reduced = try images.reduced(example, to: Self.largestInPage)
            file = File(
                type: "image/png",
                bytes: PNG.encoded(
                    reduced.pixels, width: reduced.width, height: reduced.height, channels: images.channels))
        } else {
            file = try self.file(of: example).flatMap { $0.bytes.count <= Self.largestFileInPage ? $0 : nil }
        }
        return file.map { "data:\($0.type);base64,\(Data($0.bytes).base64EncodedString())" }
    }

    private static func read(_ path: String) throws -> File? {
        let file = try MappedFile(path)
        guard file.byteCount <= largestFile else { return nil }
        let bytes = try file.withBytes(0..<file.byteCount) { [UInt8]($0) }
        return type(of: bytes).map { File(type: $0, bytes: bytes) }
    }

    /// The media type of an image, by its first bytes; nil if browsers do not show it as an image. Formats that may
    /// hold scripts are none.
    private static func type(of bytes: [UInt8]) -> String? {
        if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]) { return "image/png" }
        if bytes.starts(with: [0xFF, 0xD8, 0xFF]) { return "image/jpeg" }
        if bytes.starts(with: "GIF8".utf8) { return "image/gif" }
        if bytes.starts(with: "RIFF".utf8), bytes.dropFirst(8).starts(with: "WEBP".utf8) { return "image/webp" }
        return nil
    }
}
