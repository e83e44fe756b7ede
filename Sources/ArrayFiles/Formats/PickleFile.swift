/// A file that is one Python pickle: results that were saved with `pickle.dump`, or a batch of CIFAR.
enum PickleFile {
    /// Whether a file with these first bytes can be a pickle. Protocols 0 and 1 have no signature.
    static func recognizes(_ bytes: UnsafeRawBufferPointer) -> Bool {
        bytes.count > 2 && bytes[0] == 0x80 && (2...5).contains(bytes[1])
    }

    /// Whether a file with these first bytes can be a pickle of protocol 0 or 1, which begins with a mark, an empty
    /// list, tuple or dictionary, or the name of a function.
    static func recognizesText(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard let first = bytes.first else { return false }
        return "(]})c".utf8.contains(first)
    }

    /// The tree of the file; of a batch of CIFAR, its images and labels; a list where several calls of `pickle.dump`
    /// wrote to one file.
    ///
    /// - Throws: `ArrayFileError` (malformed).
    static func read(_ file: MappedFile) throws -> StoredValue {
        let storage = try TensorStorage(file, 0..<file.byteCount)
        var values: [StoredValue] = []
        var start = 0
        repeat {
            let pickle = try Pickle(storage, at: start)
            if isCIFAR(pickle) { return ArrayFile.dictionary(try CIFAR.batch(pickle).tensors) }
            var tree = PickleTree(pickle, bareName: ArrayFile.stem(of: file.path))
            values.append(try tree.read())
            start = pickle.end
        } while try start < file.byteCount
            && file.withAllBytes { recognizes(UnsafeRawBufferPointer(rebasing: $0[start...])) }
        return values.count == 1 ? values[0] : .list(values)
    }

    private static func isCIFAR(_ pickle: Pickle) -> Bool {
        guard pickle.value("labels", in: pickle.root) ?? pickle.value("fine_labels", in: pickle.root) != nil,
            let data = pickle.value("data", in: pickle.root).flatMap(pickle.call),
            let array = PickledArray(data, in: pickle), case .number(.uint8, _) = array.type
        else { return false }
        return array.shape.count == 2 && array.shape[1] == CIFAR.pixels
    }
}
