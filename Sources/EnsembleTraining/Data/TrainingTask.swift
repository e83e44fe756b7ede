/// The part that all chains of an ensemble share: the examples, their conversion to inputs, the shape of the networks.
package struct TrainingTask: Sendable {
    /// The examples.
    package let dataset: Dataset
    /// The indices of the examples that networks are trained on, ascending.
    let trainExamples: [Int32]
    /// The options of training.
    package let options: TrainingOptions
    /// The conversion of images to inputs.
    package let standardization: InputStandardization
    /// The shape of the networks.
    package let layout: NetworkLayout

    /// The task of training on `dataset`, whose examples are all used but for those that the options leave out.
    package init(dataset: Dataset, options: TrainingOptions) {
        self.dataset = dataset
        self.options = options
        let leftOut = Set(options.leftOut ?? [])
        let kept = (0..<dataset.train.count).filter { !leftOut.contains($0) }
        trainExamples = kept.map { Int32($0) }
        let (images, features) = (dataset.train.images, dataset.features)
        standardization = InputStandardization(
            images: leftOut.isEmpty ? images : kept.flatMap { images[$0 * features..<($0 + 1) * features] },
            features: features, channels: dataset.channels)
        layout = NetworkLayout(of: dataset, options)
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
