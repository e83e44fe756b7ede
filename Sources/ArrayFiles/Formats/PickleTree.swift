/// Makes the tree of what a pickle holds from the calls recorded in it.
///
/// What is foreign stays an entry that is not read. What is damaged, or describes more than a file can hold, throws.
struct PickleTree {
    private let pickle: Pickle
    private let bareName: String
    private var torch: TorchTensors
    /// The keys and positions of the value at hand.
    private var path: [String]
    /// The number of bytes of these, joined.
    private var nameByteCount: Int

    private var foreignVisits = 0
    /// The number of tensors and texts so far, by which an object that holds any is told from one that does not.
    private var arrays = 0
    /// The objects of foreign classes around the value at hand: they may well refer to each other in a circle.
    private var surrounding: Set<Int> = []
    /// Where the visits to the outermost such object end.
    private var foreignEnd = Int.max
    /// What lists of numbers and text hold, by the number of the list, however often it occurs.
    private var knownLists: [Int: KnownList] = [:]
    private var numberTypes: [Int: NumpyType] = [:]
    /// Objects that are not read, with the reasons.
    private var unread: [Int: String] = [:]

    private enum KnownList {
        case numbers(ElementType, [Int], TensorStorage)
        case texts([String])
        case others
    }

    /// A foreign object that is nested too deep, or too large.
    private struct ForeignTooLarge: Error {}

    /// - Parameters:
    ///   - bareName: The name of a tensor that is the whole tree.
    ///   - path: Where the tree stands in its file.
    ///   - members: The storages of PyTorch's tensors, if they are beside the pickle.
    init(_ pickle: Pickle, bareName: String, at path: [String] = [], members: TorchTensors.Members? = nil) {
        self.pickle = pickle
        self.bareName = bareName
        self.path = path
        nameByteCount = path.reduce(0) { $0 + $1.utf8.count + 1 }
        torch = TorchTensors(pickle, members: members)
    }

    /// The tree.
    ///
    /// - Throws: `ArrayFileError` (malformed).
    mutating func read() throws -> StoredValue { try value(pickle.root, depth: 0) }

    /// Limits of nesting, and of what is looked through of an object of a foreign class.
    private static let maximumDepth = 64
    private static let maximumForeignVisits = 1 << 16
    private static let maximumNumberDepth = 8
    /// Bytes that are charged for a value in the tree, for its name, which whoever lists or chooses arrays makes anew,
    /// for a tensor, for a number and for a text of a list.
    private static let (costOfValue, costOfNameByte, costOfTensor, costOfNumber, costOfText) = (64, 4, 256, 16, 32)

    private var isForeign: Bool { !surrounding.isEmpty }

    private mutating func value(_ value: Pickle.Value, depth: Int) throws -> StoredValue {
        if isForeign { foreignVisits += 1 }
        guard depth <= Self.maximumDepth, foreignVisits <= foreignEnd else {
            if isForeign { throw ForeignTooLarge() }
            throw refused("is nested too deeply")
        }
        try spend(Self.costOfValue)
        switch value {
        case .none: return try leaf(.none)
        case .boolean, .integer, .hugeInteger, .real, .text, .longText, .bytes: return try leaf(.plain)
        case .global(let name): return try unread("the name \(name), which is not read")
        case .object(let number):
            if let reason = unread[number] { return try leaf(.unread(reason)) }
            switch pickle.objects[number] {
            case .dictionary(let entries): return try dictionary(entries, depth: depth)
            case .list(let items), .tuple(let items): return try list(items, number, depth: depth)
            case .encoded: return try leaf(.plain)
            case .persistent: return try unread("a storage without a tensor, which is not supported")
            case .call(let call): return try result(of: call, number, depth: depth)
            }
        }
    }

    private mutating func inner(_ key: String, _ value: Pickle.Value, depth: Int) throws -> StoredValue {
        path.append(key)
        nameByteCount += key.utf8.count + 1
        defer {
            path.removeLast()
            nameByteCount -= key.utf8.count + 1
        }
        return try self.value(value, depth: depth + 1)
    }

    private mutating func dictionary(_ entries: [Pickle.Entry], depth: Int) throws -> StoredValue {
        var inner: [(key: String, value: StoredValue)] = []
        inner.reserveCapacity(entries.count)
        for (key, value) in entries {
            let key = pickle.printedKey(key)
            try spend(key.utf8.count)
            inner.append((key, try self.inner(key, value, depth: depth)))
        }
        return .dictionary(inner)
    }

    private mutating func items(_ items: [Pickle.Value], depth: Int) throws -> StoredValue {
        var inner: [StoredValue] = []
        inner.reserveCapacity(items.count)
        for (place, item) in items.enumerated() { inner.append(try self.inner("\(place)", item, depth: depth)) }
        return .list(inner)
    }

    private mutating func list(_ items: [Pickle.Value], _ number: Int, depth: Int) throws -> StoredValue {
        let known: KnownList
        if let earlier = knownLists[number] {
            known = earlier
        } else {
            known = try numbers(in: items) ?? texts(in: items) ?? .others
            knownLists[number] = known
        }
        switch known {
        case .numbers(let type, let shape, let storage):
            return try tensor(Tensor(name: name(), elementType: type, shape: shape, backing: storage))
        case .texts(let texts):
            arrays += 1
            return try leaf(.texts(texts))
        case .others: return try self.items(items, depth: depth)
        }
    }

    private mutating func tensor(_ tensor: Tensor) throws -> StoredValue {
        try spend(Self.costOfTensor)
        arrays += 1
        return .tensor(tensor)
    }

    /// A value that is not read.
    private func unread(_ reason: String) throws -> StoredValue {
        try spend(reason.utf8.count)
        return try leaf(.unread(reason))
    }

    /// A value without a name of its own in it, charged for the name that others make for it.
    private func leaf(_ value: StoredValue) throws -> StoredValue {
        try spendOnName()
        return value
    }

    /// The name of a tensor here.
    private func name() throws -> String {
        try spendOnName()
        return path.isEmpty ? bareName : path.joined(separator: ".")
    }

    private func spendOnName() throws { try spend(Self.costOfNameByte * nameByteCount) }

    private func spend(_ bytes: Int) throws {
        do {
            try pickle.backing.budget.spend(bytes)
        } catch var error as ArrayFileError {
            error.tensor = path.isEmpty ? bareName : path.joined(separator: ".")
            throw error
        }
    }

    private func refused(_ reason: String) -> ArrayFileError {
        .malformed(pickle.backing.path, tensor: path.isEmpty ? bareName : path.joined(separator: "."), reason)
    }
}

extension PickleTree {
    /// Numbers, or lists of equal length of them, as an array: int64, float64 if there is a float, or bool.
    private mutating func numbers(in items: [Pickle.Value]) throws -> KnownList? {
        guard var first = items.first else { return nil }
        var shape = [items.count]
        while let inner = pickle.items(first) {
            guard let next = inner.first, shape.count < Self.maximumNumberDepth else { return nil }
            shape.append(inner.count)
            first = next
        }
        guard number(first) != nil else { return nil }
        var bits: [UInt64] = []
        bits.reserveCapacity(items.count)
        var (hasReal, hasInteger) = (false, false)
        guard
            try gather(
                items, shape[...],
                { number in
                    // A float is put where its value stays, whatever follows.
                    switch number {
                    case .boolean(let boolean): bits.append(boolean ? 1 : 0)
                    case .integer(let integer):
                        hasInteger = true
                        bits.append(hasReal ? Double(integer).bitPattern : UInt64(bitPattern: Int64(integer)))
                    case .real(let real):
                        if !hasReal {
                            for place in bits.indices {
                                bits[place] = Double(Int64(bitPattern: bits[place])).bitPattern
                            }
                        }
                        hasReal = true
                        bits.append(real.bitPattern)
                    }
                    if hasReal, case .boolean(let boolean) = number {
                        bits[bits.count - 1] = Double(boolean ? 1 : 0).bitPattern
                    }
                })
        else { return nil }
        let type: ElementType = hasReal ? .float64 : hasInteger ? .int64 : .bool
        let bytes = type == .bool ? bits.map { UInt8($0) } : bits.withUnsafeBytes { [UInt8]($0) }
        return .numbers(
            type, shape, TensorStorage(bytes, budget: pickle.backing.budget))
    }

    /// Calls `body` with the numbers of lists nested as `shape` says, in order; false if they are not.
    private mutating func gather(
        _ items: [Pickle.Value], _ shape: ArraySlice<Int>, _ body: (PickledArray.ScalarValue) -> Void
    ) throws -> Bool {
        guard items.count == shape.first else { return false }
        let rest = shape.dropFirst()
        try spend(Self.costOfNumber * items.count)
        for item in items {
            if rest.isEmpty {
                guard let number = number(item) else { return false }
                body(number)
            } else {
                guard let inner = pickle.items(item), try gather(inner, rest, body) else { return false }
            }
        }
        return true
    }

    private mutating func number(_ value: Pickle.Value) -> PickledArray.ScalarValue? {
        switch value {
        case .boolean(let boolean): return .boolean(boolean)
        case .integer(let integer): return .integer(integer)
        case .real(let real): return .real(real)
        default:
            guard let call = pickle.call(value) else { return nil }
            return PickledArray.number(call, in: pickle, types: &numberTypes)
        }
    }

    /// Texts, all of them.
    private func texts(in items: [Pickle.Value]) throws -> KnownList? {
        guard let first = items.first, try text(first) != nil else { return nil }
        try spend(Self.costOfText * items.count)
        var texts: [String] = []
        // A byte string that occurs often is made a text once.
        var made: [Int: String] = [:]
        for item in items {
            if case .bytes(let range) = item {
                guard let text = made[range.lowerBound] ?? pickle.text(item) else { return nil }
                made[range.lowerBound] = text
                texts.append(text)
            } else {
                guard let text = try text(item) else { return nil }
                texts.append(text)
            }
        }
        return .texts(texts)
    }

    private func text(_ value: Pickle.Value) throws -> String? {
        try pickle.text(value) ?? pickle.call(value).flatMap { try PickledArray.text($0, in: pickle) }
    }
}

extension PickleTree {
    private mutating func result(of call: Pickle.Call, _ number: Int, depth: Int) throws -> StoredValue {
        if let inner = try TorchTensors.wrapped(by: call, in: pickle) {
            return try value(inner, depth: depth + 1)
        }
        if TorchTensors.makes(call) {
            let name = try name()
            let value = try torch.value(of: call, named: name)
            if case .tensor(let tensor) = value { return try self.tensor(tensor) }
            return value
        }
        if let array = PickledArray(call, in: pickle) { return try self.array(array, number, depth: depth) }
        return try contents(of: call, number, depth: depth)
    }

    private mutating func array(_ array: PickledArray, _ number: Int, depth: Int) throws -> StoredValue {
        guard array.type == .objects else {
            let value = try array.value(named: try name(), in: pickle)
            switch value {
            case .tensor(let tensor): return try self.tensor(tensor)
            case .texts: arrays += 1
            default: break
            }
            return value
        }
        guard let items = pickle.items(array.contents) else { return try value(array.contents, depth: depth + 1) }
        guard array.shape.allSatisfy({ $0 >= 0 }), Tensor.product(array.shape) == items.count else {
            throw refused("of shape \(array.shape) holds \(items.count) objects")
        }
        let value = try list(items, number, depth: depth)
        guard array.shape.count > 1, case .tensor(let flat) = value, flat.shape.count == 1 else { return value }
        return .tensor(
            try Tensor(name: flat.name, elementType: flat.elementType, shape: array.shape, backing: flat.backing))
    }

    /// What an object of a foreign class holds, as far as it is plain data with an array in it.
    private mutating func contents(of call: Pickle.Call, _ number: Int, depth: Int) throws -> StoredValue {
        let reason = Self.reason(call)
        guard !surrounding.contains(number) else {
            return try unread("an object of class \(call.function), which holds itself")
        }
        let earlier = arrays
        let isOutermost = surrounding.isEmpty
        if isOutermost { foreignEnd = foreignVisits + Self.maximumForeignVisits }
        surrounding.insert(number)
        defer {
            surrounding.remove(number)
            if isOutermost { foreignEnd = .max }
        }
        do {
            if let found = try parts(of: call, depth: depth), arrays > earlier { return found }
        } catch is ForeignTooLarge where isOutermost {}
        unread[number] = reason
        return try unread(reason)
    }

    private mutating func parts(of call: Pickle.Call, depth: Int) throws -> StoredValue? {
        if !call.entries.isEmpty { return try dictionary(call.entries, depth: depth) }
        if !call.items.isEmpty { return try items(call.items, depth: depth) }
        if call.kind == .function { return nil }
        if let entries = state(of: call) { return try dictionary(entries, depth: depth) }
        guard call.kind == .newInstance, let arguments = pickle.items(call.arguments), !arguments.isEmpty else {
            return nil
        }
        return try items(arguments, depth: depth)
    }

    /// The attributes of an object; those in slots are in a second dictionary.
    private func state(of call: Pickle.Call) -> [Pickle.Entry]? {
        guard let state = call.state else { return nil }
        switch pickle.object(state) {
        case .dictionary(let entries): return entries
        case .tuple(let both) where both.count == 2:
            guard case .dictionary(let slots) = pickle.object(both[1]) else { return nil }
            if case .dictionary(let entries) = pickle.object(both[0]) { return entries + slots }
            return slots
        default: return nil
        }
    }

    private static func reason(_ call: Pickle.Call) -> String {
        switch call.function {
        case "builtins.set", "builtins.frozenset": "a set, which is not supported"
        default:
            call.kind == .function
                ? "the result of \(call.function), which is not read"
                : "an object of class \(call.function), which is not read"
        }
    }
}
