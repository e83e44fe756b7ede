import CSIMDKernels

/// The products of a fully connected layer, forward and backward. Matrices are row-major; memory may be larger than
/// needed for a batch of `examples`.
extension NetworkLayout.Layer {
    /// Sets `outputs` (examples, outputs) to inputs (examples, inputs) times weights, plus biases, both located in
    /// `parameters` as in the layout; negative outputs become 0 if the layer is `rectifying`.
    func apply(
        _ parameters: [Float], to inputs: [Float], examples: Int, rectifying: Bool, into outputs: inout [Float]
    ) {
        multiply(
            inputs.span, parameters.span.extracting(weights), into: outputs.mutableSpan,
            rows: examples, columns: self.outputs, inner: self.inputs)
        let addBiases = rectifying ? ek_add_biases_and_rectify : ek_add_biases
        parameters.withUnsafeBufferPointer {
            addBiases(&outputs, $0.baseAddress! + biases.lowerBound, examples, self.outputs)
        }
    }

    /// Sets the layer's part of `gradient` to that by its weights and biases, given its inputs (examples, inputs) and
    /// the gradient by its outputs before the rectifier (examples, outputs).
    func differentiate(inputs: [Float], outputGradient: [Float], examples: Int, into gradient: inout [Float]) {
        gradient.withUnsafeMutableBufferPointer { gradient in
            multiply(
                inputs.span, outputGradient.span, transposed: .left,
                into: UnsafeMutableBufferPointer(rebasing: gradient[weights]).mutableSpan,
                rows: self.inputs, columns: outputs, inner: examples)
            let biasGradient = UnsafeMutableBufferPointer(rebasing: gradient[biases])
            ek_sum_rows(outputGradient, examples, outputs, biasGradient.baseAddress)
        }
    }

    /// Sets `inputGradient` (examples, inputs) to the gradient by the layer's inputs, given the gradient by its outputs
    /// (examples, outputs) and the weights in `parameters`.
    func propagateBack(
        _ outputGradient: [Float], through parameters: [Float], examples: Int, into inputGradient: inout [Float]
    ) {
        multiply(
            outputGradient.span, parameters.span.extracting(weights), transposed: .right,
            into: inputGradient.mutableSpan, rows: examples, columns: inputs, inner: outputs)
    }
}
