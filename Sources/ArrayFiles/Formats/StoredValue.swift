/// A value that a file holds: an array, or a tree of dictionaries and lists with arrays as its leaves.
public indirect enum StoredValue: Sendable {
    /// Numbers: an array, or a list of numbers.
    case tensor(Tensor)
    /// Texts: an array or a list of them, such as the names of classes.
    case texts([String])
    /// A list or tuple.
    case list([StoredValue])
    /// A dictionary, in the file's order. Keys that are not text are written as Python prints them.
    case dictionary([(key: String, value: StoredValue)])
    /// A single number, boolean or text.
    case plain
    /// Python's `None`: a value that is not there.
    case none
    /// A value that is not read, and why: "an object of class argparse.Namespace".
    case unread(String)

    /// One value of a tree that is no list or dictionary, with its place in the tree.
    public struct Leaf: Sendable {
        /// The keys and positions that lead to the value.
        public let path: [String]
        /// The value.
        public let value: StoredValue

        /// The keys and positions joined by periods.
        public var name: String { path.joined(separator: ".") }
    }

    /// All values that are no lists or dictionaries, in the order of the tree.
    public var leaves: [Leaf] {
        var found: [Leaf] = []
        func visit(_ value: StoredValue, at path: [String]) {
            switch value {
            case .list(let items): for (place, item) in items.enumerated() { visit(item, at: path + ["\(place)"]) }
            case .dictionary(let entries): for (key, item) in entries { visit(item, at: path + [key]) }
            default: found.append(Leaf(path: path, value: value))
            }
        }
        visit(self, at: [])
        return found
    }
}
