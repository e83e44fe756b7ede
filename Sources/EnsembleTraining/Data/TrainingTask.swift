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
        layout = NetworkLayout(of: dataset, options)
    }

    /// The indices of all training examples.
    var trainExamples: [Int32] { Array(0..<Int32(dataset.train.count)) }
}

extension NetworkLayout {
    /// The layout of networks with these options for the images of a data set, which are large enough.
    init(of dataset: Dataset, _ options: TrainingOptions) {
        self.init(
            imageShape: dataset.imageShape, filters: options.filters ?? [], hidden: options.hidden,
            classes: dataset.classes)
    }
}
