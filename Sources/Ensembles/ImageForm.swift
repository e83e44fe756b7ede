import ArrayFiles

/// The form in which a tensor holds images.
struct ImageForm {
    /// The images with the colors last, shape (M, H, W) or (M, H, W, C).
    private let tensor: Tensor

    /// The form of a tensor; nil if it does not hold so many images.
    init?(_ tensor: Tensor, examples: Int) {
        guard tensor.shape.count == 3 || tensor.shape.count == 4, tensor.shape[0] == examples,
            tensor.shape.dropFirst().allSatisfy({ 1...4096 ~= $0 })
        else { return nil }
        switch tensor.elementType {
        case .uint8, .float16, .bfloat16, .float32, .float64: break
        default: return nil
        }
        if tensor.shape.count == 3 || Self.isColors(tensor.shape[3]) {
            self.tensor = tensor
        } else if Self.isColors(tensor.shape[1]) {
            self.tensor = tensor.reordered([2, 3, 1])
        } else {
            return nil
        }
    }

    /// Gray, colors, and either with an alpha channel.
    private static func isColors(_ extent: Int) -> Bool { 1...4 ~= extent }

    private var channels: Int { tensor.shape.count == 4 ? tensor.shape[3] : 1 }
    private var hasAlpha: Bool { channels == 2 || channels == 4 }

    /// The images as bytes, shape (M, H, W), (M, H, W, 1) or (M, H, W, 3); those that are stored so are not copied.
    ///
    /// - Throws: `ArrayFileError` if there are more than any memory holds.
    var bytes: Tensor {
        get throws {
            guard tensor.elementType != .uint8 || hasAlpha else { return tensor }
            var shape = tensor.shape
            if hasAlpha { shape[3] -= 1 }
            let form = self
            return try tensor.bytes(shape: shape) { try form.fill($0) }
        }
    }

    private func fill(_ target: UnsafeMutableBufferPointer<UInt8>) throws {
        let scale = tensor.elementType == .uint8 ? nil : try PixelScale(of: tensor)
        var place = 0
        for example in 0..<tensor.shape[0] {
            let image =
                try scale.map { scale in try tensor[example].reals().map(scale.byte) }
                ?? tensor[example].withContiguousBytes { [UInt8]($0) }
            guard hasAlpha else {
                for byte in image {
                    target[place] = byte
                    place += 1
                }
                continue
            }
            for first in stride(from: 0, to: image.count, by: channels) {
                let alpha = Int(image[first + channels - 1])
                for channel in first..<first + channels - 1 {
                    target[place] = UInt8((Int(image[channel]) * alpha + 255 * (255 - alpha) + 127) / 255)
                    place += 1
                }
            }
        }
    }
}

/// How the numbers of images become bytes.
private struct PixelScale {
    /// What becomes 0 and what becomes 255.
    private let black, white: Double

    /// The scale for a tensor, by its least and its largest number.
    init(of tensor: Tensor) throws {
        var (least, largest) = (Double.infinity, -Double.infinity)
        for example in 0..<tensor.shape[0] {
            for value in try tensor[example].reals() where value.isFinite {
                (least, largest) = (min(least, value), max(largest, value))
            }
        }
        // The last are standard deviations. Computed numbers may be a little out of the range of the original ones.
        let scales: [(black: Double, white: Double)] = [(0, 1), (-1, 1), (0, 255), (-3, 3)]
        let scale =
            scales.first { scale in
                let tolerance = (scale.white - scale.black) / 100
                return least >= scale.black - tolerance && largest <= scale.white + tolerance
            } ?? scales[3]
        (black, white) = (scale.black, scale.white)
    }

    func byte(_ value: Double) -> UInt8 {
        value.isNaN ? 0 : UInt8((min(max((value - black) / (white - black), 0), 1) * 255).rounded())
    }
}
