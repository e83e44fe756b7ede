import ArrayFiles
import MessagePassing

extension Communicator {
    /// Runs `body` with an exclusive claim of a folder, which is created if it is missing. Call it before hours are
    /// spent on the folder's contents. Collective: every rank calls it.
    ///
    /// - Parameter path: The folder; nil for none.
    /// - Throws: `AgreedFailure` (73) on every rank if another job writes into the folder, or if it cannot be created
    ///   or written; `MPIError`; errors of `body`.
    package func withClaimedFolder<Result>(_ path: String?, _ body: () throws -> Result) throws -> Result {
        let claim = try agree { rank == 0 ? try path.map { try FolderClaim($0) } : nil }
        defer { withExtendedLifetime(claim) {} }
        return try body()
    }
}
