/// The part that all chains of an ensemble share: the examples, their conversion to inputs, the shape of the networks.
package struct TrainingTask: Sendable {
    /// The examples, all of which are used.
    package let dataset: Dataset
    /// The options of training.
    package let options: TrainingOptions
    /// The conversion of images to inputs.
    package let standardization: InputStandardization
    /// The shape of the networks.
    package let layout: NetworkLayout

    /// The task of training on `dataset`, all of whose examples are used.
    package init(dataset: Dataset, options: TrainingOptions) {
        self.dataset = dataset
        self.options = options
        standardization = InputStandardization(
            images: dataset.train.images, features: dataset.features, channels: dataset.channels)
        layout = NetworkLayout(inputs: dataset.features, hidden: options.hidden, classes: dataset.classes)
    }

    /// The indices of all training examples.
    var trainExamples: [Int32] { Array(0..<Int32(dataset.train.count)) }
}
