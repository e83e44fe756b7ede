import RandomStreams

/// Dropout of hidden outputs: each is dropped with the same probability, and the others are scaled so that the expected
/// output stays the same.
package struct Dropout: Sendable {
    /// Probability of dropping an output.
    package let rate: Float
    private var keys: SplitMix64

    /// Masks that are a function of the key and of the number of masks drawn before.
    package init(rate: Float, key: UInt64) {
        self.rate = rate
        keys = SplitMix64(state: key)
    }

    /// The factor of the outputs that are kept.
    package var scale: Float { 1 / (1 - rate) }

    /// The key of the next layer's mask.
    mutating func nextKey() -> UInt64 { keys.next() }
}
