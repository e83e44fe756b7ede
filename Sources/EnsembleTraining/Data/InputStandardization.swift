import CSIMDKernels

/// The conversion of images to network inputs: (image - mean) / deviation, with one mean and one standard deviation per
/// color channel.
package struct InputStandardization: Sendable {
    private let scale: [Float]
    private let shift: [Float]

    /// Computes the mean and the standard deviation (divided by n) of `images`: bytes, `features` per image, the
    /// channel being the last axis.
    ///
    /// A constant channel carries no information and becomes 0.
    package init(images: [UInt8], features: Int, channels: Int) {
        precondition(features % channels == 0 && images.count % features == 0)
        var scales: [Float] = []
        var shifts: [Float] = []
        for channel in 0..<channels {
            // Integers: exact in any order.
            var (count, sum, squares) = (0, 0, 0)
            for index in stride(from: channel, to: images.count, by: channels) {
                let value = Int(images[index])
                count += 1
                sum += value
                squares += value * value
            }
            let mean = Double(sum) / Double(count)
            let deviation = (Double(squares) / Double(count) - mean * mean).squareRoot()
            let scale = deviation > 0 ? 1 / deviation : 0
            scales.append(Float(scale))
            shifts.append(Float(-mean * scale))
        }
        scale = (0..<features).map { scales[$0 % channels] }
        shift = (0..<features).map { shifts[$0 % channels] }
    }

    /// Sets the first rows.count rows of `inputs` (rows, features) to the images with the given indices.
    package func gather(_ rows: ArraySlice<Int32>, of images: [UInt8], into inputs: inout [Float]) {
        precondition(inputs.count >= rows.count * scale.count)
        rows.withUnsafeBufferPointer { rows in
            ek_gather_inputs(images, scale.count, rows.baseAddress, rows.count, scale, shift, &inputs)
        }
    }
}
