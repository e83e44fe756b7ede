import UserMessages

/// Too few runs for a kernel that can be relied on.
struct FewRuns {
    /// With so many, the locally scaled vote of fully connected networks passed their average (`scripts/votes-table`).
    private static let enough = 16

    private let runs: Int

    /// Nil for enough runs.
    init?(_ runs: Int) {
        guard runs < Self.enough else { return nil }
        self.runs = runs
    }

    var text: String {
        """
        \(NumberText.count(runs, "run")): with fewer than \(Self.enough) similarities are noisy, and averaging is better
        """
    }
}
