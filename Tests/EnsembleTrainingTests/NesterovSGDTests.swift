import EnsembleTraining
import Foundation
import RandomStreams
import Testing
import TestSupport

/// On the main thread, as whatever multiplies by OpenBLAS: it ends its threads at a fork, of which MPI's start has one,
/// and hangs where another thread is at work meanwhile.
@MainActor @Suite struct NesterovSGDTests {
    /// What Fixtures/make_sgd.py wrote with the real torch.
    private struct Fixture: Decodable {
        struct Step: Decodable {
            let inputs: [Float]
            let labels: [Int32]
            let parameters: [Float]
        }
        let sizes: [Int]
        let learningRate: Float
        let momentum: Float
        let weightDecay: Float
        let initial: [Float]
        let steps: [Step]
    }

    @Test func `six steps are those of torch`() throws {
        let path = URL(fileURLWithPath: Fixtures.sgd)
        let fixture = try JSONDecoder().decode(Fixture.self, from: Data(contentsOf: path))
        let layout = NetworkLayout(inputs: fixture.sizes[0], hidden: [fixture.sizes[1]], classes: fixture.sizes[2])
        var numbers = RandomNumbers(seed: 0, run: 0)
        var network = Network(layout, randomNumbers: &numbers)
        network.parameters = fixture.initial
        var optimizer = NesterovSGD(
            parameterCount: layout.parameterCount, momentum: fixture.momentum, weightDecay: fixture.weightDecay)
        let schedule = LinearSchedule(initial: fixture.learningRate, steps: fixture.steps.count)
        var backPropagation = BackPropagation(layout, capacity: 8)

        for (index, step) in fixture.steps.enumerated() {
            backPropagation.run(network, on: step.inputs, labels: step.labels)
            optimizer.step(
                &network.parameters, gradient: backPropagation.gradient, learningRate: schedule.rate(ofStep: index))
            let deviations = zip(network.parameters, step.parameters).map { abs($0 - $1) }
            #expect(deviations.count == layout.parameterCount)
            #expect(deviations.allSatisfy { $0 < 3e-7 }, "step \(index): \(deviations.max() ?? .nan)")
        }
    }
}
