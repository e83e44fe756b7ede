import RandomStreams

/// Training examples as network inputs, in batches of an order that is another in every epoch.
struct Batches {
    private let task: TrainingTask
    private var order: [Int32]
    /// The inputs of the batch that was loaded last, shape (examples of the batch, features), and what is left of
    /// others.
    private(set) var inputs: [Float]

    /// Batches of some of the training examples of a task, by their numbers.
    init(_ task: TrainingTask, examples: [Int32]) {
        self.task = task
        order = examples
        inputs = Array(repeating: 0, count: min(task.options.batch, examples.count) * task.dataset.features)
    }

    /// Batches of an epoch; the last takes what is left.
    var count: Int { (order.count + task.options.batch - 1) / task.options.batch }

    /// Puts the examples into another order.
    mutating func shuffle(_ randomNumbers: inout RandomNumbers) { randomNumbers.shuffle(&order) }

    /// Loads the inputs of a batch in 0..<count, and returns its labels.
    mutating func load(_ batch: Int) -> [Int32] {
        let first = batch * task.options.batch
        let examples = order[first..<min(first + task.options.batch, order.count)]
        task.standardization.gather(examples, of: task.dataset.train.images, into: &inputs)
        return examples.map { task.dataset.train.labels[Int($0)] }
    }
}
