import ArrayFiles
import MessagePassing

extension Communicator {
    /// Writes one `.npy` file together: rank 0 creates it, every rank writes its part, and when all parts are on the disk
    /// the file gets its name. Collective: every rank calls it.
    ///
    /// - Parameter body: writes this rank's part; it must not communicate.
    /// - Throws: `AgreedFailure` on every rank where one cannot write; nothing is left behind then.
    package func writeTogether(
        _ path: String, _ elementType: ElementType, shape: [Int], _ body: (NPYWriter) throws -> Void
    ) throws {
        let created = try agree {
            rank == 0 ? try NPYWriter(creating: path, elementType: elementType, shape: shape) : nil
        }
        do {
            try agree { try created?.reserve() }
            try agree {
                let writer = try created ?? NPYWriter(openingPartial: path)
                try body(writer)
                try writer.synchronize()
            }
            try agree { try created?.commit() }
        } catch {
            created?.discard()
            throw error
        }
    }
}
