/// The version of the program and of its libraries.
public enum ProgramVersion {
    /// The current version number.
    public static let current = "0.1.0"
}
