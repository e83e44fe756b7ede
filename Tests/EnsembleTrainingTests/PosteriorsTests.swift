import CSIMDKernels
import EnsembleTraining
import Foundation
import RandomStreams
import Testing

/// On the main thread, as whatever multiplies by OpenBLAS: it ends its threads at a fork, of which MPI's start has one,
/// and hangs where another thread is at work meanwhile.
@MainActor @Suite struct PosteriorsTests {
    private func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }

    private func covariance(_ a: [Double], _ b: [Double]) -> Double {
        let (meanA, meanB) = (mean(a), mean(b))
        return mean(zip(a, b).map { ($0 - meanA) * ($1 - meanB) })
    }

    @Test func `dropout leaves out its share of the values and keeps their expectation`() {
        func dropped(_ key: UInt64, _ count: Int) -> [Float] {
            var values = [Float](repeating: 2, count: count)
            ek_drop(&values, count, key, 0.25)
            return values
        }
        let values = dropped(3, 100_000)
        #expect(Set(values) == [0, 2 / 0.75])
        #expect(abs(Double(values.count { $0 == 0 }) / 100_000 - 0.25) < 0.006)
        #expect(dropped(3, 50) == Array(values[..<50]) && dropped(4, 50) != Array(values[..<50]))
        var kept: [Float] = [1, 2, 3]
        ek_drop(&kept, 3, 9, 0)
        #expect(kept == [1, 2, 3])
    }

    @Test func `the gradient with dropout is that of the remaining network`() {
        let layout = NetworkLayout(inputs: 5, hidden: [12], classes: 3)
        var numbers = RandomNumbers(seed: 2, run: 0)
        var network = Network(layout, randomNumbers: &numbers)
        let inputs = numbers.normals(5, deviation: 1)
        var forward = ForwardPass(layout, capacity: 1)
        func loss(_ network: Network) -> Double {
            var dropout: Dropout? = Dropout(rate: 0.4, key: 17)
            forward.run(network, on: inputs, examples: 1, dropout: &dropout)
            let logits = forward.logits.map(Double.init)
            return log(logits.reduce(0) { $0 + exp($1) }) - logits[1]
        }
        var back = BackPropagation(layout, capacity: 1)
        var dropout: Dropout? = Dropout(rate: 0.4, key: 17)
        back.run(network, on: inputs, labels: [1], dropout: &dropout)
        #expect(back.gradient.contains { abs($0) > 0.1 })
        for index in network.parameters.indices {
            let before = network.parameters[index]
            network.parameters[index] = before + 0.01
            let above = loss(network)
            network.parameters[index] = before - 0.01
            let below = loss(network)
            network.parameters[index] = before
            #expect(abs(Double(back.gradient[index]) - (above - below) / 0.02) < 2e-3)
        }
    }

    @Test func `steps of Adam are those of its paper`() {
        var numbers = RandomNumbers(seed: 3, run: 0)
        let start = numbers.normals(4, deviation: 1)
        var parameters = start
        var adam = Adam(parameterCount: 4)
        var (expected, m, v) = (
            start.map(Double.init), [Double](repeating: 0, count: 4), [Double](repeating: 0, count: 4)
        )
        for t in 1...20 {
            let gradient = numbers.normals(4, deviation: 0.3)
            adam.step(&parameters, gradient: gradient, learningRate: 0.01)
            for i in 0..<4 {
                let g = Double(gradient[i])
                m[i] = 0.9 * m[i] + 0.1 * g
                v[i] = 0.999 * v[i] + 0.001 * g * g
                let (mHat, vHat) = (m[i] / (1 - pow(0.9, Double(t))), v[i] / (1 - pow(0.999, Double(t))))
                expected[i] -= 0.01 * mHat / (vHat.squareRoot() + 1e-8)
            }
        }
        #expect(zip(parameters, expected).allSatisfy { abs(Double($0) - $1) < 1e-5 })
    }

    @Test func `SWAG samples have the mean and the covariance of their definition`() {
        let points: [[Float]] = [[1, 0, 5], [3, 1, 5], [2, 4, 5], [6, 3, 5]]
        var trajectory = GaussianTrajectory(parameterCount: 3)
        for point in points { trajectory.visit(point) }
        var numbers = RandomNumbers(seed: 4, run: 0)
        let samples = (0..<40_000).map { _ in trajectory.sample(&numbers).map(Double.init) }
        #expect(samples.allSatisfy { $0[2] == 5 })
        // Running means of the first two coordinates after each point, and so the deviations.
        let columns: [[Double]] = [[0, 1, 0, 3], [0, 0.5, 4 - 5.0 / 3, 1]]
        for i in 0..<2 {
            let visited = points.map { Double($0[i]) }
            #expect(abs(mean(samples.map { $0[i] }) - mean(visited)) < 0.03)
            for j in 0..<2 {
                let lowRank = zip(columns[i], columns[j]).reduce(0) { $0 + $1.0 * $1.1 } / (2 * 3)
                let diagonal = i == j ? covariance(visited, visited) / 2 : 0
                #expect(abs(covariance(samples.map { $0[i] }, samples.map { $0[j] }) - lowRank - diagonal) < 0.08)
            }
        }
    }

    /// A task whose networks have no hidden layer, or a small one, and a network of it.
    private func task(hidden: [Int]) -> (TrainingTask, Network) {
        var options = TrainingOptions()
        options.hidden = hidden
        let task = TrainingTask(dataset: .stripes(), options: options)
        var numbers = RandomNumbers(seed: 6, run: 0)
        return (task, Network(task.layout, randomNumbers: &numbers))
    }

    @Test func `the curvature of a linear classifier is its Fisher information`() throws {
        let (task, network) = task(hidden: [])
        let examples = Array(0..<Int32(70))
        let factors = try KroneckerFactors(task, at: network, examples: examples, isCancelled: { false })
        var inputs = [Float](repeating: 0, count: 70 * 36)
        task.standardization.gather(examples[...], of: task.dataset.train.images, into: &inputs)
        var expectedOutputs = [Double](repeating: 0, count: 9)
        for example in 0..<70 {
            let logits = (0..<3).map { c in
                (0..<36).reduce(0.0) { $0 + Double(inputs[example * 36 + $1]) * Double(network.parameters[$1 * 3 + c]) }
            }
            let sum = logits.reduce(0) { $0 + exp($1) }
            let p = logits.map { exp($0) / sum }
            for a in 0..<3 {
                for b in 0..<3 { expectedOutputs[a * 3 + b] += ((a == b ? p[a] : 0) - p[a] * p[b]) / 70 }
            }
        }
        #expect(zip(factors.layers[0].outputs, expectedOutputs).allSatisfy { abs($0 - $1) < 1e-5 })
        let moments = factors.layers[0].inputs
        #expect(moments.count == 37 * 37 && abs(moments[37 * 37 - 1] - 1) < 1e-6)
        let product = (0..<70).reduce(0.0) { $0 + Double(inputs[$1 * 36 + 4]) * Double(inputs[$1 * 36 + 20]) } / 70
        #expect(abs(moments[4 * 37 + 20] - product) < 1e-4 && abs(moments[20 * 37 + 4] - product) < 1e-4)
    }

    @Test func `Laplace samples have the covariance of the Kronecker product`() throws {
        let layout = NetworkLayout(inputs: 1, hidden: [], classes: 2)
        var numbers = RandomNumbers(seed: 7, run: 0)
        let network = Network(layout, randomNumbers: &numbers)
        let (task, other) = task(hidden: [])
        var factors = try KroneckerFactors(task, at: other, examples: [0], isCancelled: { false })
        factors.layers = [.init(inputs: [2, 0.5, 0.5, 1], outputs: [0.5, -0.4, -0.4, 0.4])]
        let posterior = try LaplacePosterior(around: network, factors, examples: 9, priorPrecision: 0.25)
        let samples = (0..<40_000).map { _ in posterior.sample(&numbers).parameters.map(Double.init) }
        // (3 A + I / 2)^-1 and (3 G + I / 2)^-1.
        func inverse(_ m: [Double]) -> [Double] {
            let (a, b, d) = (3 * m[0] + 0.5, 3 * m[1], 3 * m[3] + 0.5)
            return [d, -b, -b, a].map { $0 / (a * d - b * b) }
        }
        let (a, g) = (inverse([2, 0.5, 0.5, 1]), inverse([0.5, -0.4, -0.4, 0.4]))
        for i in 0..<4 {
            #expect(abs(mean(samples.map { $0[i] }) - Double(network.parameters[i])) < 0.02)
            for j in 0..<4 {
                let expected = a[i / 2 * 2 + j / 2] * g[i % 2 * 2 + j % 2]
                #expect(abs(covariance(samples.map { $0[i] }, samples.map { $0[j] }) - expected) < 0.015)
            }
        }
    }

    /// The loss of a batch in float64, with the noise that the stream gives: the oracle of the variational gradient.
    private func evidenceLoss(
        _ network: VariationalNetwork, _ means: [Double], _ logDeviations: [Double], _ inputs: [Float],
        _ labels: [Int32], _ numbers: RandomNumbers
    ) -> Double {
        var numbers = numbers
        let layout = network.means.layout
        var values = inputs.map(Double.init)
        for (index, layer) in layout.layers.enumerated() {
            var noise = [Float](repeating: 0, count: labels.count * layer.outputs)
            ek_add_noise(&noise, noise.count, numbers.next(), 1)
            var next: [Double] = []
            for example in labels.indices {
                for output in 0..<layer.outputs {
                    var (m, v) = (
                        means[layer.biases.lowerBound + output],
                        exp(2 * logDeviations[layer.biases.lowerBound + output])
                    )
                    for input in 0..<layer.inputs {
                        let (x, place) = (
                            values[example * layer.inputs + input],
                            layer.weights.lowerBound + input * layer.outputs + output
                        )
                        m += x * means[place]
                        v += x * x * exp(2 * logDeviations[place])
                    }
                    let drawn = m + v.squareRoot() * Double(noise[example * layer.outputs + output])
                    next.append(index < layout.layers.count - 1 ? max(0, drawn) : drawn)
                }
            }
            values = next
        }
        var loss = 0.0
        for (example, label) in labels.enumerated() {
            let row = values[(example * layout.classes)..<((example + 1) * layout.classes)]
            loss += (log(row.reduce(0) { $0 + exp($1) }) - row[row.startIndex + Int(label)]) / Double(labels.count)
        }
        for layer in layout.layers {
            let prior = 2 / Double(layer.inputs)
            for place in layer.weights.lowerBound..<layer.biases.upperBound {
                let variance = exp(2 * logDeviations[place])
                loss += ((variance + means[place] * means[place]) / prior - 1 - log(variance / prior)) / 2 / 50
            }
        }
        return loss
    }

    @Test func `the variational gradient is that of finite differences`() {
        let layout = NetworkLayout(inputs: 4, hidden: [6, 5], classes: 3)
        var numbers = RandomNumbers(seed: 8, run: 0)
        let network = Network(layout, randomNumbers: &numbers)
        var variational = VariationalNetwork(around: network, deviation: 0.2, capacity: 9)
        let deviates = numbers.normals(layout.parameterCount, deviation: 0.3)
        for index in deviates.indices { variational.logDeviations[index] += deviates[index] }
        let inputs = numbers.normals(7 * 4, deviation: 1)
        let labels = (0..<7).map { Int32($0 % 3) }
        var drawing = numbers
        variational.differentiate(on: inputs, labels: labels, divergenceShare: 1 / 50, randomNumbers: &drawing)
        let (means, logs) = (network.parameters.map(Double.init), variational.logDeviations.map(Double.init))
        let step = 1e-6
        for index in means.indices {
            func difference(_ change: (Double) -> ([Double], [Double])) -> Double {
                let (above, below) = (change(step), change(-step))
                return
                    (evidenceLoss(variational, above.0, above.1, inputs, labels, numbers)
                    - evidenceLoss(variational, below.0, below.1, inputs, labels, numbers)) / (2 * step)
            }
            let byMean = difference {
                var moved = means; moved[index] += $0; return (moved, logs)
            }
            let byLog = difference {
                var moved = logs; moved[index] += $0; return (means, moved)
            }
            #expect(abs(Double(variational.meanGradient[index]) - byMean) < 1e-5)
            #expect(abs(Double(variational.logDeviationGradient[index]) - byLog) < 1e-5)
        }
    }
}
