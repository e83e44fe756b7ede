/// The contents of a Python pickle, read without running any of it.
///
/// A pickle is a program for a stack machine that may call any Python function. Here the program is interpreted, but
/// calls are only recorded: the function and its arguments. The reader of a format then makes tensors from the calls
/// that it knows. A name that is not among the `allowed` ones is rejected as soon as it is met.
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
        case dictionary([(key: String, value: Value)])
        /// The call of a function, and the state set on its result.
        case call(function: String, arguments: Value, state: Value?)
        /// An object that the surrounding file stores under an identifier.
        case persistent(Value)
    }

    /// The bytes of the pickle, for `Value.bytes`.
    let backing: TensorStorage
    let objects: [Object]
    let root: Value

    /// Reads the pickle in `backing`.
    ///
    /// - Parameters:
    ///   - member: The name of the pickle within its file, for error messages.
    ///   - allowed: The names of the functions and types that may occur, such as `torch._utils._rebuild_tensor_v2`.
    /// - Throws: `ArrayFileError` (malformed).
    init(_ backing: TensorStorage, member: String? = nil, allowed: Set<String>) throws {
        self.backing = backing
        (objects, root) = try backing.withBytes { bytes in
            do {
                var machine = PickleMachine(ByteCursor(bytes, path: backing.path), allowed: allowed)
                let root = try machine.run()
                return (machine.objects, root)
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
        return entries.last { $0.key == key }?.value
    }
}
