extension Chain {
    /// Samples of one network trained with dropout: forward passes with different dropout masks.
    func dropoutSamples(_ count: Int, rate: Float, _ body: (Sample) throws -> Void) throws {
        var descent = try trainedNetwork(dropoutRate: rate)
        for _ in 0..<count {
            try body(Sample(descent.network, dropout: Dropout(rate: rate, key: descent.randomNumbers.next())))
        }
    }
}
