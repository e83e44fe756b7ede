import ArrayFiles
import Foundation

/// What is wrong with an ensemble, or with what was asked of it, in one line for its user.
public struct EnsembleError: Error, CustomStringConvertible, CustomNSError {
    /// The line for the user: file, tensor and place, and what is wrong there.
    public let description: String
    /// The exit code of sysexits.h: 64 for what was asked, 65 for the data, 66 for what is not there.
    public let errorCode: Int

    /// Something asked for that cannot be, for instance more neighbours than there are train examples.
    public static func usage(_ reason: String) -> EnsembleError { EnsembleError(description: reason, errorCode: 64) }

    /// Data that is there and is wrong.
    public static func badData(_ reason: String) -> EnsembleError { EnsembleError(description: reason, errorCode: 65) }

    /// An input that does not exist.
    public static func noInput(_ reason: String) -> EnsembleError { EnsembleError(description: reason, errorCode: 66) }

    static func badTensor(_ tensor: Tensor, _ reason: String) -> EnsembleError {
        badData("\(tensor.path): \(tensor.name) \(reason)")
    }
}
