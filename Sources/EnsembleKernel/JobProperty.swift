/// A property in which a job must agree with the job that saved a checkpoint, to resume from it. Raw values are the
/// keys in the checkpoint: stable names, independent of the names of options.
public enum JobProperty: String, Codable, CodingKeyRepresentable, CaseIterable, Sendable {
    case transform
    case runs
    case classes
    case rows
    case columns
    case neighbors
    case rowLogits = "row_logits"
    case columnLogits = "column_logits"
    case votes
    case scaling
    /// The unit of fixed-point products in the checkpoint.
    case unit

    /// The name of the property in the plural, for messages.
    public var noun: String {
        switch self {
        case .transform: "transforms"
        case .runs: "numbers of runs"
        case .classes: "numbers of classes"
        case .rows: "numbers of rows"
        case .columns: "numbers of columns"
        case .neighbors: "numbers of neighbors"
        case .rowLogits: "logits of the rows"
        case .columnLogits: "logits of the columns"
        case .votes: "votes"
        case .scaling: "scalings"
        case .unit: "units of products"
        }
    }
}
