import CSIMDKernels

/// A layer of 3 x 3 filters over images, zeros around them, with a rectifier and the largest of each 2 x 2 responses:
/// by the product of all patches with the filters. Images and responses have their channels last, and a row or column
/// left over by the pooling is dropped.
package struct Convolution: Sendable, Equatable {
    /// Size and channels of the images.
    package let height, width, channels: Int
    /// Number of filters: the channels of the responses.
    package let filters: Int

    /// Number of pixels of a filter, over all channels.
    var pixels: Int { 9 * channels }
    /// Size of the pooled responses.
    var pooledHeight: Int { height / 2 }
    var pooledWidth: Int { width / 2 }

    private var imageShape: EKImageShape { EKImageShape(height: height, width: width, channels: channels) }
    private var responseShape: EKImageShape { EKImageShape(height: height, width: width, channels: filters) }
    /// Numbers per example: of the image, of the responses, of the pooled ones and of the patches.
    private var imageCount: Int { height * width * channels }
    private var responseCount: Int { height * width * filters }
    private var pooledCount: Int { pooledHeight * pooledWidth * filters }
    private var patchCount: Int { height * width * pixels }

    /// The largest size in bytes of the patches and responses of the examples that are processed together, so that they
    /// stay in the second-level cache.
    private static let bytesOfBlock = 512 << 10

    /// The examples in blocks, and the memory for the patches and the responses of one.
    private func blocks(of examples: Int) -> (ranges: [Range<Int>], patches: [Float], responses: [Float]) {
        let most = max(1, Self.bytesOfBlock / ((patchCount + responseCount) * MemoryLayout<Float>.stride))
        let longest = min(most, examples)
        return (
            stride(from: 0, to: examples, by: most).map { $0..<min($0 + most, examples) },
            [Float](repeating: 0, count: longest * patchCount), [Float](repeating: 0, count: longest * responseCount)
        )
    }

    /// Sets `outputs` (examples, pooled height, pooled width, filters) to the pooled and rectified responses of
    /// `inputs` (examples, height, width, channels), and `winners` to the one of each four that was the largest.
    func apply(
        _ weights: Span<Float>, _ biases: UnsafePointer<Float>, to inputs: [Float], examples: Int,
        into outputs: inout [Float], winners: inout [UInt8]
    ) {
        var (ranges, patches, responses) = blocks(of: examples)
        inputs.withUnsafeBufferPointer { inputs in
            outputs.withUnsafeMutableBufferPointer { outputs in
                winners.withUnsafeMutableBufferPointer { winners in
                    precondition(outputs.count >= examples * pooledCount && winners.count >= examples * pooledCount)
                    precondition(inputs.count >= examples * imageCount)
                    for range in ranges {
                        let first = range.lowerBound
                        ek_gather_patches(inputs.baseAddress! + first * imageCount, imageShape, range.count, &patches)
                        multiply(
                            patches.span, weights, into: responses.mutableSpan, rows: range.count * height * width,
                            columns: filters, inner: pixels)
                        ek_pool(
                            responses, biases, responseShape, range.count, outputs.baseAddress! + first * pooledCount,
                            winners.baseAddress! + first * pooledCount)
                    }
                }
            }
        }
    }

    /// Sets the gradients by weights, biases and, if there is memory for it, inputs, given the inputs of the last pass,
    /// its winners, and the gradient by its outputs before the rectifier.
    func differentiate(
        _ weights: Span<Float>, inputs: [Float], winners: [UInt8], outputGradient: [Float], examples: Int,
        weightGradient: UnsafeMutableBufferPointer<Float>, biasGradient: UnsafeMutablePointer<Float>,
        inputGradient: UnsafeMutableBufferPointer<Float>?
    ) {
        var (ranges, patches, responses) = blocks(of: examples)
        outputGradient.withUnsafeBufferPointer { outputGradient in
            inputs.withUnsafeBufferPointer { inputs in
                winners.withUnsafeBufferPointer { winners in
                    for range in ranges {
                        let first = range.lowerBound
                        let places = range.count * height * width
                        ek_pool_gradient(
                            outputGradient.baseAddress! + first * pooledCount,
                            winners.baseAddress! + first * pooledCount, responseShape, range.count, &responses)
                        ek_gather_patches(inputs.baseAddress! + first * imageCount, imageShape, range.count, &patches)
                        multiply(
                            patches.span, responses.span, transposed: .left, adding: first > 0,
                            into: weightGradient.mutableSpan, rows: pixels, columns: filters, inner: places)
                        guard let inputGradient else { continue }
                        multiply(
                            responses.span, weights, transposed: .right, into: patches.mutableSpan, rows: places,
                            columns: pixels, inner: filters)
                        ek_add_patches(
                            patches, imageShape, range.count, inputGradient.baseAddress! + first * imageCount)
                    }
                }
            }
            ek_sum_rows(outputGradient.baseAddress, examples * pooledHeight * pooledWidth, filters, biasGradient)
        }
    }
}
