/// The stack machine of Python's pickle, protocols 0 to 5. Source of the instructions: `Lib/pickletools.py` of CPython.
struct PickleMachine {
    /// The number of bytes of the longest text that is kept as a text.
    static let longestName = 1 << 12

    private(set) var objects: [Pickle.Object] = []
    /// The position after the last instruction followed.
    var position: Int { cursor.position }
    let backing: TensorStorage
    private(set) var cursor: ByteCursor
    private var stack: [Pickle.Value] = []
    private var marks: [Int] = []
    private var memo: [Int: Pickle.Value] = [:]
    var budget: ReadingBudget { backing.budget }

    /// Bytes that are charged for an instruction, which may leave a value on the stack; for a value or an entry put
    /// into a container, which grows in steps; for a place in the memo; and for an object and a call.
    private static let (costOfInstruction, costOfMemo) = (32, 64)
    static let (costOfValue, costOfEntry, costOfObject, costOfCall) = (24, 48, 48, 160)

    /// - Parameter cursor: The position of the first instruction in the bytes of `backing`.
    init(_ cursor: ByteCursor, backing: TensorStorage) {
        self.cursor = cursor
        self.backing = backing
    }

    /// Runs the program to its end and returns the resulting value.
    ///
    /// - Throws: `ArrayFileError` (malformed).
    mutating func run() throws -> Pickle.Value {
        while true {
            try budget.spend(Self.costOfInstruction)
            let code = try cursor.little(UInt8.self)
            if code == UInt8(ascii: ".") { return try pop() }
            try follow(code)
        }
    }

    private mutating func follow(_ code: UInt8) throws {
        switch Unicode.Scalar(code) {
        // Protocol and framing: nothing to do.
        case "\u{80}": _ = try cursor.take(1)
        case "\u{95}": _ = try cursor.take(8)

        // Plain values.
        case "N": stack.append(.none)
        case "\u{88}": stack.append(.boolean(true))
        case "\u{89}": stack.append(.boolean(false))
        case "K": stack.append(.integer(Int(try cursor.little(UInt8.self))))
        case "M": stack.append(.integer(Int(try cursor.little(UInt16.self))))
        case "J": stack.append(.integer(Int(try cursor.little(Int32.self))))
        case "I", "L": stack.append(try integerLine())
        case "\u{8a}": stack.append(try integer(byteCount: Int(try cursor.little(UInt8.self))))
        case "\u{8b}": stack.append(try integer(byteCount: Int(try cursor.little(Int32.self))))
        case "G": stack.append(.real(Double(bitPattern: try cursor.big(UInt64.self))))
        case "F": stack.append(try realLine())

        // Text and bytes. The text of Python 2 is bytes.
        case "\u{8c}": stack.append(try text(byteCount: Int(try cursor.little(UInt8.self))))
        case "X": stack.append(try text(byteCount: try cursor.count(UInt32.self)))
        case "\u{8d}": stack.append(try text(byteCount: try cursor.count(UInt64.self)))
        case "V": stack.append(.text(Self.unescaped(try cursor.line(), isPython2: false)))
        case "S": stack.append(.text(Self.unescaped(try cursor.line(), isPython2: true)))
        case "U", "C": stack.append(try bytes(byteCount: Int(try cursor.little(UInt8.self))))
        case "T", "B": stack.append(try bytes(byteCount: try cursor.count(UInt32.self)))
        case "\u{8e}", "\u{96}": stack.append(try bytes(byteCount: try cursor.count(UInt64.self)))
        case "\u{97}": try pushCall("pickle.PickleBuffer", .construction)
        case "\u{98}": _ = try top()

        // Tuples, lists, dictionaries, sets.
        case "(": marks.append(stack.count)
        case ")": try push(.tuple([]))
        case "t": try push(.tuple(popToMark()))
        case "\u{85}": try push(.tuple(pop(1)))
        case "\u{86}": try push(.tuple(pop(2)))
        case "\u{87}": try push(.tuple(pop(3)))
        case "]": try push(.list([]))
        case "l": try push(.list(popToMark()))
        case "a": try append(try pop(1))
        case "e": try append(try popToMark())
        case "}": try push(.dictionary([]))
        case "d": try push(.dictionary(entries(of: popToMark())))
        case "s": try set(try pop(2))
        case "u": try set(try popToMark())
        case "\u{8f}": try pushCall("builtins.set", .construction)
        case "\u{90}":
            _ = try popToMark()
            _ = try top()
        case "\u{91}":
            _ = try popToMark()
            try pushCall("builtins.frozenset", .construction)

        // Stack and memo.
        case "0": _ = try pop()
        case "1": _ = try popToMark()
        case "2":
            let value = try top()
            stack.append(value)
        case "q": try memorize(Int(cursor.little(UInt8.self)))
        case "r": try memorize(Int(cursor.little(UInt32.self)))
        case "p": try memorize(lineNumber())
        case "\u{94}": try memorize(memo.count)
        case "h": try recall(Int(try cursor.little(UInt8.self)))
        case "j": try recall(Int(try cursor.little(UInt32.self)))
        case "g": try recall(try lineNumber())

        // Names and calls.
        case "c": try name(module: try textLine(), try textLine())
        case "\u{93}": try nameFromStack()
        case "\u{82}": try name(module: "copyreg", "extension \(try cursor.little(UInt8.self))")
        case "\u{83}": try name(module: "copyreg", "extension \(try cursor.little(UInt16.self))")
        case "\u{84}": try name(module: "copyreg", "extension \(try cursor.little(UInt32.self))")
        case "R":
            let arguments = try pop()
            try call(try pop(), arguments, isNew: false)
        case "\u{81}":
            let arguments = try pop()
            try call(try pop(), arguments, isNew: true)
        case "\u{92}":
            let values = try pop(3)
            try call(values[0], values[1], isNew: true)
        case "o":
            let values = try popToMark()
            guard let type = values.first else { throw cursor.malformed("the pickle makes an object of no class") }
            try push(.tuple([Pickle.Value](values.dropFirst())))
            try call(type, try pop(), isNew: false)
        case "i":
            try name(module: try textLine(), try textLine())
            let type = try pop()
            try push(.tuple(popToMark()))
            try call(type, try pop(), isNew: false)
        case "b": try setState()
        case "P": try push(.persistent(.text(textLine())))
        case "Q": try push(.persistent(pop()))

        default: throw cursor.malformed("0x\(String(code, radix: 16)) is not a pickle opcode")
        }
    }
}

extension PickleMachine {
    mutating func push(_ value: Pickle.Value) { stack.append(value) }

    mutating func push(_ object: Pickle.Object) throws {
        try budget.spend(Self.costOfObject)
        stack.append(.object(objects.count))
        objects.append(object)
    }

    mutating func pushCall(_ function: String, _ kind: Pickle.Call.Kind, _ arguments: Pickle.Value = .none) throws {
        try budget.spend(Self.costOfCall)
        try push(.call(Pickle.Call(function: function, kind: kind, arguments: arguments)))
    }

    private func top() throws -> Pickle.Value {
        guard let value = stack.last, stack.count > marks.last ?? 0 else {
            throw cursor.malformed("the pickle takes a value that is not there")
        }
        return value
    }

    mutating func pop() throws -> Pickle.Value {
        let value = try top()
        stack.removeLast()
        return value
    }

    private mutating func pop(_ count: Int) throws -> [Pickle.Value] {
        var values: [Pickle.Value] = []
        values.reserveCapacity(count)
        for _ in 0..<count { values.append(try pop()) }
        return values.reversed()
    }

    private mutating func popToMark() throws -> [Pickle.Value] {
        guard let mark = marks.popLast() else { throw cursor.malformed("the pickle takes a mark that is not there") }
        try budget.spend(Self.costOfValue * (stack.count - mark))
        defer { stack.removeSubrange(mark...) }
        return [Pickle.Value](stack[mark...])
    }

    private mutating func memorize(_ number: Int) throws {
        try budget.spend(Self.costOfMemo)
        memo[number] = try top()
    }

    private mutating func recall(_ number: Int) throws {
        guard let value = memo[number] else { throw cursor.malformed("the pickle recalls what it never stored") }
        stack.append(value)
    }

    private mutating func append(_ values: [Pickle.Value]) throws {
        guard case .object(let number) = try top() else {
            throw cursor.malformed("the pickle appends to something that is not a list")
        }
        // The table gives up the array before it grows, or every append would copy it.
        if case .list(var items) = objects[number] {
            objects[number] = .list([])
            items += values
            objects[number] = .list(items)
        } else if case .call(var call) = objects[number] {
            objects[number] = .list([])
            call.items += values
            objects[number] = .call(call)
        } else {
            throw cursor.malformed("the pickle appends to something that is not a list")
        }
    }

    private mutating func set(_ values: [Pickle.Value]) throws {
        let new = try entries(of: values)
        guard case .object(let number) = try top() else {
            throw cursor.malformed("the pickle sets an item of something that is not a dictionary")
        }
        if case .dictionary(var entries) = objects[number] {
            objects[number] = .list([])
            entries += new
            objects[number] = .dictionary(entries)
        } else if case .call(var call) = objects[number] {
            objects[number] = .list([])
            call.entries += new
            objects[number] = .call(call)
        } else {
            throw cursor.malformed("the pickle sets an item of something that is not a dictionary")
        }
    }

    private func entries(of values: [Pickle.Value]) throws -> [Pickle.Entry] {
        guard values.count.isMultiple(of: 2) else { throw cursor.malformed("a dictionary key has no value") }
        return stride(from: 0, to: values.count, by: 2).map { (values[$0], values[$0 + 1]) }
    }

    private mutating func nameFromStack() throws {
        let names = try pop(2)
        guard let module = name(names[0]), let name = name(names[1]) else {
            throw cursor.malformed("the pickle names something without text")
        }
        try self.name(module: module, name)
    }

    func name(_ value: Pickle.Value) -> String? {
        if case .text(let text) = value { text } else { nil }
    }

    private mutating func name(module: String, _ name: String) throws {
        // Arrays lie between the instructions of such a file.
        guard module != "joblib.numpy_pickle" else {
            throw cursor.malformed(
                "was saved by joblib.dump, which is not supported; save it with pickle.dump or numpy.savez")
        }
        try budget.spend(module.utf8.count + name.utf8.count)
        // Python 2 used other names for these.
        switch module {
        case "__builtin__": stack.append(.global("builtins.\(name == "xrange" ? "range" : name)"))
        case "copy_reg": stack.append(.global("copyreg.\(name)"))
        default: stack.append(.global("\(module).\(name)"))
        }
    }

    private mutating func setState() throws {
        let state = try pop()
        switch try top() {
        case .object(let number):
            switch objects[number] {
            case .call(var call):
                call.state = state
                objects[number] = .call(call)
            case .dictionary, .persistent, .encoded:
                // PyTorch attaches `_metadata` to the OrderedDict of a state_dict: versions of modules, no data.
                break
            case .list, .tuple: throw cursor.malformed("the pickle sets state on a value that has none")
            }
        // A class or function, which a pickle may change; here it is only a name.
        case .global: break
        default: throw cursor.malformed("the pickle sets state on no object")
        }
    }
}

extension PickleMachine {
    private mutating func text(byteCount: Int) throws -> Pickle.Value {
        let start = cursor.position
        let bytes = try cursor.take(byteCount)
        return byteCount > Self.longestName
            ? .longText(start..<cursor.position) : .text(String(decoding: bytes, as: UTF8.self))
    }

    private mutating func bytes(byteCount: Int) throws -> Pickle.Value {
        let start = cursor.position
        _ = try cursor.take(byteCount)
        return .bytes(start..<cursor.position)
    }

    private mutating func textLine() throws -> String {
        String(decoding: try cursor.line(), as: UTF8.self)
    }

    /// The text of a line of protocol 0: Latin-1 with escapes, in quotes if it is of Python 2.
    private static func unescaped(_ line: UnsafeRawBufferPointer, isPython2: Bool) -> String {
        var line = line[...]
        if isPython2, line.count >= 2 { line = line.dropFirst().dropLast() }
        let simple: [UInt8: UInt8] = [
            UInt8(ascii: "n"): 10, UInt8(ascii: "r"): 13, UInt8(ascii: "t"): 9, UInt8(ascii: "\\"): 92,
            UInt8(ascii: "'"): 39, UInt8(ascii: "\""): 34,
        ]
        var text = String.UnicodeScalarView()
        while let byte = line.popFirst() {
            guard byte == UInt8(ascii: "\\"), let code = line.first else {
                text.append(Unicode.Scalar(byte))
                continue
            }
            let digits: Int? =
                switch code {
                case UInt8(ascii: "x") where isPython2: 2
                case UInt8(ascii: "u") where !isPython2: 4
                case UInt8(ascii: "U") where !isPython2: 8
                default: nil
                }
            if let digits,
                let number = UInt32(String(decoding: line.dropFirst().prefix(digits), as: UTF8.self), radix: 16)
            {
                text.append(Unicode.Scalar(number) ?? "\u{fffd}")
                line = line.dropFirst(1 + digits)
            } else if isPython2, let plain = simple[code] {
                text.append(Unicode.Scalar(plain))
                line = line.dropFirst()
            } else {
                text.append(Unicode.Scalar(byte))
            }
        }
        return String(text)
    }

    private mutating func lineNumber() throws -> Int {
        guard let number = Int(try textLine()) else { throw cursor.malformed("a memo index is not a number") }
        return number
    }

    private mutating func integerLine() throws -> Pickle.Value {
        var text = try textLine()
        if text.hasSuffix("L") { text.removeLast() }
        // Protocol 0 writes booleans this way.
        if text == "00" || text == "01" { return .boolean(text == "01") }
        if let integer = Int(text) { return .integer(integer) }
        guard !text.isEmpty, text.utf8.allSatisfy("-0123456789".utf8.contains) else {
            throw cursor.malformed("'\(text.prefix(40))' is not an integer")
        }
        return .hugeInteger
    }

    private mutating func realLine() throws -> Pickle.Value {
        let text = try textLine()
        guard let real = Double(text) else { throw cursor.malformed("'\(text.prefix(40))' is not a number") }
        return .real(real)
    }

    /// A little-endian two's complement integer of any length.
    private mutating func integer(byteCount: Int) throws -> Pickle.Value {
        let bytes = try cursor.take(byteCount)
        guard byteCount <= 8 else { return .hugeInteger }
        let isNegative = bytes.last.map { $0 >= 0x80 } ?? false
        let value = bytes.reversed().reduce(isNegative ? -1 : 0) { $0 << 8 | Int($1) }
        return .integer(value)
    }
}
