extension Chain {
    /// One network, trained with outputs of hidden layers left out, and passes of it that leave others out.
    func dropoutSamples(_ count: Int, rate: Float, _ body: (Sample) throws -> Void) throws {
        var descent = try trainedNetwork(dropoutRate: rate)
        for _ in 0..<count {
            try body(Sample(descent.network, dropout: Dropout(rate: rate, key: descent.randomNumbers.next())))
        }
    }
}
