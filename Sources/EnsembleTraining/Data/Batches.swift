import RandomStreams

/// Training examples as network inputs, in batches whose order changes in every epoch.
struct Batches {
    private let task: TrainingTask
    private var order: [Int32]
    /// The inputs of the last batch loaded, shape (examples of the batch, features), followed by leftovers of earlier
    /// ones.
    private(set) var inputs: [Float]
    /// The soft targets of the last batch loaded, shape (examples of the batch, C); empty where labels are learned.
    private(set) var targets: [Float] = []

    /// Batches of the training examples of a task with the given indices.
    init(_ task: TrainingTask, examples: [Int32]) {
        self.task = task
        order = examples
        inputs = Array(repeating: 0, count: min(task.options.batch, examples.count) * task.dataset.features)
    }

    /// Number of batches in an epoch; the last one takes the remaining examples.
    var count: Int { (order.count + task.options.batch - 1) / task.options.batch }

    /// Shuffles the examples.
    mutating func shuffle(_ randomNumbers: inout RandomNumbers) { randomNumbers.shuffle(&order) }

    /// Loads the inputs of batch number `batch` in 0..<count, and returns its labels.
    mutating func load(_ batch: Int) -> [Int32] {
        let first = batch * task.options.batch
        let examples = order[first..<min(first + task.options.batch, order.count)]
        task.standardization.gather(examples, of: task.dataset.train.images, into: &inputs)
        if let all = task.targets {
            targets = examples.flatMap { all.probabilities[Int($0) * all.classes..<(Int($0) + 1) * all.classes] }
        }
        return examples.map { task.dataset.train.labels[Int($0)] }
    }
}
