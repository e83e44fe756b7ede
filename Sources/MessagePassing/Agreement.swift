import Foundation
import UserMessages

/// The failure of one rank, as every rank of the communicator learns it from `Communicator.agree`.
///
/// Since all ranks throw it, rank 0 can print it once and all can finalize.
public struct AgreedFailure: ExitCoded, Sendable {
    /// The lowest rank that failed.
    public let rank: Int
    /// The name of that rank's host.
    public let host: String
    /// The description of that rank's error.
    public let description: String
    /// The exit code of that rank's error; 70 for an error without one.
    public let exitCode: ExitCode
    /// The error itself, on the rank that threw it, in the innermost of nested agreements; nil on the others, which have
    /// its description.
    public let cause: (any Error)?

    init(rank: Int, host: String, description: String, exitCode: ExitCode, cause: (any Error)?) {
        self.rank = rank
        self.host = host
        self.description = description
        self.exitCode = exitCode
        self.cause = cause
    }

    /// An error that every rank knows of already, and throws.
    package init(known error: some ExitCoded) {
        self.init(
            rank: 0, host: ProcessInfo.processInfo.hostName, description: error.description, exitCode: error.exitCode,
            cause: error)
    }
}

extension Communicator {
    /// Runs `body` on every rank and throws on every rank if it throws on any. Collective: every rank calls it.
    ///
    ///     rank                 0        1          2
    ///     body               returns  throws    throws
    ///     agree throws         e1       e1         e1        the failure of rank 1
    ///
    /// For what can go wrong on some ranks only: a file one of them cannot read. `body` must not
    /// communicate through this communicator, else a rank that throws leaves the others waiting in it.
    ///
    /// - Throws: `AgreedFailure` of the lowest rank whose `body` threw, or `MPIError`.
    public func agree<Result>(_ body: () throws -> Result) throws -> Result {
        let outcome = Swift.Result { try body() }
        let failure: (any Error)? = if case .failure(let error) = outcome { error } else { nil }
        let failing = try allreduce(failure == nil ? size : rank, .min)
        guard failing < size else { return try outcome.get() }
        let host = try broadcast(ProcessInfo.processInfo.hostName, root: failing)
        let description = try broadcast(failure.map { String(describing: $0) } ?? "", root: failing)
        let exitCode = try broadcast(((failure as? any ExitCoded)?.exitCode ?? .software).rawValue, root: failing)
        throw AgreedFailure(
            rank: failing, host: host, description: description, exitCode: ExitCode(rawValue: exitCode) ?? .software,
            cause: failing == rank ? (failure as? AgreedFailure)?.cause ?? failure : nil)
    }
}
