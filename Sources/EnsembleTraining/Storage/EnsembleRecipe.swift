import UserMessages

/// The recipe of an ensemble's runs: all properties in which runs of the same ensemble agree.
struct EnsembleRecipe: Codable, Equatable, Sendable {
    /// The name by which the data set was requested. Not compared: its contents are.
    let dataset: String
    /// Number of classes.
    let classes: Int
    /// The options, with the actual numbers of examples.
    let options: TrainingOptions

    /// Number of test examples.
    var test: Int { options.testExamples ?? 0 }
    /// Number of training examples.
    var train: Int { options.trainExamples ?? 0 }

    /// The recipe of training on `dataset`, all of whose examples are used.
    init(dataset: Dataset, options: TrainingOptions) {
        var options = options
        options.trainExamples = dataset.train.count
        options.testExamples = dataset.test.count
        self.dataset = dataset.name
        self.classes = dataset.classes
        self.options = options
    }

    /// Checks that the recipe is the same as that of the runs in `folder`.
    ///
    /// - Throws: ``TrainingOptionError`` naming the first option that differs.
    func requireSame(as earlier: EnsembleRecipe, in folder: String) throws {
        func compare<Value: Equatable>(_ option: String, _ value: (EnsembleRecipe) -> Value) throws {
            let (was, now) = (value(earlier), value(self))
            if was != now {
                throw TrainingOptionError.differs(option, folder: folder, made: "\(was)", wanted: "\(now)")
            }
        }
        func compare(flag option: String, _ isSet: (EnsembleRecipe) -> Bool) throws {
            if isSet(earlier) != isSet(self) {
                throw TrainingOptionError.differsInFlag(option, folder: folder, isSet: isSet(earlier))
            }
        }
        try compare("method") { $0.options.method }
        try compare("samples") { $0.options.samples }
        try compare("seed") { $0.options.seed }
        // Before the numbers of examples, which follow from it.
        try compare("leave out classes") { recipe in
            recipe.options.leftOutClasses.map { $0.map(String.init).joined(separator: ",") } ?? "none"
        }
        try compare("subset") { recipe in
            if case .subset(let share) = recipe.options.draw { "\(share)" } else { "none" }
        }
        try compare(flag: "bootstrap") { $0.options.draw == .bootstrap }
        try compare("targets") { recipe in
            recipe.options.targets.map { "of CRC-32 \(NumberText.digits($0, width: 8, radix: 16))" } ?? "none"
        }
        try compare(flag: "keep weights") { $0.options.keepsWeights == true }
        try compare("network") { recipe in
            recipe.options.filters.map { "conv(\($0.map(String.init).joined(separator: ",")))" } ?? "mlp"
        }
        try compare("shift") { $0.options.shift ?? 0 }
        try compare("hidden") { $0.options.hidden.map(String.init).joined(separator: ",") }
        try compare("epochs") { $0.options.epochs }
        try compare("batch size") { $0.options.batch }
        try compare("learning rate") { $0.options.learningRate }
        try compare("momentum") { $0.options.momentum }
        try compare("weight decay") { $0.options.weightDecay }
        try compare("train examples") { $0.train }
        try compare("test examples") { $0.test }
        try compare("classes") { $0.classes }
        let (was, now) = (earlier.options.leftOut ?? [], options.leftOut ?? [])
        guard was == now else {
            throw TrainingOptionError.differs(
                "leave out examples", folder: folder, made: Self.shortened(was), wanted: Self.shortened(now))
        }
    }

    /// The first few numbers, and how many there are.
    private static func shortened(_ numbers: [Int]) -> String {
        guard !numbers.isEmpty else { return "none" }
        let most = 9
        let first = numbers.prefix(most).map(String.init).joined(separator: ",")
        return numbers.count > most ? "\(first),... (\(numbers.count) examples)" : first
    }
}
