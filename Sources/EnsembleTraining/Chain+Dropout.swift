extension Chain {
    /// One network, trained with outputs of hidden layers left out, and passes of it that leave others out.
    func dropoutSamples(_ count: Int, rate: Float, _ body: (Sample) throws -> Void) throws {
        var descent = Descent(task, randomNumbers: randomNumbers, isCancelled: isCancelled)
        try descent.train(
            epochs: task.options.epochs, learningRate: task.options.learningRate, dropoutRate: rate)
        for _ in 0..<count {
            try body(Sample(descent.network, dropout: Dropout(rate: rate, key: descent.randomNumbers.next())))
        }
    }
}
