/// The part that all chains of an ensemble share: the examples, their conversion to inputs, the shape of the networks.
package struct TrainingTask: Sendable {
    /// The examples.
    package let dataset: Dataset
    /// The indices of the examples from which those are drawn that a chain is trained on, ascending.
    package let usedExamples: [Int32]
    /// What networks learn in place of the labels, for all training examples; nil for the labels.
    let targets: TrainingTargets?
    /// The options of training.
    package let options: TrainingOptions
    /// The conversion of images to inputs.
    package let standardization: InputStandardization
    /// The shape of the networks.
    package let layout: NetworkLayout

    /// Checks that networks with these options, which are valid, can be trained on a data set, all of whose examples
    /// are used.
    ///
    /// - Throws: ``TrainingOptionError`` if the images are too small for the convolutions, the network has more than a
    ///   billion weights, or there are no such examples to leave out.
    static func check(_ dataset: Dataset, _ options: TrainingOptions) throws {
        let (height, width) = (dataset.imageShape[0], dataset.imageShape[1])
        guard min(height, width) >> (options.filters?.count ?? 0) >= 1 else {
            throw TrainingOptionError.invalid(
                "network", rule: "mlp: images of \(height) x \(width) pixels are too small for its convolutions")
        }
        let weights = NetworkLayout(of: dataset, options).parameterCount
        guard weights <= 1_000_000_000 else {
            throw TrainingOptionError.invalid(
                "hidden", rule: "narrower: \(weights) weights are too many, at most 1,000,000,000")
        }
        let leftOut = options.leftOut ?? []
        if let other = leftOut.first(where: { !(0..<dataset.train.count ~= $0) }) {
            throw TrainingOptionError.invalid(
                "leave out examples",
                rule: "numbers of the \(dataset.train.count) training examples, from 0 on, not \(other)")
        }
        guard leftOut.count < dataset.train.count else {
            throw TrainingOptionError.invalid("leave out examples", rule: "fewer than all training examples")
        }
    }

    /// The task of training on `dataset`, whose examples are all used but for those that the options leave out.
    package init(dataset: Dataset, targets: TrainingTargets? = nil, options: TrainingOptions) {
        self.dataset = dataset
        self.targets = targets
        self.options = options
        usedExamples = options.usedExamples(of: dataset.train.count)
        let usesAll = usedExamples.count == dataset.train.count
        standardization = InputStandardization(
            images: usesAll ? dataset.train.images : dataset.images(usedExamples.map(Int.init), of: dataset.train),
            features: dataset.features, channels: dataset.channels)
        layout = NetworkLayout(of: dataset, options)
    }

    /// The indices of the examples that a chain is trained on, ascending; perhaps some of them several times.
    func trainExamples(ofChain chain: Int) -> [Int32] {
        options.draw?.examples(of: usedExamples, chain: chain, seed: options.seed) ?? usedExamples
    }
}

extension NetworkLayout {
    /// The layout of networks with these options for the images of a data set, which are large enough.
    init(of dataset: Dataset, _ options: TrainingOptions) {
        self.init(
            imageShape: dataset.imageShape, filters: options.filters ?? [], hidden: options.hidden,
            classes: dataset.classes)
    }
}
