import ArrayFiles
import MessagePassing

/// One `.npy` file that all ranks write together: rank 0 creates it, every rank writes its parts, and when all parts
/// are on the disk the file gets its name.
package struct SharedArrayFile {
    private let writer: NPYWriter
    private let world: Communicator

    /// Creates the file, or opens what an earlier job left unfinished of it. Collective over `world`: every rank calls
    /// it.
    ///
    /// - Throws: `AgreedFailure` on every rank where that fails; a file that was created is gone then.
    package init(
        _ path: String, _ elementType: ElementType, shape: [Int], goesOn: Bool = false, world: Communicator
    ) throws {
        self.world = world
        let created = try world.agree {
            world.rank == 0 && !goesOn ? try NPYWriter(creating: path, elementType: elementType, shape: shape) : nil
        }
        do {
            try world.agree { try created?.reserve() }
            writer = try world.agree {
                let writer = try created ?? NPYWriter(openingPartial: path)
                guard writer.shape == shape, writer.elementType == elementType else {
                    throw ArrayFileError.malformed(
                        path + AtomicFile.partialSuffix, "has shape \(writer.shape), not \(shape)")
                }
                if goesOn, world.rank == 0 { try writer.claim() }
                return writer
            }
        } catch {
            created?.discard()
            throw error
        }
    }

    /// Calls `body`, which writes parts and does not communicate, and waits until they are on the disk. Collective:
    /// every rank calls it.
    ///
    /// - Throws: `AgreedFailure` on every rank where one cannot write.
    package func write<Result>(_ body: (NPYWriter) throws -> Result) throws -> Result {
        try world.agree {
            let result = try body(writer)
            try writer.synchronize()
            return result
        }
    }

    /// Gives the file its name. Collective: every rank calls it, and has written its parts.
    package func commit() throws {
        try world.agree { if world.rank == 0 { try writer.commit() } }
    }

    /// Removes what is not finished. Collective: every rank calls it.
    package func discard() {
        if world.rank == 0 { writer.discard() }
    }
}

extension Communicator {
    /// Writes one `.npy` file together. Collective: every rank calls it.
    ///
    /// - Parameter body: writes this rank's part; it must not communicate.
    /// - Throws: `AgreedFailure` on every rank where one cannot write; nothing is left behind then.
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
