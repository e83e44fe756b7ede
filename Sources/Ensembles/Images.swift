import ArrayFiles

/// The images of some examples: bytes of shape (M, H, W), (M, H, W, 1) or (M, H, W, 3), which are read only on access.
public struct Images: Sendable {
    /// The images.
    package let tensor: Tensor
    /// Number of rows, columns and colors of each.
    package let height, width, channels: Int

    /// The images in a tensor; nil if it has another shape or type.
    public init?(_ tensor: Tensor, examples: Int) {
        guard tensor.elementType == .uint8, tensor.shape.count == 3 || tensor.shape.count == 4,
            tensor.shape[0] == examples, tensor.shape.dropFirst().allSatisfy({ 1...4096 ~= $0 }),
            tensor.shape.count == 3 || tensor.shape[3] == 3 || tensor.shape[3] == 1
        else { return nil }
        self.tensor = tensor
        (height, width) = (tensor.shape[1], tensor.shape[2])
        channels = tensor.shape.count == 4 ? tensor.shape[3] : 1
    }

    /// The bytes of the images with the place in the image first, (places, M, 1): of each color, unless those of one
    /// place are beside one another.
    var placesFirst: [Tensor] {
        if let all = tensor.placesFirst { return [all] }
        return (0..<channels).compactMap { tensor.select(axis: 3, $0).placesFirst }
    }
}

extension Logits {
    /// The pixels of images in the place of runs: by their kernel, without a transform, the similarity of two images is
    /// the correlation of their pixels, times (P - 1) / P for P of them. It takes no network.
    ///
    /// nil if there are fewer than two pixels, or if they do not lie in the file at equal distances.
    package init?(pixelsOf images: Images) {
        let tensors = images.placesFirst
        let pixels = images.height * images.width * images.channels
        guard pixels > 1, tensors.reduce(0, { $0 + $1.shape[0] }) == pixels else { return nil }
        self.init(pixels: tensors)
    }
}
