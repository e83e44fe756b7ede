import ArrayFiles
import EnsembleKernel
import EnsembleMetrics
import Ensembles
import Foundation
import MessagePassing

/// Writes the nearest training example of each test example, and prints the error of predicting its label:
///
///     mpirun -n 2 nearest ENSEMBLE neighbors.npy
@main
enum Nearest {
    static func main() throws {
        let arguments = Array(CommandLine.arguments.dropFirst())
        guard arguments.count == 2 else {
            print("usage: nearest ENSEMBLE neighbors.npy")
            exit(64)
        }
        let session = try Session.start()
        do {
            try run(ensemble: arguments[0], output: arguments[1], world: session.world)
        } catch {
            print("\(error)")
            session.abort(exitCode: 1)
        }
        try session.finalize()
    }

    private static func run(ensemble path: String, output: String, world: Communicator) throws {
        let ensemble = try Ensemble(opening: [path])
        let (test, train) = try ensemble.logits(of: .testTrain)
        let found = try NeighborSearch(
            rows: test, columns: train, neighbors: 1, options: SearchOptions(), world: world
        ).run { _ in }

        // Each rank has some of the test examples: rank 0 puts them in order.
        let rows = try world.gather(found.parts.flatMap { Array($0.rows) }, root: 0)
        let nearest = try world.gather(found.parts.flatMap(\.lists.indices), root: 0)
        guard let rows, let nearest else { return }
        var neighbors = [Int64](repeating: -1, count: test.examples)
        for (row, index) in zip(rows.joined(), nearest.joined()) { neighbors[row] = index }
        try NPY.write(neighbors, shape: [test.examples, 1], to: output)

        guard let labels = ensemble.labels(of: .test), let trainLabels = ensemble.labels(of: .train) else { return }
        let probabilities = neighbors.flatMap { neighbor in
            (0..<test.classes).map { trainLabels[Int(neighbor)] == $0 ? 1.0 : 0 }
        }
        let predictions = Predictions(
            probabilities: probabilities, classes: test.classes, labels: labels.map(Int32.init))
        print("error of the nearest neighbor: \(Metrics(of: predictions, seed: 0).error)")
    }
}
