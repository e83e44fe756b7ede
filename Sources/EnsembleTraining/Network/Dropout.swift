import RandomStreams

/// Which outputs of hidden layers a pass leaves out: each with the same probability, the others scaled so that the
/// expected output stays.
package struct Dropout: Sendable {
    /// Probability of leaving an output out.
    package let rate: Float
    private var keys: SplitMix64

    /// Masks that are a function of the key, and of how many have been drawn.
    package init(rate: Float, key: UInt64) {
        self.rate = rate
        keys = SplitMix64(state: key)
    }

    /// By what an output that is kept is multiplied.
    package var scale: Float { 1 / (1 - rate) }

    /// The key of the next layer's mask.
    mutating func nextKey() -> UInt64 { keys.next() }
}
