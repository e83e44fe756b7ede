internal import CMPI
import UserMessages

/// An MPI call that failed, or that was not made because its buffers do not fit together.
///
/// After a failed call the state of MPI is undefined, and the other ranks may be waiting in the same collective: the
/// only thing left to do is to print the error and call `Session.abort`.
public struct MPIError: ExitCoded, Equatable, Sendable {
    /// The name of the MPI function, for instance `MPI_Allreduce`.
    public let call: String
    /// The code that the MPI library returned, or `MPI_ERR_COUNT` for buffers that do not fit together.
    public let code: Int32
    /// The MPI library's message for that code, or a description of the misfit.
    public let text: String

    /// One line: the call, the message, and MPI's code.
    public var description: String { "\(call): \(text) (MPI error \(code))" }

    /// The exit code 70: no user input makes MPI fail.
    public var exitCode: ExitCode { .software }

    /// Makes an MPI call and throws the error of its return code, unless the code means success.
    static func check(_ call: StaticString, _ body: @autoclosure () -> Int32) throws {
        let code = MPIStatistics.during(call, body)
        guard code != CMPISuccess else { return }
        throw MPIError(call: "\(call)", code: code, text: MPIFunctions.words(for: code))
    }

    /// Throws unless `count`, the number of elements of the buffer called `buffer`, is `expected`.
    static func checkCount(_ call: StaticString, _ buffer: String, _ count: Int, expected: Int) throws {
        guard count != expected else { return }
        throw MPIError(
            call: "\(call)", code: mpi.error_count,
            text: "the \(buffer) has \(count) elements, \(expected) are expected")
    }

    /// Throws unless `counts` has a count >= 0 for each of `size` ranks.
    static func checkCounts(_ call: StaticString, _ counts: [Int], size: Int) throws {
        try checkCount(call, "list of counts", counts.count, expected: size)
        guard let negative = counts.first(where: { $0 < 0 }) else { return }
        throw MPIError(call: "\(call)", code: mpi.error_count, text: "a count is negative: \(negative)")
    }
}
