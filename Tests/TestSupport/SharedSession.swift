import MessagePassing

/// The one MPI session that a process can have, for all test targets: they run in the same process.
@MainActor public enum SharedSession {
    private static let session = Result { try Session.start() }

    /// The world of this process alone, on the main thread, where MPI was started.
    public static func world() throws -> Communicator { try session.get().world }
}
