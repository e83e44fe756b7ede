/// What the chains of an ensemble have in common: the examples, how they become inputs, the shape of the networks.
package struct TrainingTask: Sendable {
    /// The examples, of which all are used.
    package let dataset: Dataset
    /// How networks are trained.
    package let options: TrainingOptions
    /// Makes inputs of images.
    package let standardization: InputStandardization
    /// The shape of the networks.
    package let layout: NetworkLayout

    /// The task of training on `dataset`, of which all examples are used.
    package init(dataset: Dataset, options: TrainingOptions) {
        self.dataset = dataset
        self.options = options
        standardization = InputStandardization(
            images: dataset.train.images, features: dataset.features, channels: dataset.channels)
        layout = NetworkLayout(inputs: dataset.features, hidden: options.hidden, classes: dataset.classes)
    }

    /// The numbers of all training examples.
    var trainExamples: [Int32] { Array(0..<Int32(dataset.train.count)) }
}
