/// What the user says about an ensemble's files beyond their paths.
public struct InputChoice: Sendable {
    /// The name of the test logits in the files; nil for the usual names.
    public var logits: String?
    /// The name of the training logits in the files; nil for the usual names.
    public var logitsTrain: String?
    /// A file with the labels of the test examples, or their name in the files; nil for the usual names.
    public var labels: String?
    /// A file with the labels of the training examples, or their name in the files; nil for the usual names.
    public var labelsTrain: String?
    /// Whether labels are read: those of other tasks need not fit the logits.
    public var readsLabels = true
    /// A shell pattern for the files of a folder that hold logits, such as `clean_*.npy`; nil for all.
    public var files: String?
    /// What the files hold for logits.
    public var inputs = LogitsInput.logits
    /// The examples of logits whose name mentions neither set, where no others are called training logits.
    public var unnamed = ExampleSet.test

    /// The usual names, for files of `inputs`.
    public init(inputs: LogitsInput = .logits) { self.inputs = inputs }

    /// The names given for logits.
    var names: [String] { [logits, logitsTrain].compactMap(\.self) }

    /// The name given for the logits of a set.
    func logits(of set: ExampleSet) -> String? { set == .test ? logits : logitsTrain }

    /// The file or name given for the labels of a set.
    func labels(of set: ExampleSet) -> String? { set == .test ? labels : labelsTrain }
}
