import ArrayFiles
import MessagePassing

extension Communicator {
    /// Runs `body` while no other job may write into a folder, which is made where it is missing: to be called before
    /// hours are spent on what goes into it. Collective: every rank calls it.
    ///
    /// - Parameter path: the folder; nil for none.
    /// - Throws: `AgreedFailure` (73) on every rank where another job writes into the folder, or it cannot be made or
    ///   written; what `body` throws.
    package func withClaimedFolder<Result>(_ path: String?, _ body: () throws -> Result) throws -> Result {
        let claim = try agree { rank == 0 ? try path.map { try FolderClaim($0) } : nil }
        defer { withExtendedLifetime(claim) {} }
        return try body()
    }
}
