import Synchronization
import UserMessages

/// The memory that may be taken to find out what a file holds, logits apart: so much for each byte of the file.
///
/// A few bytes that refer to each other, or that inflate to many, can describe any number of lists, names and numbers.
/// So whoever makes something of a file that is no array, or a list of an array's numbers, first says here how much it
/// takes. The estimates are of the right order: what is promised is that memory, and with it time, is in proportion to
/// the size of the file.
final class ReadingBudget: Sendable {
    let path: String
    private let storedByteCount: Int
    private let allowed: Int
    /// Bytes free when the file was opened; nil for a file that cannot take them all.
    private let free: Int?
    private let spent = Atomic(0)

    /// Pickles of small numbers take up to 60 bytes for each of theirs. Labels and names that compress well are found
    /// in files of a few kilobytes: those of ImageNet in their order, 1,281,167 of eight bytes, in twenty.
    private static let (bytesForEach, bytesForAny) = (64, 40 << 20)
    private static let worthAsking = 16 << 20

    /// The budget of a file of `storedByteCount` bytes.
    init(path: String, storedByteCount: Int) {
        self.path = path
        self.storedByteCount = storedByteCount
        let (product, overflow) = storedByteCount.multipliedReportingOverflow(by: Self.bytesForEach)
        allowed = overflow ? .max : product.addingReportingOverflow(Self.bytesForAny).partialValue
        free = storedByteCount >= Self.worthAsking ? FreeMemory.byteCount : nil
    }

    /// Whether so many bytes are left: for what can be left out.
    func affords(_ bytes: Int) -> Bool { bytes <= allowed - spent.load(ordering: .relaxed) }

    /// Takes bytes from the budget, before they are allocated.
    ///
    /// - Throws: `ArrayFileError`: malformed if the file describes more than it should, outOfMemory if memory ends.
    func spend(_ bytes: Int) throws {
        let spent = spent.wrappingAdd(bytes, ordering: .relaxed).newValue
        guard spent <= allowed else {
            throw ArrayFileError.malformed(
                path,
                "describes lists, names and numbers that take more than \(ByteCount(allowed)), "
                    + "too much for a file of \(ByteCount(storedByteCount))")
        }
        if let free, spent > free {
            throw ArrayFileError(
                kind: .outOfMemory, path: path,
                reason: "the lists in it take more than the \(ByteCount(free)) of memory that are free: save an array")
        }
    }
}
