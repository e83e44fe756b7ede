/// What a Python pickle says, read without running any of it.
///
/// A pickle is a program for a stack machine that may call any Python function. Here the program is followed,
/// but a call is only written down: which function, with which arguments. The reader of a format then makes
/// tensors of the calls that it knows. A name outside the `allowed` ones is refused as soon as it is met.
struct Pickle {
    /// A value; what has parts is an object, known by its number.
    ///
    /// Objects lie in one table and not within each other, so that neither the cycles nor the depth that a
    /// hostile file builds can leak memory or overflow the stack.
    enum Value {
        case none
        case boolean(Bool)
        case integer(Int)
        /// An integer of more than 64 bits; its value is not kept.
        case hugeInteger
        case real(Double)
        case text(String)
        /// A byte string: where it lies in the pickle.
        case bytes(Range<Int>)
        /// A name such as `torch.FloatStorage`.
        case global(String)
        case object(Int)
    }

    /// Something with parts.
    enum Object {
        case list([Value])
        case tuple([Value])
        case dictionary([(key: String, value: Value)])
        /// The call of a function, and the state set on its result.
        case call(function: String, arguments: Value, state: Value?)
        /// What the surrounding file keeps under an identifier.
        case persistent(Value)
    }

    /// Where the pickle lies, for `Value.bytes`.
    let backing: TensorStorage
    let objects: [Object]
    let root: Value

    /// Reads the pickle that `backing` holds.
    ///
    /// - Parameters:
    ///   - member: what the pickle is called within its file, for error messages.
    ///   - allowed: the names of the functions and types that may occur, such as `torch._utils._rebuild_tensor_v2`.
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

    /// The object that `value` is, if it is one.
    func object(_ value: Value) -> Object? {
        if case .object(let number) = value { objects[number] } else { nil }
    }

    /// The items of a tuple or list.
    func items(_ value: Value) -> [Value]? {
        switch object(value) {
        case .tuple(let items), .list(let items): items
        default: nil
        }
    }

    /// The integers of a tuple or list that holds nothing else.
    func integers(_ value: Value) -> [Int]? {
        guard let items = items(value) else { return nil }
        var integers: [Int] = []
        integers.reserveCapacity(items.count)
        for case .integer(let integer) in items { integers.append(integer) }
        return integers.count == items.count ? integers : nil
    }

    /// What a dictionary holds under `key`; of several entries the last counts.
    func value(_ key: String, in value: Value) -> Value? {
        guard case .dictionary(let entries) = object(value) else { return nil }
        return entries.last { $0.key == key }?.value
    }
}
