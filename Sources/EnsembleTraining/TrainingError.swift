import Foundation

/// What stops the making of an ensemble: one line that says what and where, and the sysexits code for it.
public struct TrainingError: Error, CustomStringConvertible, CustomNSError, Sendable {
    /// One line: the file or run, and what is the matter with it.
    public let description: String
    /// The sysexits code: 64 usage, 65 bad data, 66 no such input, 73 cannot write, 74 cannot read.
    public let errorCode: Int

    static func usage(_ description: String) -> Self { Self(description: description, errorCode: 64) }
    static func badData(_ description: String) -> Self { Self(description: description, errorCode: 65) }
    static func noInput(_ description: String) -> Self { Self(description: description, errorCode: 66) }
    static func cannotWrite(_ description: String) -> Self { Self(description: description, errorCode: 73) }
    static func cannotRead(_ description: String) -> Self { Self(description: description, errorCode: 74) }

    /// Throws a usage error where an option does not hold to its rule.
    static func require(_ holds: Bool, _ option: String, _ rule: String) throws {
        if !holds { throw usage("\(option) must be \(rule)") }
    }
}
