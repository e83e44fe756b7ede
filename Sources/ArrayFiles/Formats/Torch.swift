/// PyTorch's `.pt` format: a zip archive with a pickle that describes the tensors, and with their storages. Source:
/// `torch/serialization.py` and `torch/_utils.py`.
enum Torch {
    /// The first bytes of files older than PyTorch 1.6: a pickle of a magic number.
    static let legacyMagic: [UInt8] = [
        0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19,
    ]

    /// The error for a file in that old format.
    static func legacyRefused(_ path: String) -> ArrayFileError {
        .malformed(
            path,
            "is in PyTorch's old format without a zip archive; load it in PyTorch and torch.save it again")
    }

    /// Whether an archive was written by `torch.save`, or by `torch.jit.save`.
    static func recognizes(_ archive: ZipArchive) -> Bool {
        archive.members.contains { isPickle($0.name) }
    }

    /// The tree of the file; a tensor that is the whole of it is named `bareName`.
    ///
    /// - Throws: `ArrayFileError` (malformed).
    static func read(_ archive: ZipArchive, bareName: String) throws -> StoredValue {
        let path = archive.file.path
        let pickles = archive.members.filter { isPickle($0.name) }
        guard let member = pickles.first, pickles.count == 1 else {
            throw ArrayFileError.malformed(path, "has \(pickles.count) members called data.pkl, not one")
        }
        let folder = String(member.name.dropLast("data.pkl".count))
        guard archive.member(named: folder + "constants.pkl") == nil else {
            throw ArrayFileError.malformed(
                path, "is a TorchScript program (torch.jit.save), which holds a model, not outputs")
        }
        // Read at once, so that this is the time to compare the checksum, too. What is inflated stays in memory.
        if member.isDeflated { try archive.file.budget.spend(member.byteCount) } else { try archive.verify(member) }
        let pickle = try Pickle(try archive.backing(of: member), member: member.name)
        let members = TorchTensors.Members(
            archive: archive, folder: folder, byteOrder: try byteOrder(of: archive, folder: folder))
        var tree = PickleTree(pickle, bareName: bareName, members: members)
        return try tree.read()
    }

    private static func isPickle(_ name: String) -> Bool {
        name == "data.pkl" || name.hasSuffix("/data.pkl")
    }

    private static func byteOrder(of archive: ZipArchive, folder: String) throws -> ByteOrder {
        // Files older than PyTorch 2.1 have no byte order, and come from little-endian machines.
        guard let member = archive.member(named: folder + "byteorder") else { return .little }
        let text = String(decoding: try archive.prefix(of: member, count: 16), as: UTF8.self)
        guard let order = ByteOrder(rawValue: text) else {
            throw ArrayFileError.malformed(archive.file.path, place: "member '\(member.name)'", "is not a byte order")
        }
        return order
    }

    /// Storage types whose elements have a known type.
    static let storages: [String: ElementType] = [
        "torch.BoolStorage": .bool, "torch.ByteStorage": .uint8, "torch.CharStorage": .int8,
        "torch.ShortStorage": .int16, "torch.IntStorage": .int32, "torch.LongStorage": .int64,
        "torch.HalfStorage": .float16, "torch.BFloat16Storage": .bfloat16, "torch.FloatStorage": .float32,
        "torch.DoubleStorage": .float64,
    ]

    static let untypedStorage = "torch.storage.UntypedStorage"

    /// Element types, by which tensors of untyped storages are described.
    static let elementTypes: [String: ElementType] = Dictionary(
        uniqueKeysWithValues: ElementType.allCases.map { ("torch.\($0)", $0) })
}
