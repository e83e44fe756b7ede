extension Chain {
    /// The network at the end of every cycle of a cosine schedule that starts at the learning rate.
    func snapshots(_ count: Int, cycleEpochs: Int, _ body: (Sample) throws -> Void) throws {
        var descent = Descent(task, randomNumbers: randomNumbers, isCancelled: isCancelled)
        let schedule = CyclicCosineSchedule(
            initial: task.options.learningRate, cycle: cycleEpochs * descent.stepsAnEpoch)
        for _ in 0..<count {
            for _ in 0..<cycleEpochs { try descent.runEpoch(rate: schedule.rate) }
            try body(Sample(descent.network))
        }
    }
}
