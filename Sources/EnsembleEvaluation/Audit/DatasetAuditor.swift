import ArrayFiles
import EnsembleKernel
import EnsembleMetrics
import Ensembles
import KernelPrediction
import MessagePassing
import RandomStreams

/// Audits a data set with the kernel: near-duplicates, suspect labels, failures, accuracies.
public struct DatasetAuditor {
    /// The stages of an audit, with one progress bar each.
    public enum Stage: String, CaseIterable, Sendable {
        case kernel
        case sweep
        case copies
    }

    private let ensemble: Ensemble
    private let options: AuditOptions
    private let world: Communicator

    /// Number of neighbors kept for each test example.
    private static let neighbors = 9
    /// The vote of a suspect's neighbors.
    package static let suspectVote = PredictionOptions.Votes().weighted

    /// An auditor of the data set of an ensemble with logits of test and training examples.
    public init(_ ensemble: Ensemble, options: AuditOptions, world: Communicator) {
        self.ensemble = ensemble
        self.options = options
        self.world = world
    }

    /// Audits the data set. Collective over `world`: every rank calls it.
    ///
    /// - Parameters:
    ///   - version: The version of the program.
    ///   - progress: Called with the stage and the fraction of it that is done.
    /// - Returns: The audit on rank 0, nil on the other ranks; the soft targets computed from the same neighbors; and
    ///   these neighbors.
    /// - Throws: `AgreedFailure` on every rank if logits are missing or not finite, the memory is too small, or (75)
    ///   the job is asked to stop; `MPIError`; `ArrayFileError` if a file of features cannot be read.
    public func audit(
        version: String, progress: (Stage, Double) -> Void
    ) throws -> (audit: DatasetAudit?, targets: SoftTargets, neighbors: NeighborTables) {
        var asked = options.prediction
        let search = asked.search
        let hasLabels = ensemble.trainLabels != nil && ensemble.testLabels != nil
        (asked.votes.selectsByLeaveOneOut, asked.votes.combines) = (ensemble.trainLabels != nil, hasLabels)
        if !hasLabels { asked.controls = nil }
        if let train = ensemble.train?.examples {
            asked.votes = asked.votes.fitted(to: train)
            asked.scaling = hasLabels ? LocalScaling.usualNearest(of: train, kept: asked.votes.kMax) : nil
        }
        let prediction = try Prediction(of: ensemble, options: asked, world: world, version: version) {
            progress(.kernel, $0)
        }
        let (test, train) = try ensemble.logits(of: .testTrain)
        let graph =
            try prediction.trainGraph
            ?? NeighborGraph(
                of: ensemble, pairs: .trainTrain, k: min(asked.votes.kMax, max(1, train.examples - 1)), options: search,
                world: world
            ) { progress(.kernel, $0) }
        var sweep = try self.sweep(test.runs, asked.scaling, version) { progress(.sweep, $0) }
        sweep?.pixels = prediction.summary.accuracy?.pixels
        let labels = ensemble.testLabels
        let correct = prediction.average.correct
        let rightRuns = correct.map { correct in
            (labels ?? []).enumerated().filter { $0.element.isClass }
                .map { DatasetAudit.HardExample(test: $0.offset, right: correct.ofExample[$0.offset]) }
        }
        let (metrics, calibration) = try calibration(test)
        let suspects = try suspects(graph)
        let links = try links(prediction.kernelParts, graph)
        let nearest = try NearestTable(
            prediction.kernelParts, rows: test.examples, most: Self.neighbors, world: world)
        let nearestOfTrain = try NearestTable(
            graph.parts, rows: train.examples, most: 3, world: world)
        let foundCopies = try searchCopies(
            test: prediction.kernelParts, train: graph.parts, classes: train.classes
        ) { progress(.copies, $0) }
        let byFeatures = try world.agree { try featureSearch() }
        let featurePairs = try byFeatures.flatMap {
            try $0.nearestPairs(options.featurePairs, threads: search.threads, world: world)
        }
        let targets = SoftTargets(
            ensemble, test: prediction.kernelParts, train: graph.parts, threads: search.threads, world: world)
        let neighbors = NeighborTables(
            kernel: (prediction.kernelParts, graph.parts),
            scaled: prediction.scaledTrainParts.map { (prediction.parts, $0) },
            examples: (test.examples, train.examples), world: world)
        let ranked = nearest?.ranked ?? []
        let shownPlaces = (options.duplicates.lowerBound - 1..<options.duplicates.upperBound).clamped(
            to: ranked.indices)
        let matches = try world.agree {
            try shownPlaces.map { place in
                try nearest.flatMap { try match(test: ranked[place], train: $0[ranked[place]][0].index) }
            }
        }
        let matchedPairs = try world.agree {
            try featurePairs?.map { pair in
                var pair = pair
                pair.match = try match(test: pair.test, train: pair.train)
                return pair
            }
        }
        guard let nearest, let nearestOfTrain else { return (nil, targets, neighbors) }

        let random = randomExamples(test.examples)
        func examples(_ some: some Sequence<Int>) -> [DatasetAudit.TestExample] {
            some.map { place in
                let example = ranked[place]
                return .init(test: example, rank: place + 1, neighbors: nearest.neighbors(of: example))
            }
        }
        let shown = zip(examples(shownPlaces), matches).map { example, match in
            var example = example
            example.match = match
            return example
        }
        let places = Dictionary(uniqueKeysWithValues: ranked.enumerated().map { ($1, $0) })
        let audit = DatasetAudit(
            version: version,
            ensemble: EnsembleSize(of: ensemble, test: test, train: train),
            settings: .init(
                transform: search.transform, duplicate_similarity: options.duplicateSimilarity, seed: options.seed),
            accuracy: prediction.summary.accuracy, selection: prediction.summary.selection, sweep: sweep,
            measures: metrics, calibration: calibration, right_of_run: correct?.ofRun,
            examples_by_right_runs: rightRuns.map { examples in
                examples.reduce(into: [Int](repeating: 0, count: test.runs + 1)) { $0[$1.right] += 1 }
            },
            hardest: rightRuns.map { examples in
                Array(
                    examples.sorted { ($0.right, $0.test) < ($1.right, $1.test) }.prefix(options.hardest))
            },
            classes: classes(prediction.average.logitsPrediction, suspects?.suspects ?? [], test.classes),
            confusions: confusions(prediction.average.logitsPrediction, correct?.ofExample ?? []),
            near_duplicates: shown, leak: leak(nearest, prediction.average.logitsPrediction),
            copies: foundCopies.map { summary(of: $0, prediction.average.logitsPrediction) }, groups: links.groups,
            failures: labels.flatMap { labels in
                ensemble.trainLabels.map { trainLabels in
                    examples(
                        ranked.indices.lazy.filter {
                            let (label, other) = (labels[ranked[$0]], trainLabels[nearest[ranked[$0]][0].index])
                            return label.isClass && other.isClass && label != other
                        }.prefix(options.failures))
                }
            },
            suspects: suspects?.suspects.map { suspect in
                var suspect = suspect
                suspect.neighbors = nearestOfTrain.neighbors(of: suspect.train)
                return suspect
            }, suspects_by: suspects?.by,
            random: examples(random.compactMap { places[$0] }),
            nearest_by_features: try byFeatures.map { search in
                try random.map { try search.nearest(to: $0, of: .test, most: 2).map(\.train) }
            }, nearest_pairs_by_features: matchedPairs)
        return (audit, targets, neighbors)
    }

    /// The smallest similarity of near-duplicates: the given share of an example's similarity with itself, minus the
    /// rounding to float.
    private var duplicateSimilarity: Float {
        let kernel = Kernel(runs: ensemble.test?.runs ?? 1, classes: ensemble.test?.classes ?? 1)
        return Float(Double(options.duplicateSimilarity) * kernel.selfSimilarity - 1e-6)
    }

    private func sweep(
        _ runs: Int, _ scaling: Int?, _ version: String, progress: (Double) -> Void
    ) throws -> Sweep? {
        guard ensemble.testLabels != nil, ensemble.trainLabels != nil, runs >= 4 else { return nil }
        var options = SweepOptions()
        options.windows = 4
        options.transforms = [.logSoftmax]
        options.classes = []
        options.scaling = scaling
        options.search = self.options.prediction.search
        options.neighbors = self.options.prediction.votes.kMax
        return try Sweeper(ensemble, options: options, world: world).sweep(version: version, progress: progress)
    }

    /// Metrics of the average of probabilities, and the bins of its confidence.
    private func calibration(_ test: Logits) throws -> (Metrics?, [ReliabilityBin]?) {
        guard let labels = ensemble.testLabels else { return (nil, nil) }
        struct Calibrated: Codable {
            let metrics: Metrics
            let answers: [ScoredPrediction]
        }
        let seed = options.seed
        let all = try SubsetPass(
            logits: test, labels: labels, world: world, threads: options.prediction.search.threads,
            memory: options.prediction.search.memory
        ).measured([Array(0..<test.runs)], progress: { _ in }) { sums in
            let predictions = sums.averageOfProbabilities
            return Calibrated(metrics: Metrics(of: predictions, seed: seed), answers: predictions.answers)
        }[0]
        return (all.metrics, all.answers.reliabilityBins)
    }

    /// Training examples whose neighbors vote for another label, the most suspect first: those whose own label is the
    /// least probable by the product of that vote and the mean of the runs' probabilities. (Of 100 wrong labels planted
    /// in Fashion-MNIST, 70 are among the first 100 in this order, 68 in that of the vote alone and 63 in that of the
    /// mean alone; of networks that have memorized their labels, 69, 65 and 46.)
    private func suspects(
        _ graph: NeighborGraph
    ) throws -> (suspects: [DatasetAudit.Suspect], by: DatasetAudit.LabelExperts)? {
        guard let labels = ensemble.trainLabels, let train = ensemble.train else { return nil }
        let (classes, threads) = (train.classes, options.prediction.search.threads)
        let vote = NearestVote(Self.suspectVote.vote, k: min(Self.suspectVote.k, graph.k))
        var counts = ClassColumns.Counts(classes: classes)
        var own: [LabelOpinions] = []
        try world.agree {
            for part in graph.parts {
                let ofVote = part.lists.probabilities(vote, trainLabels: labels, classes: classes)
                let ofRuns = try EnsembleAverage.meanProbabilities(of: train, examples: part.rows, threads: threads)
                for (row, train) in part.rows.enumerated() where labels[train].isClass {
                    let row = row * classes..<(row + 1) * classes
                    let opinions = LabelOpinions(
                        train: train, label: labels[train], ofVote: Array(ofVote[row]), ofRuns: Array(ofRuns[row]))
                    counts.add(opinions)
                    if opinions.contradict { own.append(opinions) }
                }
            }
        }
        let columns = try ClassColumns(counts, world: world)
        let by: DatasetAudit.LabelExperts = columns == nil ? .vote : .voteAndRuns
        func key(_ suspect: DatasetAudit.Suspect) -> (Double, Double, Int) {
            let (probability, doubt) = (suspect.label_probability ?? 0, 0 - suspect.score)
            return by == .vote ? (doubt, probability, suspect.train) : (probability, doubt, suspect.train)
        }
        let suspects = try world.gatherAsJSON(own.map { $0.suspect(columns) }).sorted { key($0) < key($1) }
        return (suspects, by)
    }

    /// Pairs of near-duplicates: a test and a training example, or two training examples.
    private func links(
        _ ofTest: [NeighborLists.OfExamples], _ graph: NeighborGraph
    ) throws -> DuplicateLinks {
        var own = DuplicateLinks()
        for (parts, isTest) in [(ofTest, true), (graph.parts, false)] {
            for part in parts {
                let k = part.lists.k
                for (row, example) in part.rows.enumerated() {
                    for place in row * k..<(row + 1) * k {
                        let similarity = part.lists.similarities[place]
                        guard similarity >= duplicateSimilarity else { break }
                        own.add(
                            isTest ? .test(example) : .train(example), Int(part.lists.indices[place]), similarity)
                    }
                }
            }
        }
        return DuplicateLinks(try world.gatherAsJSON(own.forest))
    }

    /// The images, if those of both sets have one shape; the same on every rank.
    private var comparableImages: PredictionOptions.ExampleImages? {
        options.images.flatMap { $0.test.isComparable(with: $0.train) ? $0 : nil }
    }

    /// The copies among the neighbors; nil without images.
    private func searchCopies(
        test: [NeighborLists.OfExamples], train: [NeighborLists.OfExamples], classes: Int, progress: (Double) -> Void
    ) throws -> CopySearch.Found? {
        try comparableImages.map { images in
            try CopySearch(
                images: images, trainLabels: ensemble.trainLabels, classes: classes,
                search: options.prediction.search, world: world
            ).copies(test: test, train: train, progress: progress)
        }
    }

    private func summary(of found: CopySearch.Found, _ predicted: [Int]) -> DatasetAudit.Copies {
        let test = found.copies.examples(of: .test)
        let isCopy = predicted.indices.map(test.contains)
        let isCorrect = isCorrect(predicted)
        return .init(
            comparisons: found.comparisons, least_correlations: found.thresholds, pairs: found.copies, test: test.count,
            train: found.copies.examples(of: .train).count, ensemble_with: accuracy(isCorrect, where: isCopy),
            ensemble_without: accuracy(isCorrect, where: isCopy.map { !$0 }))
    }

    /// How well a test example matches a training example by its pixels; nil without images.
    private func match(test: Int, train: Int) throws -> PixelMatch? {
        try comparableImages.map { try CopySearch.match(test, of: $0.test, with: train, of: $0.train) }
    }

    /// Whether a prediction is that of the label of the test example; nil without labels.
    private func isCorrect(_ predicted: [Int]) -> ((Int) -> Bool)? {
        ensemble.testLabels.map { labels in { predicted[$0] == labels[$0] } }
    }

    private func classes(
        _ predicted: [Int], _ suspects: [DatasetAudit.Suspect], _ classes: Int
    ) -> [DatasetAudit.ClassCounts]? {
        guard let labels = ensemble.testLabels, let trainLabels = ensemble.trainLabels else { return nil }
        var counts = (0..<classes).map { _ in DatasetAudit.ClassCounts(train: 0, test: 0, right: 0, suspects: 0) }
        for label in trainLabels where label.isClass { counts[label].train += 1 }
        for suspect in suspects { counts[trainLabels[suspect.train]].suspects += 1 }
        for (label, predicted) in zip(labels, predicted) where label.isClass {
            counts[label].test += 1
            counts[label].right += label == predicted ? 1 : 0
        }
        return counts
    }

    /// - Parameter right: Number of runs that predict each test example correctly.
    private func confusions(_ predicted: [Int], _ right: [Int]) -> [DatasetAudit.Confusion]? {
        guard let labels = ensemble.testLabels else { return nil }
        let mistaken = labels.indices.filter { labels[$0].isClass && labels[$0] != predicted[$0] }
        return Dictionary(grouping: mistaken) { [labels[$0], predicted[$0]] }.map { pair, examples in
            .init(
                label: pair[0], predicted: pair[1], count: examples.count,
                examples: Array(
                    examples.sorted { (right[$0], $0) < (right[$1], $1) }.prefix(options.confused)))
        }.sorted { ($1.count, $0.label, $0.predicted) < ($0.count, $1.label, $1.predicted) }
    }

    /// The accuracy on some of the labeled test examples; nil without any.
    private func accuracy(_ isCorrect: ((Int) -> Bool)?, where isMeant: [Bool]) -> Double? {
        let labeled = (ensemble.testLabels ?? []).labeled
        let some = isMeant.indices.filter { isMeant[$0] && labeled.contains($0) }
        guard let isCorrect, !some.isEmpty else { return nil }
        return Double(some.count(where: isCorrect)) / Double(some.count)
    }

    private func leak(_ nearest: NearestTable, _ predicted: [Int]) -> DatasetAudit.Leak {
        let hasDuplicate = (0..<nearest.rows).map { nearest[$0][0].similarity >= duplicateSimilarity }
        let ensemble = isCorrect(predicted)
        let byNearest = self.ensemble.testLabels.flatMap { labels in
            self.ensemble.trainLabels.map { trainLabels in
                { (example: Int) in trainLabels[nearest[example][0].index] == labels[example] }
            }
        }
        let (with, others) = (hasDuplicate.count { $0 }, hasDuplicate.map { !$0 })
        return .init(
            similarity: duplicateSimilarity, with: with, without: hasDuplicate.count - with,
            ensemble_with: accuracy(ensemble, where: hasDuplicate), ensemble_without: accuracy(ensemble, where: others),
            nearest_with: accuracy(byNearest, where: hasDuplicate),
            nearest_without: accuracy(byNearest, where: others))
    }

    private func randomExamples(_ count: Int) -> [Int] {
        var order = Array(0..<Int32(count))
        var randomNumbers = RandomNumbers(seed: options.seed, run: 0)
        randomNumbers.shuffle(&order)
        return order.prefix(options.random).map(Int.init)
    }

    /// The search by the features beside the logits; nil without any.
    private func featureSearch() throws -> NearestByFeatures? {
        NearestByFeatures(
            test: try ensemble.attachment(named: EnsembleLayout.features),
            train: try ensemble.attachment(named: EnsembleLayout.featuresTrain),
            examples: (ensemble.test?.examples ?? 0, ensemble.train?.examples ?? 0))
    }
}

extension NearestTable {
    /// The rows by the similarity of their nearest neighbor, the most similar first; by index for equal similarities.
    var ranked: [Int] {
        let nearest = (0..<rows).map { self[$0][0].similarity }
        return nearest.indices.sorted { nearest[$0] > nearest[$1] || (nearest[$0] == nearest[$1] && $0 < $1) }
    }

    func neighbors(of row: Int) -> [DatasetAudit.Neighbor] {
        self[row].map { .init(train: $0.index, similarity: $0.similarity) }
    }
}
