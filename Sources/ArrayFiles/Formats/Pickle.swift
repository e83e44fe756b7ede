/// The contents of a Python pickle, read without running any of it.
///
/// A pickle is a program for a stack machine that may call any Python function. Here the program is interpreted, but
/// calls are only recorded: the function and its arguments. The reader of a format then makes tensors from the calls
/// that it knows; what any other call would have made is not read.
struct Pickle {
    /// A value; a value with parts is an object, referred to by its number.
    ///
    /// Objects are in one table, not nested within each other, so that neither cycles nor deep nesting in a hostile
    /// file can leak memory or overflow the stack.
    enum Value {
        case none
        case boolean(Bool)
        case integer(Int)
        /// An integer of more than 64 bits, whose value is not kept.
        case hugeInteger
        case real(Double)
        case text(String)
        /// A text too long for a name, as the range of its UTF-8 in the pickle: mostly an array written as text.
        case longText(Range<Int>)
        /// A byte string, as its range in the pickle.
        case bytes(Range<Int>)
        /// A name such as `torch.FloatStorage`.
        case global(String)
        case object(Int)
    }

    /// An object with parts.
    enum Object {
        case list([Value])
        case tuple([Value])
        case dictionary([Entry])
        /// Bytes that the pickle holds as text, one character a byte.
        case encoded(TensorStorage)
        indirect case call(Call)
        /// An object that the surrounding file stores under an identifier.
        indirect case persistent(Value)
    }

    typealias Entry = (key: Value, value: Value)

    /// The call of a function or class, and what is then put into its result.
    struct Call {
        enum Kind {
            /// A function, as far as its name tells.
            case function
            /// A class, whose arguments need not be what the instance holds.
            case construction
            /// A class whose instance is made without calling it: of a tuple, the arguments are its items.
            case newInstance
        }

        var function: String
        var kind: Kind
        var arguments: Value
        var state: Value?
        var items: [Value] = []
        var entries: [Entry] = []
    }

    /// The bytes of the pickle, for `Value.bytes`.
    let backing: TensorStorage
    let objects: [Object]
    let root: Value
    /// The position after the pickle in `backing`.
    let end: Int

    /// Reads the pickle in `backing`.
    ///
    /// - Parameters:
    ///   - start: The position of the pickle in `backing`.
    ///   - member: The name of the pickle within its file, for error messages.
    /// - Throws: `ArrayFileError` (malformed).
    init(_ backing: TensorStorage, at start: Int = 0, member: String? = nil) throws {
        self.backing = backing
        (objects, root, end) = try backing.withBytes { bytes in
            do {
                var machine = PickleMachine(
                    ByteCursor(bytes, path: backing.path, at: start), backing: backing)
                let root = try machine.run()
                return (machine.objects, root, machine.position)
            } catch var error as ArrayFileError {
                if let member { error.place = ([member] + [error.place].compactMap(\.self)).joined(separator: ", ") }
                throw error
            }
        }
    }

    /// The object to which `value` refers; nil if it is not an object.
    func object(_ value: Value) -> Object? {
        if case .object(let number) = value { objects[number] } else { nil }
    }

    /// The call that makes `value`; nil if it is made by none.
    func call(_ value: Value) -> Call? {
        if case .call(let call) = object(value) { call } else { nil }
    }

    /// The items of a tuple or list; nil for other values.
    func items(_ value: Value) -> [Value]? {
        switch object(value) {
        case .tuple(let items), .list(let items): items
        default: nil
        }
    }

    /// The integers of a tuple or list; nil if it has other items.
    func integers(_ value: Value) -> [Int]? {
        guard let items = items(value) else { return nil }
        var integers: [Int] = []
        integers.reserveCapacity(items.count)
        for case .integer(let integer) in items { integers.append(integer) }
        return integers.count == items.count ? integers : nil
    }

    /// The value of a dictionary under `key`; the last one if there are several entries.
    func value(_ key: String, in value: Value) -> Value? {
        guard case .dictionary(let entries) = object(value) else { return nil }
        return entries.last { text($0.key) == key }?.value
    }

    /// A short text, or the byte string that is Python 2's text; nil for other values.
    func text(_ value: Value) -> String? {
        switch value {
        case .text(let text): text
        case .bytes(let range) where range.count <= PickleMachine.longestName:
            try? backing.withBytes { String(decoding: $0[range], as: UTF8.self) }
        default: nil
        }
    }

    /// The bytes of a byte string, in the pickle as such or, if Python 3 wrote it for Python 2, as text; nil for other
    /// values.
    func bytes(_ value: Value) -> (backing: TensorStorage, byteOffset: Int, byteCount: Int)? {
        let storage: TensorStorage
        switch value {
        case .bytes(let range): return (backing, range.lowerBound, range.count)
        case .text(let text):
            // The text of Python 2 in a pickle of text lines.
            guard let made = TensorStorage(latin1: text, budget: backing.budget) else { return nil }
            storage = made
        default:
            guard case .encoded(let made) = object(value) else { return nil }
            storage = made
        }
        return (storage, 0, storage.byteCount)
    }

    /// A key of a dictionary: a text as it is, anything else as Python prints it, cut where it is long.
    func printedKey(_ key: Value) -> String {
        if let text = text(key) { return text }
        if case .encoded(let storage) = object(key), storage.byteCount <= Self.longestKey,
            let text = try? storage.withBytes({ String(decoding: $0, as: UTF8.self) })
        {
            return text
        }
        var printed = ""
        write(key, to: &printed, depth: 0)
        return printed
    }

    private static let longestKey = 200

    private func write(_ value: Value, to text: inout String, depth: Int) {
        guard depth < 8, text.utf8.count < Self.longestKey else { return text += "..." }
        switch value {
        case .none: text += "None"
        case .boolean(let boolean): text += boolean ? "True" : "False"
        case .integer(let integer): text += "\(integer)"
        case .hugeInteger: text += "..."
        case .real(let real): text += "\(real)"
        case .text(let inner): text += "'\(inner)'"
        case .bytes, .longText: text += "'\(self.text(value) ?? "...")'"
        case .global(let name): text += name
        case .object(let number):
            switch objects[number] {
            case .tuple(let items):
                text += "("
                for (place, item) in items.enumerated() {
                    guard text.utf8.count < Self.longestKey else { return text += "...)" }
                    if place > 0 { text += ", " }
                    write(item, to: &text, depth: depth + 1)
                }
                text += items.count == 1 ? ",)" : ")"
            case .call(let call):
                var types: [Int: NumpyType] = [:]
                if let number = PickledArray.number(call, in: self, types: &types) {
                    text += number.description
                } else {
                    text += "\(call.function)(...)"
                }
            default: text += "..."
            }
        }
    }
}

extension TensorStorage {
    /// The characters of `text` as bytes of Latin-1, as `_codecs.encode(text, 'latin1')` makes them; nil if it has
    /// others.
    convenience init?(latin1 text: String, budget: ReadingBudget) {
        guard text.unicodeScalars.allSatisfy({ $0.value < 0x100 }) else { return nil }
        self.init(text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }, budget: budget)
    }

    /// The same for UTF-8 at `range` of `backing`, of which `bytes` are lent now.
    convenience init?(latin1 range: Range<Int>, of backing: TensorStorage, lent bytes: UnsafeRawBufferPointer) {
        var count = 0
        var place = range.lowerBound
        while place < range.upperBound {
            guard bytes[place] < 0x80 else {
                guard bytes[place] & 0xfe == 0xc2, place + 1 < range.upperBound, bytes[place + 1] & 0xc0 == 0x80 else {
                    return nil
                }
                place += 2
                count += 1
                continue
            }
            place += 1
            count += 1
        }
        let byteCount = count
        self.init(
            byteCount: byteCount, of: "an array that is stored as text", budget: backing.budget
        ) { decoded in
            try backing.withBytes { bytes in
                var (place, made) = (range.lowerBound, 0)
                // The file may have changed since: neither bound is passed.
                while place < range.upperBound, made < byteCount {
                    if bytes[place] < 0x80 || place + 1 == range.upperBound {
                        decoded[made] = bytes[place]
                        place += 1
                    } else {
                        decoded[made] = bytes[place] << 6 | bytes[place + 1] & 0x3f
                        place += 2
                    }
                    made += 1
                }
                UnsafeMutableRawBufferPointer(rebasing: decoded[made...]).initializeMemory(as: UInt8.self, repeating: 0)
            }
        }
    }
}
