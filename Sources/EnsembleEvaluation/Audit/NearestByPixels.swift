import ArrayFiles
import CSIMDKernels
import Ensembles
import Synchronization

/// The search for the training images nearest to an image by the correlation of their pixels.
package final class NearestByPixels: Sendable {
    /// The images, with their pixels in the order in which they are stored: no order counts here, and none has to be
    /// made.
    private let test, train: Tensor
    private let pixels: Int
    /// 1 over the norm of each training image around its mean, 0 for a blank one; made at the first search.
    private let scales = Mutex<[Float]>([])

    /// The search among images of one shape that are stored alike; nil for others.
    package init?(test: Images, train: Images) {
        let axes = train.tensor.storedAxes
        guard test.isComparable(with: train), test.tensor.storedAxes == axes else { return nil }
        (self.test, self.train) = (test.tensor.reordered(axes), train.tensor.reordered(axes))
        pixels = train.pixels
    }

    /// Number of bytes that a search reads.
    package var byteCount: Int { train.byteCount }

    /// The `most` nearest training examples and their correlations, the nearest first; without the example itself, if
    /// it is a training example.
    ///
    /// - Throws: `ArrayFileError` if images cannot be read.
    package func nearest(to example: Int, of set: ExampleSet, most: Int) throws -> [(train: Int, correlation: Float)] {
        let own = try (set == .test ? test : train)[example].withContiguousBytes { Self.centered([UInt8]($0)) }
        return try train.withContiguousBytes { bytes in
            let all = bytes.bindMemory(to: UInt8.self)
            let scales = scales.withLock { scales in
                if scales.isEmpty { scales = Self.scales(of: all, pixels) }
                return scales
            }
            let distances = scales.enumerated().map { place, scale in
                0 - ek_product_with_bytes(own, all.baseAddress! + place * pixels, pixels) * scale
            }
            return distances.smallest(most, leavingOut: set == .train ? example : nil).map { ($0, 0 - distances[$0]) }
        }
    }

    /// The pixels less their mean, over their norm; zeros for a blank image.
    private static func centered(_ pixels: [UInt8]) -> [Float] {
        let mean = Double(pixels.reduce(0) { $0 + Int($1) }) / Double(pixels.count)
        let centered = pixels.map { Double($0) - mean }
        let norm = centered.reduce(0) { $0 + $1 * $1 }.squareRoot()
        return centered.map { norm > 0 ? Float($0 / norm) : 0 }
    }

    private static func scales(of all: UnsafeBufferPointer<UInt8>, _ pixels: Int) -> [Float] {
        stride(from: 0, to: all.count, by: pixels).map { first in
            var (sum, squares) = (0, 0)
            for place in first..<first + pixels {
                let value = Int(all[place])
                sum += value
                squares += value * value
            }
            let variance = Double(squares) - Double(sum) * Double(sum) / Double(pixels)
            return variance > 0 ? Float(1 / variance.squareRoot()) : 0
        }
    }
}
