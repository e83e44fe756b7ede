import ArrayFiles
import Ensembles
import Platform

/// The images of one set of examples, encoded one by one.
public struct ExampleImages {
    private let images: Images

    /// Encodes some images.
    public init(_ images: Images) { self.images = images }

    /// An image as a data URL.
    ///
    /// - Throws: `ArrayFileError` if the image cannot be read.
    func address(of example: Int) throws -> String {
        let file = PNG.encoded(
            try images.bytes(of: example), width: images.width, height: images.height, channels: images.channels)
        return "data:image/png;base64,\(Data(file).base64EncodedString())"
    }
}
