/// The stack machine of Python's pickle, protocols 0 to 5, without the instructions that data does not need. Source of
/// the instructions: `Lib/pickletools.py` of CPython.
struct PickleMachine {
    /// The largest number of instructions that are executed. Each adds at most one value and one object, so this bounds
    /// the memory as well; files written by PyTorch have a few hundred.
    static let maximumInstructions = 1 << 24

    private(set) var objects: [Pickle.Object] = []
    private var cursor: ByteCursor
    private let allowed: Set<String>
    private var stack: [Pickle.Value] = []
    private var marks: [Int] = []
    private var memo: [Int: Pickle.Value] = [:]

    init(_ cursor: ByteCursor, allowed: Set<String>) {
        self.cursor = cursor
        self.allowed = allowed
    }

    /// Runs the program to its end and returns the resulting value.
    ///
    /// - Throws: `ArrayFileError` (malformed).
    mutating func run() throws -> Pickle.Value {
        for _ in 0..<Self.maximumInstructions {
            let code = try cursor.little(UInt8.self)
            if code == UInt8(ascii: ".") { return try pop() }
            try follow(code)
        }
        throw cursor.malformed("the pickle has more than \(Self.maximumInstructions) instructions")
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
        case "\u{8c}": stack.append(.text(try text(byteCount: Int(try cursor.little(UInt8.self)))))
        case "X": stack.append(.text(try text(byteCount: try cursor.count(UInt32.self))))
        case "\u{8d}": stack.append(.text(try text(byteCount: try cursor.count(UInt64.self))))
        case "U", "C": stack.append(try bytes(byteCount: Int(try cursor.little(UInt8.self))))
        case "T", "B": stack.append(try bytes(byteCount: try cursor.count(UInt32.self)))
        case "\u{8e}", "\u{96}": stack.append(try bytes(byteCount: try cursor.count(UInt64.self)))

        // Tuples, lists, dictionaries.
        case "(": marks.append(stack.count)
        case ")": push(.tuple([]))
        case "t": push(.tuple(try popToMark()))
        case "\u{85}": push(.tuple(try pop(1)))
        case "\u{86}": push(.tuple(try pop(2)))
        case "\u{87}": push(.tuple(try pop(3)))
        case "]": push(.list([]))
        case "l": push(.list(try popToMark()))
        case "a": try append(try pop(1))
        case "e": try append(try popToMark())
        case "}": push(.dictionary([]))
        case "d": push(.dictionary(try entries(of: try popToMark())))
        case "s": try set(try pop(2))
        case "u": try set(try popToMark())

        // Stack and memo.
        case "0": _ = try pop()
        case "1": _ = try popToMark()
        case "2":
            let value = try pop()
            stack += [value, value]
        case "q": memo[Int(try cursor.little(UInt8.self))] = try top()
        case "r": memo[Int(try cursor.little(UInt32.self))] = try top()
        case "p": memo[try lineNumber()] = try top()
        case "\u{94}": memo[memo.count] = try top()
        case "h": try recall(Int(try cursor.little(UInt8.self)))
        case "j": try recall(Int(try cursor.little(UInt32.self)))
        case "g": try recall(try lineNumber())

        // Names and calls.
        case "c": try name(module: try textLine(), try textLine())
        case "\u{93}": try nameFromStack()
        case "R", "\u{81}": try call()
        case "b": try setState()
        case "Q": push(.persistent(try pop()))

        default: throw cursor.malformed("pickle instruction 0x\(String(code, radix: 16)) is not allowed")
        }
    }
}

extension PickleMachine {
    private mutating func push(_ object: Pickle.Object) {
        stack.append(.object(objects.count))
        objects.append(object)
    }

    private func top() throws -> Pickle.Value {
        guard let value = stack.last, stack.count > marks.last ?? 0 else {
            throw cursor.malformed("the pickle takes a value that is not there")
        }
        return value
    }

    private mutating func pop() throws -> Pickle.Value {
        let value = try top()
        stack.removeLast()
        return value
    }

    private mutating func pop(_ count: Int) throws -> [Pickle.Value] {
        var values: [Pickle.Value] = []
        for _ in 0..<count { values.append(try pop()) }
        return values.reversed()
    }

    private mutating func popToMark() throws -> [Pickle.Value] {
        guard let mark = marks.popLast() else { throw cursor.malformed("the pickle takes a mark that is not there") }
        defer { stack.removeSubrange(mark...) }
        return [Pickle.Value](stack[mark...])
    }

    private mutating func recall(_ number: Int) throws {
        guard let value = memo[number] else { throw cursor.malformed("the pickle recalls what it never stored") }
        stack.append(value)
    }

    private mutating func append(_ values: [Pickle.Value]) throws {
        guard case .object(let number) = try top(), case .list(var items) = objects[number] else {
            throw cursor.malformed("the pickle appends to what is no list")
        }
        // The table gives up the array before it grows, or every append would copy it.
        objects[number] = .list([])
        items += values
        objects[number] = .list(items)
    }

    private mutating func set(_ values: [Pickle.Value]) throws {
        let new = try entries(of: values)
        guard case .object(let number) = try top(), case .dictionary(var entries) = objects[number] else {
            throw cursor.malformed("the pickle sets an item of what is no dictionary")
        }
        objects[number] = .dictionary([])
        entries += new
        objects[number] = .dictionary(entries)
    }

    private func entries(of values: [Pickle.Value]) throws -> [(key: String, value: Pickle.Value)] {
        guard values.count.isMultiple(of: 2) else { throw cursor.malformed("a dictionary key has no value") }
        return try stride(from: 0, to: values.count, by: 2).map { (try key(values[$0]), values[$0 + 1]) }
    }

    private func key(_ value: Pickle.Value) throws -> String {
        switch value {
        case .text(let text): return text
        case .bytes(let range): return String(decoding: cursor.bytes[range], as: UTF8.self)
        case .integer(let integer): return "\(integer)"
        case .boolean(let boolean): return "\(boolean)"
        default: throw cursor.malformed("a dictionary key is neither text nor an integer")
        }
    }

    private mutating func nameFromStack() throws {
        let names = try pop(2)
        guard case .text(let module) = names[0], case .text(let name) = names[1] else {
            throw cursor.malformed("the pickle names something without text")
        }
        try self.name(module: module, name)
    }

    private mutating func name(module: String, _ name: String) throws {
        // Python 2 used another name for the module of the built-in functions.
        let full = "\(module == "__builtin__" ? "builtins" : module).\(name)"
        guard allowed.contains(full) || full == Self.orderedDictionary else {
            throw cursor.malformed(
                "\(full) is not allowed; only tensors, numbers, text, lists and dictionaries are read")
        }
        stack.append(.global(full))
    }

    private static let orderedDictionary = "collections.OrderedDict"

    private mutating func call() throws {
        let arguments = try pop()
        guard case .global(let function) = try pop() else {
            throw cursor.malformed("the pickle calls what is no function")
        }
        guard case .object(let number) = arguments, case .tuple(let items) = objects[number] else {
            throw cursor.malformed("\(function) is called without a tuple of arguments")
        }
        guard function == Self.orderedDictionary else {
            return push(.call(function: function, arguments: arguments, state: nil))
        }
        guard let pairs = items.first else { return push(.dictionary([])) }
        guard case .object(let list) = pairs, case .list(let pairs) = objects[list] else {
            throw cursor.malformed("\(function) is made of something else than pairs")
        }
        let values = try pairs.flatMap { pair in
            guard case .object(let number) = pair else { throw cursor.malformed("\(function) holds no pair") }
            switch objects[number] {
            case .tuple(let pair) where pair.count == 2, .list(let pair) where pair.count == 2: return pair
            default: throw cursor.malformed("\(function) holds no pair")
            }
        }
        push(.dictionary(try entries(of: values)))
    }

    private mutating func setState() throws {
        let state = try pop()
        guard case .object(let number) = try top() else { throw cursor.malformed("the pickle sets state on no object") }
        switch objects[number] {
        case .call(let function, let arguments, _):
            objects[number] = .call(function: function, arguments: arguments, state: state)
        case .dictionary:
            // PyTorch attaches `_metadata` to the OrderedDict of a state_dict: versions of modules, no data.
            break
        default: throw cursor.malformed("the pickle sets state on a value that has none")
        }
    }
}

extension PickleMachine {
    private mutating func text(byteCount: Int) throws -> String {
        String(decoding: try cursor.take(byteCount), as: UTF8.self)
    }

    private mutating func bytes(byteCount: Int) throws -> Pickle.Value {
        let start = cursor.position
        _ = try cursor.take(byteCount)
        return .bytes(start..<cursor.position)
    }

    private mutating func textLine() throws -> String {
        String(decoding: try cursor.line(), as: UTF8.self)
    }

    private mutating func lineNumber() throws -> Int {
        guard let number = Int(try textLine()) else { throw cursor.malformed("a number of the memo is none") }
        return number
    }

    private mutating func integerLine() throws -> Pickle.Value {
        var text = try textLine()
        if text.hasSuffix("L") { text.removeLast() }
        // Protocol 0 writes booleans this way.
        if text == "00" || text == "01" { return .boolean(text == "01") }
        if let integer = Int(text) { return .integer(integer) }
        guard !text.isEmpty, text.utf8.allSatisfy("-0123456789".utf8.contains) else {
            throw cursor.malformed("'\(text.prefix(40))' is no integer")
        }
        return .hugeInteger
    }

    private mutating func realLine() throws -> Pickle.Value {
        let text = try textLine()
        guard let real = Double(text) else { throw cursor.malformed("'\(text.prefix(40))' is no number") }
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
