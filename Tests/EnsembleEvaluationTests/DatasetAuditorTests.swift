import ArrayFiles
import EnsembleEvaluation
import EnsembleKernel
import Ensembles
import Foundation
import KernelPrediction
import MessagePassing
import Testing
import TestSupport

@MainActor @Suite struct DatasetAuditorTests {
    private func audit(
        _ ensemble: Ensemble, _ change: (inout AuditOptions) -> Void = { _ in }
    ) throws -> DatasetAudit {
        var options = AuditOptions()
        options.prediction.search.threads = 2
        change(&options)
        let audit = try DatasetAuditor(ensemble, options: options, world: SharedSession.world())
            .audit(version: "test") { _, _ in }.audit
        return try #require(audit)
    }

    /// The neighbors of the real runs in float64, the nearest first, and their similarities.
    private static func expectedNeighbors() throws -> (indices: [Int], similarities: [Double]) {
        let tensors = try ArrayFile.open("\(Fixtures.fashion)/expected-neighbors.npz")
        let indices = try #require(tensors.first { $0.name == "neighbors" }).integers()
        let similarities = try #require(tensors.first { $0.name == "similarities" }).withContiguousBytes {
            Array($0.bindMemory(to: Double.self))
        }
        return (indices, similarities)
    }

    @Test func `near-duplicates, failures and leaks are those of the float64 neighbors`() throws {
        let ensemble = try Ensemble(opening: [Fixtures.fashion])
        let inspection = try audit(ensemble) { options in
            options.duplicates = 3...7
            options.duplicateSimilarity = 0.9
            options.failures = 5
        }
        let (labels, trainLabels) = (try #require(ensemble.testLabels), try #require(ensemble.trainLabels))
        let (neighbors, similarities) = try Self.expectedNeighbors()
        let k = neighbors.count / labels.count
        let ranked = labels.indices.sorted { similarities[$0 * k] > similarities[$1 * k] }
        #expect(inspection.near_duplicates.map(\.rank) == Array(3...7))
        #expect(inspection.near_duplicates.map(\.test) == Array(ranked[2..<7]))
        for example in inspection.near_duplicates {
            let own = Array(neighbors[example.test * k..<example.test * k + 9])
            #expect(example.neighbors.map(\.train) == own)
        }
        let wrong = ranked.filter { trainLabels[neighbors[$0 * k]] != labels[$0] }
        #expect(inspection.failures?.map(\.test) == Array(wrong.prefix(5)))

        // 0.9 of an example's similarity with itself.
        let threshold = Float(0.9 * 63 / 64 - 1e-6)
        let with = labels.indices.filter { Float(similarities[$0 * k]) >= threshold }
        #expect(inspection.leak.with == with.count && inspection.leak.without == labels.count - with.count)
        let right = with.count { trainLabels[neighbors[$0 * k]] == labels[$0] }
        #expect(inspection.leak.nearest_with == Double(right) / Double(with.count))
        let grouped = Set(inspection.groups.flatMap(\.test))
        #expect(grouped == Set(with))

        #expect(inspection.calibration?.reduce(0) { $0 + $1.answers } == labels.count)
        #expect(inspection.examples_by_right_runs?.count == 65)
        #expect(inspection.examples_by_right_runs?.reduce(0, +) == labels.count)
        let hardest = try #require(inspection.hardest)
        #expect(zip(hardest, hardest.dropFirst()).allSatisfy { $0.right <= $1.right })
        #expect(inspection.random.count == 10 && Set(inspection.random.map(\.test)).count == 10)
        #expect(inspection.accuracy?.kernel_majority?.k == 3 && inspection.selection != nil && inspection.sweep != nil)
    }

    @Test func `a training example is suspect if the vote of its neighbors contradicts its label`() throws {
        let ensemble = try Ensemble(opening: [Fixtures.fashion])
        let trainLabels = try #require(ensemble.trainLabels)
        let graph = try NeighborGraph(
            of: ensemble, pairs: .trainTrain, k: 20, options: SearchOptions(), world: SharedSession.world()
        ) { _ in }
        let lists = graph.parts[0].lists
        let train = try #require(ensemble.train)
        let mean = try EnsembleAverage.meanProbabilities(of: train, examples: 0..<train.examples, threads: 1)
        var expected: [(train: Int, suggested: Int, score: Double, probability: Double)] = []
        for train in trainLabels.indices {
            var votes = [Double](repeating: 0, count: 10)
            for place in train * 20..<train * 20 + 20 {
                votes[trainLabels[Int(lists.indices[place])]] += pow(Double(lists.similarities[place]), 4)
            }
            let best = votes.firstIndex(of: votes.max()!)!
            // With one neighbor more, of the mean weight, that is divided among all classes.
            let total = votes.reduce(0, +) * 21 / 20
            if best != trainLabels[train] {
                let products = (0..<10).map { (votes[$0] + total / 210) * mean[train * 10 + $0] }
                expected.append(
                    (
                        train, best, (votes[best] - votes[trainLabels[train]]) / total,
                        products[trainLabels[train]] / products.reduce(0, +)
                    ))
            }
        }
        let suspects = try #require(audit(ensemble).suspects)
        #expect(Set(suspects.map(\.train)) == Set(expected.map(\.train)))
        for suspect in suspects {
            let other = try #require(expected.first { $0.train == suspect.train })
            #expect(suspect.suggested == other.suggested && abs(suspect.score - other.score) < 1e-12)
            let probability = try #require(suspect.label_probability)
            #expect(abs(probability - other.probability) < 1e-12)
        }
        let probabilities = suspects.compactMap(\.label_probability)
        #expect(zip(probabilities, probabilities.dropFirst()).allSatisfy { $0 <= $1 })
        let table = try audit(ensemble).suspectsTable(labels: trainLabels).split(separator: "\n")
        #expect(table.count == suspects.count + 1)
        #expect(table[1].hasPrefix("\(suspects[0].train),\(trainLabels[suspects[0].train]),\(suspects[0].suggested),"))
    }

    @Test func `suspects do not depend on the order in which classes are numbered`() throws {
        let original = try Ensemble(opening: [Fixtures.fashion])
        let (labels, trainLabels) = (try #require(original.testLabels), try #require(original.trainLabels))
        let ensemble = try Ensemble(
            opening: [Fixtures.fashion], testLabels: Labels(labels.map { ($0 + 1) % 10 }, source: "test"),
            trainLabels: Labels(trainLabels.map { ($0 + 1) % 10 }, source: "train"))
        let (found, usual) = (try audit(ensemble), try audit(original))
        #expect(found.suspects_by == .voteAndRuns && usual.suspects_by == .voteAndRuns)
        let (suspects, others) = (try #require(found.suspects), try #require(usual.suspects))
        #expect(suspects.map(\.train) == others.map(\.train) && suspects.count > 10)
        #expect(suspects.map(\.suggested) == others.map { ($0.suggested + 1) % 10 })
        for (suspect, other) in zip(suspects, others) {
            #expect(abs(try #require(suspect.label_probability) - #require(other.label_probability)) < 1e-12)
        }
    }

    @Test func `outputs are matched to classes by what the runs say, if they agree with the labels at all`() throws {
        func columns(_ examples: [(label: Int, vote: Int, runs: Int)]) throws -> [Int]? {
            func certain(_ place: Int) -> [Double] { (0..<3).map { $0 == place ? 0.8 : 0.1 } }
            var counts = ClassColumns.Counts(classes: 3)
            for (number, example) in examples.enumerated() {
                counts.add(
                    LabelOpinions(
                        train: number, label: example.label, ofVote: certain(example.vote),
                        ofRuns: certain(example.runs)
                    ))
            }
            return try ClassColumns(counts, world: SharedSession.world())?.ofClasses
        }
        let labels = [0, 0, 1, 1, 2, 2]
        #expect(try columns(labels.map { ($0, $0, $0) }) == [0, 1, 2])
        #expect(try columns(labels.map { ($0, $0, [2, 0, 1][$0]) }) == [2, 0, 1])
        // Half of what the vote gets right is enough; all of one output says nothing.
        #expect(try columns([(0, 0, 0), (0, 0, 1), (1, 1, 1), (1, 1, 0), (2, 2, 2), (2, 2, 0)]) == [0, 1, 2])
        #expect(try columns(labels.map { ($0, $0, 1) }) == nil)
    }

    @Test func `unlabeled examples are no suspects, no failures and not hard`() throws {
        let original = try Ensemble(opening: [Fixtures.fashion])
        var (labels, trainLabels) = (try #require(original.testLabels), try #require(original.trainLabels))
        for example in stride(from: 0, to: 500, by: 3) { labels[example] = -1 }
        for example in stride(from: 0, to: 2000, by: 4) { trainLabels[example] = -1 }
        let ensemble = try Ensemble(
            opening: [Fixtures.fashion], testLabels: Labels(labels, source: "test"),
            trainLabels: Labels(trainLabels, source: "train"))
        let found = try audit(ensemble) { $0.duplicateSimilarity = 0.9 }
        #expect(found.ensemble.unlabeled?.test == 167 && found.ensemble.unlabeled?.train == 500)

        let graph = try NeighborGraph(
            of: original, pairs: .trainTrain, k: 20, options: SearchOptions(), world: SharedSession.world()
        ) { _ in }
        let lists = graph.parts[0].lists
        var suspects: [Int: Int] = [:]
        for train in trainLabels.indices where trainLabels[train] >= 0 {
            var votes = [Double](repeating: 0, count: 10)
            for place in train * 20..<train * 20 + 20 where trainLabels[Int(lists.indices[place])] >= 0 {
                votes[trainLabels[Int(lists.indices[place])]] += pow(Double(lists.similarities[place]), 4)
            }
            let best = votes.firstIndex(of: votes.max()!)!
            if votes[best] > votes[trainLabels[train]] { suspects[train] = best }
        }
        let own = try #require(found.suspects)
        #expect(Dictionary(uniqueKeysWithValues: own.map { ($0.train, $0.suggested) }) == suspects && own.count > 10)

        let (neighbors, similarities) = try Self.expectedNeighbors()
        let k = neighbors.count / labels.count
        let ranked = labels.indices.sorted { similarities[$0 * k] > similarities[$1 * k] }
        let wrong = ranked.filter { test in
            let other = trainLabels[neighbors[test * k]]
            return labels[test] >= 0 && other >= 0 && labels[test] != other
        }
        #expect(found.failures?.map(\.test) == Array(wrong.prefix(8)))
        let threshold = Float(0.9 * 63 / 64 - 1e-6)
        let with = labels.indices.filter { Float(similarities[$0 * k]) >= threshold }
        let labeled = with.filter { labels[$0] >= 0 }
        #expect(found.leak.with == with.count && found.leak.without == 500 - with.count)
        let right = labeled.count { trainLabels[neighbors[$0 * k]] == labels[$0] }
        #expect(found.leak.nearest_with == Double(right) / Double(labeled.count) && labeled.count < with.count)

        // Counts of the runs that are right are those that they would be if all were labeled.
        let counts = try CorrectCounts(
            of: #require(original.test), labels: #require(original.testLabels), world: SharedSession.world(), threads: 2
        ).ofExample
        let hard = labels.indices.filter { labels[$0] >= 0 }.sorted { (counts[$0], $0) < (counts[$1], $1) }
        #expect(found.hardest?.map(\.test) == Array(hard.prefix(24)))
        #expect(found.hardest?.map(\.right) == hard.prefix(24).map { counts[$0] })
        #expect(found.examples_by_right_runs == (0...64).map { number in hard.count { counts[$0] == number } })
        #expect(found.calibration?.reduce(0) { $0 + $1.answers } == 333)
    }

    @Test func `copies are found and grouped without any labels`() throws {
        let scratch = try Scratch()
        var ensemble = RandomEnsemble(runs: 8, test: 6, train: 9, classes: 3)
        for run in 0..<8 {
            for c in 0..<3 {
                func test(_ example: Int) -> Int { (run * 6 + example) * 3 + c }
                func train(_ example: Int) -> Int { (run * 9 + example) * 3 + c }
                // Test example 4 is training example 2, and so is training example 7; test example 0 is training
                // example 5.
                ensemble.logits[test(4)] = ensemble.trainLogits[train(2)]
                ensemble.trainLogits[train(7)] = ensemble.trainLogits[train(2)]
                ensemble.logits[test(0)] = ensemble.trainLogits[train(5)]
            }
        }
        // Nothing is known of labels: all that needs none is there.
        try ensemble.write(to: scratch.path, labels: false)
        let features = (0..<9).map { Float($0) }
        try NPY.write(Array(features.prefix(6)), shape: [6, 1], to: scratch("features.npy"))
        try NPY.write(features, shape: [9, 1], to: scratch("features_train.npy"))
        let inspection = try audit(Ensemble(opening: [scratch.path])) { options in
            options.duplicateSimilarity = 1
        }
        #expect(Array(inspection.near_duplicates.map(\.test).prefix(2)) == [0, 4])
        #expect(inspection.groups.map(\.train) == [[2, 7], [5]] && inspection.groups.map(\.test) == [[4], [0]])
        #expect(inspection.groups.allSatisfy { $0.similarity == 0.875 })
        #expect(
            inspection.duplicatesTable.split(separator: "\n").map(String.init) == [
                "group,set,example,keep,least_similarity", "0,train,2,1,0.875", "0,train,7,1,0.875", "0,test,4,1,0.875",
                "1,train,5,1,0.875", "1,test,0,1,0.875",
            ])
        #expect(inspection.leak.with == 2 && inspection.leak.nearest_with == nil)
        #expect(inspection.suspects == nil && inspection.failures == nil && inspection.accuracy == nil)
        let nearest = try #require(inspection.nearest_by_features)
        for (example, pair) in zip(inspection.random, nearest) {
            #expect(pair == (example.test == 0 ? [0, 1] : [example.test, example.test - 1]))
        }
    }
}
