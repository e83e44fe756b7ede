import ArrayFiles
import MessagePassing

/// An `.npy` file written by all ranks together: rank 0 creates it, every rank writes its parts, and once all parts are
/// on the disk the file gets its name.
package struct SharedArrayFile {
    /// The path of the unfinished file.
    package var path: String { writer.path + AtomicFile.partialSuffix }
    private let writer: NPYWriter
    private let world: Communicator

    /// Creates the file, or opens the unfinished file of an earlier job, whose contents are for the caller to verify.
    /// Collective over `world`: every rank calls it.
    ///
    /// - Parameter resumes: Whether to open the unfinished file of an earlier job.
    /// - Throws: `AgreedFailure` on every rank if that fails, 65 or 66 if the file of an earlier job is of another size
    ///   or is missing; a file created by this call is removed then. `MPIError`.
    package init(
        _ path: String, _ elementType: ElementType, shape: [Int], resumes: Bool = false, world: Communicator
    ) throws {
        self.world = world
        let first = try world.agree { () throws -> NPYWriter? in
            guard world.rank == 0 else { return nil }
            return resumes
                ? try NPYWriter(resuming: path, elementType: elementType, shape: shape)
                : try NPYWriter(creating: path, elementType: elementType, shape: shape)
        }
        do {
            try world.agree { if !resumes { try first?.reserve() } }
            writer = try world.agree {
                let writer = try first ?? NPYWriter(openingPartial: path)
                guard writer.shape == shape, writer.elementType == elementType else {
                    throw ArrayFileError.malformed(
                        path + AtomicFile.partialSuffix, "has shape \(writer.shape), not \(shape)")
                }
                return writer
            }
        } catch {
            if !resumes { first?.discard() }
            throw error
        }
    }

    /// Calls `body`, which writes parts and must not communicate, and waits until they are on the disk. Collective:
    /// every rank calls it.
    ///
    /// - Throws: `AgreedFailure` on every rank if one of them cannot write, or `MPIError`.
    package func write<Result>(_ body: (NPYWriter) throws -> Result) throws -> Result {
        try world.agree {
            let result = try body(writer)
            try writer.synchronize()
            return result
        }
    }

    /// Calls `body`, which reads parts back and must not communicate. Collective: every rank calls it.
    ///
    /// - Throws: `AgreedFailure` on every rank if one of them cannot read, or `MPIError`.
    package func read<Result>(_ body: (NPYWriter) throws -> Result) throws -> Result {
        try world.agree { try body(writer) }
    }

    /// Gives the file its name. Collective: every rank calls it, after it has written its parts.
    ///
    /// - Throws: `AgreedFailure` (73) on every rank if the file cannot be renamed, or `MPIError`.
    package func commit() throws {
        try world.agree { if world.rank == 0 { try writer.commit() } }
    }

    /// Removes the unfinished file. Every rank calls it; only rank 0 acts.
    package func discard() {
        if world.rank == 0 { writer.discard() }
    }
}

extension Communicator {
    /// Writes one `.npy` file together. Collective: every rank calls it.
    ///
    /// - Parameter body: Writes this rank's part; it must not communicate.
    /// - Throws: `AgreedFailure` on every rank if one of them cannot write, or `MPIError`; nothing is left behind then.
    package func writeTogether(
        _ path: String, _ elementType: ElementType, shape: [Int], _ body: (NPYWriter) throws -> Void
    ) throws {
        let file = try SharedArrayFile(path, elementType, shape: shape, world: self)
        do {
            try file.write(body)
            try file.commit()
        } catch {
            file.discard()
            throw error
        }
    }
}
