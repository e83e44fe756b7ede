/// Calls of functions and classes. None is made: what a few of them would return is plain, and the others are recorded.
extension PickleMachine {
    mutating func call(_ callable: Pickle.Value, _ arguments: Pickle.Value, isNew: Bool) throws {
        let function: String
        switch callable {
        case .global(let name): function = name
        case .object(let number):
            // A function that another call returns, such as functools.partial.
            guard case .call = objects[number] else {
                throw cursor.malformed("the pickle calls something that is not a function")
            }
            return try pushCall("a function without a name", .function, arguments)
        default: throw cursor.malformed("the pickle calls something that is not a function")
        }
        guard case .object(let number) = arguments else {
            throw cursor.malformed("\(function) is called without a tuple of arguments")
        }
        switch objects[number] {
        case .tuple(let items): if try callKnown(function, items) { return }
        case .call: break
        default: throw cursor.malformed("\(function) is called without a tuple of arguments")
        }
        try pushCall(function, isNew ? .newInstance : Self.isClass(function) ? .construction : .function, arguments)
    }

    /// Whether a name is that of a class, as far as the custom of Python tells.
    private static func isClass(_ function: String) -> Bool {
        let name = function.split(separator: ".").last ?? ""
        return name.first { $0 != "_" }?.isUppercase == true || lowercaseClasses.contains(function)
    }

    private static let lowercaseClasses: Set<String> = [
        "builtins.set", "builtins.frozenset", "builtins.range", "builtins.slice", "builtins.complex", "builtins.object",
        "collections.deque", "datetime.date", "datetime.datetime", "datetime.time", "datetime.timedelta",
        "datetime.timezone", "numpy.dtype", "torch.device",
    ]

    /// Makes the result of a call whose meaning is plain: containers, bytes, instances. False if it is none of these.
    private mutating func callKnown(_ function: String, _ items: [Pickle.Value]) throws -> Bool {
        switch function {
        case "collections.OrderedDict":
            guard let entries = try entries(ofPairs: items.first) else { return false }
            try push(.dictionary(entries))
        case "collections.defaultdict": try push(.dictionary([]))
        case "builtins.dict" where items.isEmpty: try push(.dictionary([]))
        case "collections.Counter", "builtins.dict":
            // Nothing is set in the copy, so that the original will do.
            guard items.count == 1, case .object(let number) = items[0], case .dictionary = objects[number] else {
                return false
            }
            push(items[0])
        case "builtins.list", "builtins.tuple":
            guard items.count == 1, case .object(let number) = items[0] else { return false }
            switch objects[number] {
            case .list, .tuple: push(items[0])
            default: return false
            }
        case "builtins.bytes" where items.isEmpty, "builtins.bytearray" where items.isEmpty:
            push(.bytes(0..<0))
        case "builtins.bytes" where items.count == 1, "builtins.bytearray" where items.count == 1:
            switch items[0] {
            case .bytes: break
            case .object(let number): guard case .encoded = objects[number] else { return false }
            default: return false
            }
            push(items[0])
        case "_codecs.encode", "builtins.bytearray", "builtins.bytes":
            guard items.count == 2, let code = name(items[1]), ["latin1", "latin-1"].contains(code),
                let storage = try encoded(items[0])
            else { return false }
            try push(.encoded(storage))
        case "copyreg.__newobj__", "copyreg.__newobj_ex__":
            // Not one of these for another: a call within a call within a call has no end.
            guard case .global(let type)? = items.first, !type.hasPrefix("copyreg.") else { return false }
            let isExtended = function.hasSuffix("ex__")
            if isExtended, items.count > 1 {
                try call(items[0], items[1], isNew: true)
            } else {
                try budget.spend(Self.costOfValue * items.count)
                try push(.tuple([Pickle.Value](items.dropFirst())))
                try call(items[0], try pop(), isNew: true)
            }
        case "copyreg._reconstructor":
            guard items.count == 3, case .global(let type) = items[0], case .global(let base) = items[1] else {
                return false
            }
            // The contents of a list, dictionary or the like of which the class is a kind.
            var call = Pickle.Call(function: type, kind: .construction, arguments: .none)
            if base != "builtins.object", case .object(let number) = items[2] {
                switch objects[number] {
                case .list(let items), .tuple(let items): call.items = items
                case .dictionary(let entries): call.entries = entries
                default: break
                }
            }
            // Copied as soon as either is added to.
            try budget.spend(
                Self.costOfCall + Self.costOfValue * call.items.count + Self.costOfEntry * call.entries.count)
            try push(.call(call))
        default: return false
        }
        return true
    }

    /// The entries of a dictionary made of a list of pairs; nil if it is made of something else.
    private mutating func entries(ofPairs pairs: Pickle.Value?) throws -> [Pickle.Entry]? {
        guard let pairs else { return [] }
        guard case .object(let list) = pairs, case .list(let pairs) = objects[list] else { return nil }
        try budget.spend(Self.costOfEntry * pairs.count)
        var entries: [Pickle.Entry] = []
        for pair in pairs {
            guard case .object(let number) = pair else { return nil }
            switch objects[number] {
            case .tuple(let pair) where pair.count == 2, .list(let pair) where pair.count == 2:
                entries.append((pair[0], pair[1]))
            default: return nil
            }
        }
        return entries
    }

    /// The bytes that a text of their values stands for; nil if it has other characters.
    private mutating func encoded(_ text: Pickle.Value) throws -> TensorStorage? {
        switch text {
        case .text(let text):
            try budget.spend(text.utf8.count)
            return TensorStorage(latin1: text, budget: backing.budget)
        case .longText(let range):
            try budget.spend(range.count)
            return TensorStorage(latin1: range, of: backing, lent: cursor.bytes)
        default: return nil
        }
    }
}
