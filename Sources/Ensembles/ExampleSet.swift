/// The test or the training examples.
public enum ExampleSet: String, Codable, CaseIterable, Sendable {
    case test
    case train

    /// The word for messages: "test" or "training".
    public var adjective: String { self == .test ? "test" : "training" }
}
