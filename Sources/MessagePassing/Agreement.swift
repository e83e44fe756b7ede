import Platform
import UserMessages

/// A failure on one rank, thrown on every rank of the communicator by `Communicator.agree`.
///
/// Since all ranks throw it, rank 0 can print it once and all ranks can finalize.
public struct AgreedFailure: ExitCoded, Sendable {
    /// The lowest rank that failed.
    public let rank: Int
    /// The name of that rank's host.
    public let host: String
    /// The description of the error on that rank.
    public let description: String
    /// The exit code of the error on that rank; 70 for an error without one.
    public let exitCode: ExitCode
    /// The original error on the rank that threw it, from the innermost of nested agreements; nil on the other ranks,
    /// which receive only its description.
    public let cause: (any Error)?
    /// The original error as JSON, on every rank; empty if its type is not encodable.
    private let encodedCause: String

    /// The original error, on every rank, if it is of this type; otherwise nil.
    public func cause<Failure: Error & Decodable>(as _: Failure.Type) -> Failure? {
        cause as? Failure ?? (try? JSONDecoder().decode(Failure.self, from: Data(encodedCause.utf8)))
    }

    /// An error as JSON, if it can be told from one rank to another.
    fileprivate static func encoded(_ error: (any Error)?) -> String {
        if let failure = error as? AgreedFailure { return failure.encodedCause }
        guard let error = error as? any Error & Encodable, let json = try? JSONEncoder().encode(error) else {
            return ""
        }
        return String(decoding: json, as: UTF8.self)
    }

    init(
        rank: Int, host: String, description: String, exitCode: ExitCode, cause: (any Error)?,
        encodedCause: String = ""
    ) {
        self.encodedCause = encodedCause
        self.rank = rank
        self.host = host
        self.description = description
        self.exitCode = exitCode
        self.cause = cause
    }

    /// Wraps an error that every rank already knows of and throws.
    package init(known error: some ExitCoded) {
        self.init(
            rank: 0, host: ProcessInfo.processInfo.hostName, description: error.description, exitCode: error.exitCode,
            cause: error)
    }
}

extension Communicator {
    /// Runs `body` on every rank, and throws on every rank if it throws on any. Collective: every rank calls it.
    ///
    ///     rank                 0        1          2
    ///     body               returns  throws    throws
    ///     agree throws         e1       e1         e1        the failure of rank 1
    ///
    /// Use it for failures that may occur on some ranks only, such as a file that one of them cannot read. `body` must
    /// not communicate through this communicator: a rank that throws would leave the others waiting in it.
    ///
    /// - Throws: `AgreedFailure` with the error of the lowest rank whose `body` threw, or `MPIError`.
    public func agree<Result>(_ body: () throws -> Result) throws -> Result {
        let outcome = Swift.Result { try body() }
        let failure: (any Error)? = if case .failure(let error) = outcome { error } else { nil }
        let failing = try allreduce(failure == nil ? size : rank, .min)
        guard failing < size else { return try outcome.get() }
        let host = try broadcast(ProcessInfo.processInfo.hostName, root: failing)
        let description = try broadcast(failure.map { String(describing: $0) } ?? "", root: failing)
        let encoded = try broadcast(AgreedFailure.encoded(failure), root: failing)
        let exitCode = try broadcast(((failure as? any ExitCoded)?.exitCode ?? .software).rawValue, root: failing)
        throw AgreedFailure(
            rank: failing, host: host, description: description, exitCode: ExitCode(rawValue: exitCode) ?? .software,
            cause: failing == rank ? (failure as? AgreedFailure)?.cause ?? failure : nil,
            encodedCause: encoded)
    }
}
