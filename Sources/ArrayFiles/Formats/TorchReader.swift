/// Makes tensors from the calls recorded in the pickle of a `.pt` file.
struct TorchReader {
    private let archive: ZipArchive
    private let folder: String
    private let pickle: Pickle
    private let byteOrder: ByteOrder
    /// Storages by key: tensors that share a storage share its inflated bytes.
    private var storages: [String: TensorStorage] = [:]
    private var found: [Tensor] = []
    private var visited = 0

    init(archive: ZipArchive, folder: String, pickle: Pickle, byteOrder: ByteOrder) {
        self.archive = archive
        self.folder = folder
        self.pickle = pickle
        self.byteOrder = byteOrder
    }

    /// The tensors in the order of the pickle.
    ///
    /// - Throws: `ArrayFileError` (malformed).
    mutating func tensors() throws -> [Tensor] {
        try visit(pickle.root, name: "", depth: 0)
        return found
    }

    /// Limits of the nesting of dictionaries and lists and of the number of values visited: a few bytes that refer to
    /// each other can describe a tree of any size.
    private static let maximumDepth = 64
    private static let maximumVisits = 1 << 22
    private static let maximumTensors = 1 << 16

    private mutating func visit(_ value: Pickle.Value, name: String, depth: Int) throws {
        visited += 1
        guard depth <= Self.maximumDepth, visited <= Self.maximumVisits, found.count <= Self.maximumTensors else {
            throw refused(name, "is nested too deep, or too large, to be read")
        }
        func inner(_ key: String) -> String { name.isEmpty ? key : "\(name).\(key)" }
        switch pickle.object(value) {
        case .dictionary(let entries):
            for (key, value) in entries { try visit(value, name: inner(key), depth: depth + 1) }
        case .list(let items), .tuple(let items):
            // Labels are often stored as a list, like torchvision's `targets`.
            if !items.isEmpty, let integers = pickle.integers(value) {
                found.append(
                    try Tensor(name: name.isEmpty ? "list" : name, integers: integers, path: archive.file.path))
                return
            }
            for (place, item) in items.enumerated() { try visit(item, name: inner("\(place)"), depth: depth + 1) }
        case .call:
            found.append(try tensor(value, name: name.isEmpty ? "tensor" : name, depth: depth))
        case .persistent: throw refused(name, "is a storage without a tensor, which is not read")
        case nil: break
        }
    }

    private mutating func tensor(_ value: Pickle.Value, name: String, depth: Int) throws -> Tensor {
        guard case .call(let function, let arguments, _) = pickle.object(value),
            let arguments = pickle.items(arguments)
        else { throw refused(name, "is no tensor") }
        switch function {
        case Torch.rebuildParameter where arguments.count >= 1 && depth <= Self.maximumDepth:
            return try tensor(arguments[0], name: name, depth: depth + 1)
        case Torch.rebuildTensor where arguments.count >= 6:
            return try view(name, arguments, dtype: nil)
        case Torch.rebuildTypedTensor where arguments.count >= 7:
            return try view(name, arguments, dtype: arguments[6])
        default:
            throw refused(name, "is made by \(function) in a way that is not known")
        }
    }

    /// The view of a storage described by the arguments (storage, offset, size, stride, ...).
    private mutating func view(_ name: String, _ arguments: [Pickle.Value], dtype: Pickle.Value?) throws -> Tensor {
        guard case .integer(let offset) = arguments[1], let shape = pickle.integers(arguments[2]),
            let strides = pickle.integers(arguments[3]), offset >= 0
        else { throw refused(name, "has no sound offset, size and stride") }
        let (backing, storageType) = try storage(arguments[0], name: name)
        var elementType = storageType
        if case .global(let dtypeName)? = dtype { elementType = Torch.elementTypes[dtypeName] }
        guard let elementType else { throw refused(name, "has no element type that is known") }
        guard let byteOffset = Tensor.product([offset, elementType.size]) else {
            throw refused(name, "begins beyond its storage")
        }
        return try Tensor(
            name: name, elementType: elementType, shape: shape, strides: strides, byteOrder: byteOrder,
            backing: backing, byteOffset: byteOffset)
    }

    /// The bytes of the storage ('storage', type, key, device, number of elements); untyped storages count bytes.
    private mutating func storage(
        _ value: Pickle.Value, name: String
    ) throws -> (backing: TensorStorage, elementType: ElementType?) {
        guard case .persistent(let identifier) = pickle.object(value), let parts = pickle.items(identifier),
            parts.count >= 5, case .text("storage") = parts[0], case .global(let typeName) = parts[1],
            case .text(let key) = parts[2], case .integer(let elements) = parts[4], elements >= 0
        else { throw refused(name, "has a storage that is described in a way that is not known") }
        let elementType = Torch.storages[typeName]
        guard elementType != nil || typeName == Torch.untypedStorage else {
            throw refused(name, "has \(typeName) for a storage")
        }
        let memberName = "\(folder)data/\(key)"
        guard let member = archive.member(named: memberName) else {
            throw refused(name, "has a storage that is not in the file: member '\(memberName)'")
        }
        guard Tensor.product([elements, elementType?.size ?? 1]) == member.byteCount else {
            throw refused(name, "says \(elements) elements of storage '\(memberName)' with \(member.byteCount) bytes")
        }
        if let backing = storages[key] { return (backing, elementType) }
        let backing = try archive.backing(of: member)
        storages[key] = backing
        return (backing, elementType)
    }

    private func refused(_ name: String, _ reason: String) -> ArrayFileError {
        .malformed(archive.file.path, tensor: name, reason)
    }
}
