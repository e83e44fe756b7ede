import ArrayFiles
import EnsembleKernel
import Ensembles
import Foundation
import MessagePassing
import Testing
import TestSupport

@MainActor struct KernelMatrixTests {
    /// The matrix in the file that is written, with its rows and columns.
    private func matrix(
        of ensemble: RandomEnsemble, _ pairs: ExamplePairs = .testTrain, class: Int? = nil,
        transform: Transform = .logSoftmax, threads: Int = 1, memory: Int = 1 << 30, ranks: Int = 1
    ) throws -> [[Float]] {
        let scratch = try Scratch()
        let kernel = try KernelMatrix(
            of: ensemble.opened(in: scratch), pairs: pairs, class: `class`, transform: transform, threads: threads,
            memory: memory, ranks: ranks)
        try kernel.write(to: scratch("kernel.npy"), world: SharedSession.world()) { _ in }
        let tensor = try ArrayFile.open(scratch("kernel.npy"))[0]
        #expect(tensor.shape == kernel.shape && tensor.elementType == .float32)
        let values = try tensor.withContiguousBytes { Array($0.bindMemory(to: Float.self)) }
        return stride(from: 0, to: values.count, by: tensor.shape[1]).map { Array(values[$0..<$0 + tensor.shape[1]]) }
    }

    private func expect(_ matrix: [[Float]], near oracle: [[Double]], within tolerance: Double = 2e-7) {
        #expect(matrix.count == oracle.count)
        for (row, expected) in zip(matrix, oracle) {
            #expect(zip(row, expected).allSatisfy { abs(Double($0) - $1) < tolerance })
        }
    }

    @Test(arguments: Transform.allCases)
    func `every pair has the kernel of the definition`(transform: Transform) throws {
        let ensemble = RandomEnsemble(runs: 9, test: 13, train: 21, classes: 4)
        let oracle = Oracle.kernel(of: ensemble, transform)
        expect(try matrix(of: ensemble, transform: transform), near: oracle)
        // Tiles of a few rows and blocks of runs, and threads, give the same bits.
        let whole = try matrix(of: ensemble, transform: transform)
        #expect(try matrix(of: ensemble, transform: transform, threads: 3) == whole)
        #expect(try matrix(of: ensemble, transform: transform, memory: 20_000) == whole)
    }

    @Test func `pairs among the same examples are symmetric, and themselves as near as can be`() throws {
        let ensemble = RandomEnsemble(runs: 7, test: 11, train: 17, classes: 3)
        let test = try matrix(of: ensemble, .testTest, memory: 12_000)
        for row in test.indices {
            #expect(abs(test[row][row] - 6 / 7) < 1e-6)
            for column in test.indices { #expect(test[row][column] == test[column][row]) }
        }
        #expect(try matrix(of: ensemble, .testTest) == test)
        #expect(try matrix(of: ensemble, .trainTrain, memory: 12_000).count == 17)
    }

    @Test func `the kernel is the mean of those of its classes`() throws {
        let ensemble = RandomEnsemble(runs: 8, test: 5, train: 6, classes: 3)
        let ofClasses = try (0..<3).map { try matrix(of: ensemble, class: $0) }
        let mean = (0..<5).map { row in
            (0..<6).map { column in ofClasses.reduce(0) { $0 + Double($1[row][column]) } / 3 }
        }
        expect(try matrix(of: ensemble), near: mean, within: 1e-6)
        #expect(ofClasses[0] != ofClasses[1])
    }

    @Test func `many runs of many classes keep seven digits`() throws {
        let ensemble = RandomEnsemble(runs: 300, test: 3, train: 4, classes: 100, elementType: .float16)
        expect(try matrix(of: ensemble), near: Oracle.kernel(of: ensemble, .logSoftmax))
    }

    @Test func `what cannot be computed is refused in one line`() throws {
        let ensemble = RandomEnsemble(runs: 4, test: 3, train: 4, classes: 2)
        func message(_ body: () throws -> Void) throws -> String {
            try refusal((any Error).self, of: body).map { "\($0)" } ?? ""
        }
        #expect(try message { _ = try matrix(of: ensemble, class: 2) } == "class 2: the classes are 0 to 1")
        #expect(try message { _ = try matrix(of: ensemble, memory: 10) }.hasPrefix("memory of 10 B: a rank needs"))
        let one = RandomEnsemble(runs: 1, test: 3, train: 4, classes: 2)
        #expect(try message { _ = try matrix(of: one) }.contains("1 run"))
        var broken = ensemble
        broken.trainLogits[13] = .nan
        #expect(try message { _ = try matrix(of: broken) }.contains("1 of 4 runs is not finite: 1 ("))
    }

    @Test func `an example is not its own neighbor, nor are two equal ones left out`() throws {
        var ensemble = RandomEnsemble(runs: 5, test: 6, train: 8, classes: 3)
        // Test examples 0, 2 and 4 are the same.
        for run in 0..<5 {
            for other in [2, 4] {
                for c in 0..<3 {
                    ensemble.logits[(run * 6 + other) * 3 + c] = ensemble.logits[run * 6 * 3 + c]
                }
            }
        }
        let scratch = try Scratch()
        let graph = try NeighborGraph(
            of: ensemble.opened(in: scratch), pairs: .testTest, k: 2, options: SearchOptions(),
            world: SharedSession.world()
        ) { _ in }
        #expect(graph.shape == [6, 6] && graph.k == 2)
        let lists = graph.parts[0].lists
        #expect(Array(lists.indices[0..<2]) == [2, 4])
        #expect(Array(lists.indices[4..<6]) == [0, 4])
        #expect(Array(lists.indices[8..<10]) == [0, 2])
        let kernel = try matrix(of: ensemble, .testTest)
        for row in 0..<6 {
            let others = (0..<6).filter { $0 != row }.sorted {
                kernel[row][$0] > kernel[row][$1] || (kernel[row][$0] == kernel[row][$1] && $0 < $1)
            }
            #expect(lists.indices[row * 2..<row * 2 + 2].map(Int.init) == Array(others.prefix(2)))
        }
        #expect(throws: AgreedFailure.self) {
            _ = try NeighborGraph(
                of: ensemble.opened(in: Scratch()), pairs: .testTest, k: 6, options: SearchOptions(),
                world: SharedSession.world()
            ) { _ in }
        }
    }
}
