import EnsembleTraining
import Testing

/// On the main thread, as whatever multiplies by OpenBLAS: it ends its threads at a fork, of which MPI's start has one,
/// and hangs where another thread is at work meanwhile.
@MainActor @Suite struct LatentFactorModelTests {
    /// The logits of some runs for a block: a row a run.
    private func logits(_ model: LatentFactorModel, runs: Range<Int>, _ block: LatentFactorModel.Block) -> [[Float]] {
        var workspace = LatentFactorModel.Workspace()
        return runs.map { run in
            model.makeLogits(run: run, block, in: &workspace)
            return workspace.halves.map { Float(Float16(bitPattern: $0)) }
        }
    }

    private func mean(_ values: [Float]) -> Float { values.reduce(0, +) / Float(values.count) }

    private func correlation(_ x: [Float], _ y: [Float]) -> Float {
        let (meanX, meanY) = (mean(x), mean(y))
        func sum(_ term: (Int) -> Float) -> Float { x.indices.reduce(0) { $0 + term($1) } }
        let product = sum { (x[$0] - meanX) * (y[$0] - meanY) }
        let squares = sum { (x[$0] - meanX) * (x[$0] - meanX) } * sum { (y[$0] - meanY) * (y[$0] - meanY) }
        return product / squares.squareRoot()
    }

    @Test(arguments: [3, 10, 100]) func `a synthetic run is right on about 90 percent`(classes: Int) {
        let model = LatentFactorModel(classes: classes, seed: 5)
        let block = model.block(.test, 0..<500)
        let runs = logits(model, runs: 0..<10, block)
        let right = runs.reduce(0) { count, run in
            count
                + block.labels.indices.count { example in
                    let row = Array(run[(example * classes)..<((example + 1) * classes)])
                    return row.firstIndex(of: row.max()!)! == Int(block.labels[example])
                }
        }
        #expect((0.8...0.97).contains(Double(right) / 5_000))
    }

    @Test func `logits of examples in one class are correlated over the runs, others are not`() {
        let model = LatentFactorModel(classes: 10, seed: 1)
        let block = model.block(.train, 0..<120)
        let runs = logits(model, runs: 0..<200, block)
        func outputs(_ example: Int) -> [Float] { runs.map { $0[example * 10] } }
        var same: [Float] = []
        var different: [Float] = []
        for first in 0..<120 {
            for second in 0..<first {
                let value = correlation(outputs(first), outputs(second))
                if block.labels[first] == block.labels[second] { same.append(value) } else { different.append(value) }
            }
        }
        #expect((0.3...0.5).contains(mean(same)))
        #expect(abs(mean(different)) < 0.05)
        #expect(same.max()! > 0.75 && same.min()! < 0.2)
    }

    @Test func `different splits, runs, examples and seeds have different logits`() {
        let model = LatentFactorModel(classes: 4, seed: 1)
        let other = LatentFactorModel(classes: 4, seed: 2)
        let test = model.block(.test, 0..<50)
        let later = model.block(.test, 50..<100)
        let train = model.block(.train, 0..<50)
        let labels = [test.labels, later.labels, train.labels, other.block(.test, 0..<50).labels]
        #expect(Set(labels).count == 4)
        let rows =
            logits(model, runs: 0..<2, test) + logits(model, runs: 0..<1, later) + logits(model, runs: 0..<1, train)
            + logits(other, runs: 0..<1, other.block(.test, 0..<50))
        #expect(Set(rows).count == 5)
        #expect(labels.joined().allSatisfy { (0..<4).contains($0) } && Set(labels[0]).count == 4)
    }

    @Test func `no logit depends on what was generated before it`() {
        let model = LatentFactorModel(classes: 7, seed: 3)
        let block = model.block(.train, 100..<130)
        let inOrder = logits(model, runs: 0..<6, block)
        #expect(logits(model, runs: 5..<6, block)[0] == inOrder[5])
        var workspace = LatentFactorModel.Workspace()
        model.makeLogits(run: 2, model.block(.test, 0..<99), in: &workspace)
        model.makeLogits(run: 5, block, in: &workspace)
        #expect(workspace.halves.map { Float(Float16(bitPattern: $0)) } == inOrder[5])
    }
}
