/// A property that a job must share with the one that saved a checkpoint, to go on from it. Raw values are the keys in
/// the checkpoint: stable names, whatever options are called.
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
    /// The unit of fixed-point products that the checkpoint holds.
    case unit

    /// The property in words, in the plural.
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
        case .unit: "units of products"
        }
    }
}
