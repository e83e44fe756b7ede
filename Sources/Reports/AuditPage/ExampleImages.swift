import ArrayFiles
import Foundation

/// The images of one set of examples, encoded one by one.
public struct ExampleImages {
    private let tensor: Tensor
    private let height, width, channels: Int

    /// Images in a tensor of bytes, shape (M, H, W) or (M, H, W, 3); nil if it has another shape or type.
    public init?(_ tensor: Tensor?, examples: Int) {
        guard let tensor, tensor.elementType == .uint8, tensor.shape.count == 3 || tensor.shape.count == 4,
            tensor.shape[0] == examples, tensor.shape.dropFirst().allSatisfy({ 1...4096 ~= $0 }),
            tensor.shape.count == 3 || tensor.shape[3] == 3 || tensor.shape[3] == 1
        else { return nil }
        self.tensor = tensor
        (height, width) = (tensor.shape[1], tensor.shape[2])
        channels = tensor.shape.count == 4 ? tensor.shape[3] : 1
    }

    /// An image as a data URL.
    ///
    /// - Throws: `ArrayFileError` if the image cannot be read.
    func address(of example: Int) throws -> String {
        let pixels = try tensor[example].withContiguousBytes { Array($0) }
        let file = PNG.encoded(pixels, width: width, height: height, channels: channels)
        return "data:image/png;base64,\(Data(file).base64EncodedString())"
    }
}
