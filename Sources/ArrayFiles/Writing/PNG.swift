import CZlib

/// PNG images with 8 bits per color. Source: W3C, "Portable Network Graphics (PNG) Specification (Second Edition)".
public enum PNG {
    /// The PNG file of an image.
    ///
    /// - Parameters:
    ///   - pixels: Rows from the top, shape (height, width, channels).
    ///   - channels: 1 for gray, 3 for red, green and blue.
    public static func encoded(_ pixels: [UInt8], width: Int, height: Int, channels: Int) -> [UInt8] {
        precondition(pixels.count == width * height * channels && (channels == 1 || channels == 3))
        // Each row is preceded by its filter type: none.
        var rows: [UInt8] = []
        for row in 0..<height {
            rows.append(0)
            rows += pixels[row * width * channels..<(row + 1) * width * channels]
        }
        // Bits per color, color type, and three methods with a single choice each.
        let format: [UInt8] = [8, channels == 1 ? 0 : 2, 0, 0, 0]
        let header: [UInt8] = big(UInt32(width)) + big(UInt32(height)) + format
        let signature: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
        return signature + chunk("IHDR", header) + chunk("IDAT", Deflate.deflated(rows)) + chunk("IEND", [])
    }

    private static func chunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
        let body = Array(type.utf8) + data
        return big(UInt32(data.count)) + body + big(Deflate.crc32(body))
    }

    private static func big(_ number: UInt32) -> [UInt8] { withUnsafeBytes(of: number.bigEndian) { Array($0) } }
}
