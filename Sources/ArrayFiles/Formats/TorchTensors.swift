/// Makes tensors from the calls recorded in a pickle: of a `.pt` file, where their storages are members, or of
/// `pickle.dump`, where each storage is a byte string in PyTorch's old format.
struct TorchTensors {
    /// Where the storages of a `.pt` file are.
    struct Members {
        let archive: ZipArchive
        let folder: String
        let byteOrder: ByteOrder
    }

    /// The bytes that tensors are views of; none if they are of a type that is not read.
    private struct Storage {
        let typeName: String
        var elementType: ElementType?
        var byteOrder = ByteOrder.little
        var backing: TensorStorage?
    }

    private let members: Members?
    private let pickle: Pickle
    /// Storages by key: tensors that share a storage share its inflated bytes.
    private var storages: [String: TensorStorage] = [:]
    /// Storages in the pickle, by the position or the number of the byte string.
    private var embedded: [String: Storage] = [:]

    init(_ pickle: Pickle, members: Members? = nil) {
        self.pickle = pickle
        self.members = members
    }

    private static let rebuild = "torch._utils._rebuild_tensor"
    private static let rebuildView = "torch._utils._rebuild_tensor_v2"
    private static let loadStorage = "torch.storage._load_from_bytes"
    private static let rebuildTyped = "torch._utils._rebuild_tensor_v3"
    private static let rebuildOfType = ["torch._tensor._rebuild_from_type_v2", "torch._tensor._rebuild_from_type"]
    /// Functions whose first argument holds the same numbers.
    private static let wrappers: Set<String> = [
        "torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state",
        "torch._utils._rebuild_device_tensor_from_numpy", "torch._utils._rebuild_device_tensor_from_cpu_tensor",
        "torch._utils._rebuild_xla_tensor",
    ]
    /// Tensors of other kinds, and what makes plain ones of them.
    private static let otherKinds: [String: String] = [
        "torch._utils._rebuild_sparse_tensor": "a sparse tensor, which is not supported; save tensor.to_dense()",
        "torch._utils._rebuild_sparse_csr_tensor": "a sparse tensor, which is not supported; save tensor.to_dense()",
        "torch._utils._rebuild_qtensor": "a quantized tensor, which is not supported; save tensor.dequantize()",
        "torch._utils._rebuild_meta_tensor_no_storage": "a tensor without numbers (of device meta)",
        "torch._utils._rebuild_nested_tensor": "a nested tensor, which is not supported; save tensor.unbind()",
    ]

    /// Whether a call makes a tensor of PyTorch, of whatever kind.
    static func makes(_ call: Pickle.Call) -> Bool {
        [rebuild, rebuildView, rebuildTyped].contains(call.function) || rebuildOfType.contains(call.function)
            || otherKinds[call.function] != nil
    }

    /// The value that a call only wraps, such as the tensor of a parameter; nil if it is none of these calls.
    ///
    /// - Throws: `ArrayFileError` (malformed) if there is nothing in it.
    static func wrapped(by call: Pickle.Call, in pickle: Pickle) throws -> Pickle.Value? {
        guard wrappers.contains(call.function) else { return nil }
        guard let inner = pickle.items(call.arguments)?.first else {
            throw ArrayFileError.malformed(pickle.backing.path, "a call of \(call.function) has no tensor")
        }
        return inner
    }

    /// The tensor that `call` makes, or the reason why it is not read. Only for a call that ``makes(_:)`` one.
    ///
    /// - Throws: `ArrayFileError` (malformed) if it does not fit the file.
    mutating func value(of call: Pickle.Call, named name: String) throws -> StoredValue {
        if let reason = Self.otherKinds[call.function] { return .unread(reason) }
        guard let arguments = pickle.items(call.arguments) else { throw refused(name, "is not a tensor") }
        switch call.function {
        case Self.rebuild where arguments.count >= 4: return try view(name, arguments, dtype: nil, metadata: nil)
        case Self.rebuildView where arguments.count >= 6:
            return try view(name, arguments, dtype: nil, metadata: arguments.dropFirst(6).first)
        case Self.rebuildTyped where arguments.count >= 7:
            return try view(name, arguments, dtype: arguments[6], metadata: arguments.dropFirst(7).first)
        case _ where Self.rebuildOfType.contains(call.function) && arguments.count >= 3:
            // (function, type, its arguments, state): a tensor of a subclass, or one with attributes.
            guard case .global(let function) = arguments[0] else { break }
            let inner = Pickle.Call(function: function, kind: .function, arguments: arguments[2])
            guard Self.makes(inner), !Self.rebuildOfType.contains(function) else {
                return .unread("a tensor made by \(function), which is not read")
            }
            return try value(of: inner, named: name)
        default: break
        }
        throw refused(name, "is made by \(call.function) in a way that is not known")
    }

    /// The view of a storage described by the arguments (storage, offset, size, stride, ...).
    private mutating func view(
        _ name: String, _ arguments: [Pickle.Value], dtype: Pickle.Value?, metadata: Pickle.Value?
    ) throws -> StoredValue {
        guard case .integer(let offset) = arguments[1], let shape = pickle.integers(arguments[2]),
            let strides = pickle.integers(arguments[3]), offset >= 0
        else { throw refused(name, "has no sound offset, size and stride") }
        let storage: Storage
        switch pickle.object(arguments[0]) {
        case .persistent(let identifier):
            guard let members else { return .unread("a tensor whose storage is not in this file") }
            storage = try self.storage(identifier, in: members, name: name)
        case .call(let call):
            guard call.function == Self.loadStorage, let bytes = pickle.items(call.arguments)?.first else {
                return .unread("a tensor with a storage made by \(call.function), which is not read")
            }
            storage = try self.storage(embeddedIn: bytes, name: name)
        default: throw refused(name, "has a storage that is described in a way that is not known")
        }
        var elementType = storage.elementType
        var described = storage.typeName
        if case .global(let dtypeName)? = dtype {
            elementType = Torch.elementTypes[dtypeName]
            described = dtypeName
        }
        guard let backing = storage.backing, let elementType else {
            return .unread("a tensor of \(described), which is not read")
        }
        guard let byteOffset = Tensor.product([offset, elementType.size]) else {
            throw refused(name, "begins beyond its storage")
        }
        let tensor = try Tensor(
            name: name, elementType: elementType, shape: shape, strides: strides, byteOrder: storage.byteOrder,
            backing: backing, byteOffset: byteOffset)
        // PyTorch negates views lazily: the storage holds the numbers before.
        guard let metadata, case .boolean(true)? = pickle.value("neg", in: metadata) else { return .tensor(tensor) }
        return elementType == .bool ? .unread("a negative view of booleans") : .tensor(try tensor.negated())
    }

    /// The bytes of the storage ('storage', type, key, device, number of elements); untyped storages count bytes. Nil
    /// for a storage of a type that is not read.
    private mutating func storage(
        _ identifier: Pickle.Value, in members: Members, name: String
    ) throws -> Storage {
        guard let parts = pickle.items(identifier), parts.count >= 5, case .text("storage") = parts[0],
            case .global(let typeName) = parts[1], case .text(let key) = parts[2],
            case .integer(let elements) = parts[4], elements >= 0
        else { throw refused(name, "has a storage that is described in a way that is not known") }
        let elementType = Torch.storages[typeName]
        guard elementType != nil || typeName == Torch.untypedStorage else { return Storage(typeName: typeName) }
        let memberName = "\(members.folder)data/\(key)"
        guard let member = members.archive.member(named: memberName) else {
            throw refused(name, "has a storage that is not in the file: member '\(memberName)'")
        }
        guard Tensor.product([elements, elementType?.size ?? 1]) == member.byteCount else {
            throw refused(name, "says \(elements) elements of storage '\(memberName)' with \(member.byteCount) bytes")
        }
        let backing = try storages[key] ?? members.archive.backing(of: member)
        storages[key] = backing
        return Storage(
            typeName: typeName, elementType: elementType, byteOrder: members.byteOrder, backing: backing)
    }

    /// The storage in a byte string: pickles of a magic number, of a version, of what the machine is like, of the
    /// identifier and of its key; then the number of elements, and these.
    private mutating func storage(embeddedIn value: Pickle.Value, name: String) throws -> Storage {
        let place: String
        switch value {
        case .bytes(let range): place = "byte \(range.lowerBound)"
        case .object(let number): place = "object \(number)"
        default: throw refused(name, "has a storage that is not a byte string")
        }
        if let known = embedded[place] { return known }
        guard let (whole, start, count) = pickle.bytes(value) else {
            throw refused(name, "has a storage that is not a byte string")
        }
        let bytes = TensorStorage(whole, start..<start + count)
        var pickles: [Pickle] = []
        for _ in 0..<5 {
            pickles.append(try Pickle(bytes, at: pickles.last?.end ?? 0, member: "storage of '\(name)'"))
        }
        let (machine, description) = (pickles[2], pickles[3])
        guard case .persistent(let identifier) = description.object(description.root),
            let parts = description.items(identifier), parts.count >= 5, case .global(let typeName) = parts[1],
            case .integer(let elements) = parts[4], elements >= 0
        else { throw refused(name, "has a storage that is described in a way that is not known") }
        var storage = Storage(typeName: typeName, elementType: Torch.storages[typeName])
        if case .boolean(false)? = machine.value("little_endian", in: machine.root) { storage.byteOrder = .big }
        if storage.elementType != nil || typeName == Torch.untypedStorage {
            let first = pickles[4].end + MemoryLayout<Int64>.size
            guard let size = Tensor.product([elements, storage.elementType?.size ?? 1]), first <= bytes.byteCount,
                size == bytes.byteCount - first
            else { throw refused(name, "says \(elements) elements of a storage of other size") }
            storage.backing = TensorStorage(bytes, first..<bytes.byteCount)
        }
        embedded[place] = storage
        return storage
    }

    private func refused(_ name: String, _ reason: String) -> ArrayFileError {
        .malformed(pickle.backing.path, tensor: name, reason)
    }
}

extension Tensor {
    /// The tensor with the opposite sign, made when it is first used. Not for booleans.
    ///
    /// - Throws: `ArrayFileError` (malformed), as the initializer does.
    fileprivate func negated() throws -> Tensor {
        let storage = TensorStorage(byteCount: byteCount, of: "the negative of '\(name)'", budget: backing.budget) {
            bytes in
            try withContiguousBytes { bytes.copyMemory(from: $0) }
            func negate<Number: SignedInteger & FixedWidthInteger>(_: Number.Type) {
                for place in stride(from: 0, to: bytes.count, by: MemoryLayout<Number>.size) {
                    let number = bytes.loadUnaligned(fromByteOffset: place, as: Number.self)
                    bytes.storeBytes(of: 0 &- number, toByteOffset: place, as: Number.self)
                }
            }
            switch (elementType.isInteger, elementType.size) {
            case (true, 1): negate(Int8.self)
            case (true, 2): negate(Int16.self)
            case (true, 4): negate(Int32.self)
            case (true, _): negate(Int64.self)
            case (false, let size):
                // The sign is the highest bit.
                let last = ByteOrder.native == .little ? size - 1 : 0
                for place in stride(from: last, to: bytes.count, by: size) { bytes[place] ^= 0x80 }
            }
        }
        return try Tensor(name: name, elementType: elementType, shape: shape, backing: storage)
    }
}
