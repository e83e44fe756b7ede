/// Snapshot ensembles, and the two they are compared with: Huang et al., "Snapshot ensembles: train 1, get M for free",
/// 2017.
extension Chain {
    /// The network at the end of every cycle of a cosine schedule that starts at the learning rate.
    func snapshots(_ count: Int, cycleEpochs: Int, _ body: (Sample) throws -> Void) throws {
        var descent = descent(randomNumbers)
        for _ in 0..<count {
            try runCycle(of: &descent, epochs: cycleEpochs)
            try body(Sample(descent.network))
        }
    }

    /// The network after every so many epochs of one training whose learning rate decreases over all samples of the
    /// chain.
    func snapshotsOfOneDecay(_ count: Int, cycleEpochs: Int, _ body: (Sample) throws -> Void) throws {
        var descent = descent(randomNumbers)
        let schedule = LinearSchedule(
            initial: task.options.learningRate, steps: task.options.samples * cycleEpochs * descent.stepsAnEpoch)
        for _ in 0..<count {
            for _ in 0..<cycleEpochs { try descent.runEpoch(rate: schedule.rate) }
            try body(Sample(descent.network))
        }
    }

    /// Networks with random weights of their own, each trained for one cycle.
    func networksOfSingleCycles(_ count: Int, cycleEpochs: Int, _ body: (Sample) throws -> Void) throws {
        var randomNumbers = randomNumbers
        for _ in 0..<count {
            var descent = descent(randomNumbers)
            try runCycle(of: &descent, epochs: cycleEpochs)
            try body(Sample(descent.network))
            randomNumbers = descent.randomNumbers
        }
    }

    private func runCycle(of descent: inout Descent, epochs: Int) throws {
        let schedule = CyclicCosineSchedule(
            initial: task.options.learningRate, cycle: epochs * descent.stepsAnEpoch)
        for _ in 0..<epochs { try descent.runEpoch(rate: schedule.rate) }
    }
}
