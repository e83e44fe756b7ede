import ArrayFiles
import MessagePassing
import UserMessages

/// The images of some examples as bytes, shape (M, H, W), (M, H, W, 1) or (M, H, W, 3). They are read on access only.
///
/// Files may have them in other forms: colors first, (M, C, H, W); with an alpha channel, which is laid over white; and
/// as numbers, which become bytes: from 0 to 1, from -1 to 1, from 0 to 255, or standardized, of which -3 becomes black
/// and 3 white.
public struct Images: Sendable {
    /// The images.
    package let tensor: Tensor
    /// Number of rows, columns and colors of each.
    package let height, width, channels: Int

    /// Number of bytes of each image.
    package var pixels: Int { height * width * channels }

    /// Whether the pixels of these images and of others can be compared: several, at the same places.
    package func isComparable(with other: Images) -> Bool {
        pixels > 1 && tensor.shape.dropFirst() == other.tensor.shape.dropFirst()
    }

    /// The images in a tensor; nil if it has another shape or type.
    ///
    /// - Throws: `ArrayFileError` if numbers are more than any memory holds as bytes.
    public init?(_ tensor: Tensor, examples: Int) throws {
        guard let tensor = try ImageForm(tensor, examples: examples)?.bytes else { return nil }
        self.tensor = tensor
        (height, width) = (tensor.shape[1], tensor.shape[2])
        channels = tensor.shape.count == 4 ? tensor.shape[3] : 1
    }

    /// The images in a tensor.
    ///
    /// - Throws: `UserError` (65) if it has another shape or type.
    package init(requiring tensor: Tensor, examples: Int) throws {
        guard let images = try Images(tensor, examples: examples) else {
            throw UserError.badTensor(
                tensor,
                """
                has shape \(tensor.shape) of \(tensor.elementType.rawValue), not \(examples) images: bytes or \
                floating-point numbers (M, H, W), (M, H, W, colors) or (M, colors, H, W)
                """)
        }
        self = images
    }

    /// The pixels of an image, shape (height, width, channels).
    ///
    /// - Throws: `ArrayFileError` if it cannot be read.
    package func bytes(of example: Int) throws -> [UInt8] { try tensor[example].withContiguousBytes { Array($0) } }

    /// An image with at most `most` rows and columns: if it is larger, each pixel is the mean of those in a square.
    ///
    /// - Returns: The pixels, shape (height, width, channels).
    /// - Throws: `ArrayFileError` if it cannot be read.
    package func reduced(_ example: Int, to most: Int) throws -> (pixels: [UInt8], height: Int, width: Int) {
        let pixels = try bytes(of: example)
        let side = (max(height, width) + most - 1) / most
        guard side > 1 else { return (pixels, height, width) }
        let (rows, columns) = ((height + side - 1) / side, (width + side - 1) / side)
        var reduced: [UInt8] = []
        reduced.reserveCapacity(rows * columns * channels)
        for row in 0..<rows {
            let ys = row * side..<min((row + 1) * side, height)
            for column in 0..<columns {
                let xs = column * side..<min((column + 1) * side, width)
                for channel in 0..<channels {
                    var sum = 0
                    for y in ys { for x in xs { sum += Int(pixels[(y * width + x) * channels + channel]) } }
                    let count = ys.count * xs.count
                    reduced.append(UInt8((sum + count / 2) / count))
                }
            }
        }
        return (reduced, rows, columns)
    }

    /// Checks that all ranks see the same images. Collective over `world`: every rank calls it.
    ///
    /// - Throws: `AgreedFailure` (65) on every rank, naming the first rank with other images and the file; `MPIError`.
    package func requireSame(over world: Communicator) throws {
        try world.requireSame { [(tensor.path, try tensor.sample)] }
    }

    /// The bytes of the images with the place in the image first, (places, M, 1): color by color and row by row,
    /// however they are stored.
    var placesFirst: [Tensor] {
        (0..<channels).flatMap { color in
            let ofColor = tensor.shape.count == 4 ? tensor.select(axis: 3, color) : tensor
            if let all = ofColor.placesFirst { return [all] }
            return (0..<height).compactMap { ofColor.select(axis: 1, $0).placesFirst }
        }
    }
}

extension Logits {
    /// The pixels of images in the place of runs: by their kernel, without a transform, the similarity of two images is
    /// the correlation of their pixels, times (P - 1) / P for P of them. It takes no network.
    ///
    /// - Precondition: There are several pixels.
    package init(pixelsOf images: Images) {
        precondition(images.pixels > 1)
        self.init(pixels: images.placesFirst)
    }

    /// Other bytes (P, M) that describe M examples in the place of runs, in the same way.
    package init(describing bytes: Tensor) {
        precondition(bytes.elementType == .uint8 && bytes.shape.count == 2 && bytes.shape[0] > 1)
        self.init(pixels: [bytes.unsqueezed(axis: 2)])
    }
}
