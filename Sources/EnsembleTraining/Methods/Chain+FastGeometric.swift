extension Chain {
    /// The network in the middle of every cycle of a triangular schedule, where the rate is lowest, starting at a
    /// trained network.
    func fastGeometricSamples(
        _ count: Int, cycleEpochs: Int, lowRate: Float, _ body: (Sample) throws -> Void
    ) throws {
        var descent = try trainedNetwork()
        let before = descent.steps
        let schedule = TriangularSchedule(
            high: task.options.learningRate, low: lowRate, cycle: cycleEpochs * descent.stepsAnEpoch)
        var taken = 0
        while taken < count {
            try descent.runEpoch(rate: { schedule.rate(ofStep: $0 - before) }) { step, _, network, _ in
                guard schedule.isMiddle(step - before), taken < count else { return }
                taken += 1
                try body(Sample(network))
            }
        }
    }
}
