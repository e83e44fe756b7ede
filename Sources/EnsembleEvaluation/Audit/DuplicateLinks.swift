/// Which examples are near-duplicates of which training examples, and the groups that these links make.
struct DuplicateLinks {
    /// An example of either set.
    enum Example: Codable, Hashable {
        case train(Int)
        case test(Int)
    }

    /// Two near-duplicates.
    struct Link: Codable {
        let example: Example
        let train: Int
        let similarity: Float
    }

    private(set) var all: [Link]

    init(_ all: [Link] = []) { self.all = all }

    mutating func add(_ example: Example, _ train: Int, _ similarity: Float) {
        all.append(Link(example: example, train: train, similarity: similarity))
    }

    /// The strongest links that hold together what all links do: so many as there are examples, and not pairs.
    ///
    /// They are taken from the strongest on, where they unite what was apart (Kruskal). So the weakest link of a group
    /// is the same whichever of equal links are taken, and whether links were left out before by ranks that had only
    /// some.
    var forest: [Link] {
        var sets = Sets()
        return all.sorted { $0.similarity > $1.similarity }.filter { sets.unite($0.example, .train($0.train)) }
    }

    /// What is linked, directly or through others; the most alike groups first, then by their first training example.
    var groups: [DatasetAudit.Group] {
        var sets = Sets()
        let forest = forest
        for link in forest { _ = sets.unite(link.example, .train(link.train)) }
        var groups: [Example: DatasetAudit.Group] = [:]
        for example in sets.members {
            let root = sets.root(of: example)
            switch example {
            case .train(let number): groups[root, default: .empty].train.append(number)
            case .test(let number): groups[root, default: .empty].test.append(number)
            }
        }
        for link in forest {
            let root = sets.root(of: link.example)
            let weakest = groups[root]?.similarity ?? .infinity
            groups[root]?.similarity = min(weakest, link.similarity)
        }
        return groups.values.map {
            .init(train: $0.train.sorted(), test: $0.test.sorted(), similarity: $0.similarity)
        }.sorted { $0.similarity > $1.similarity || ($0.similarity == $1.similarity && $0.train[0] < $1.train[0]) }
    }

    /// Disjoint sets of examples, each known by one of its members (Tarjan's union-find, with path halving).
    private struct Sets {
        private var parents: [Example: Example] = [:]

        var members: some Sequence<Example> { parents.keys }

        mutating func root(of example: Example) -> Example {
            var example = example
            while let parent = parents[example], parent != example {
                let next = parents[parent] ?? parent
                parents[example] = next
                example = next
            }
            return example
        }

        /// Unites the sets of two examples; false where they were one before.
        mutating func unite(_ a: Example, _ b: Example) -> Bool {
            for example in [a, b] where parents[example] == nil { parents[example] = example }
            let (rootOfA, rootOfB) = (root(of: a), root(of: b))
            parents[rootOfA] = rootOfB
            return rootOfA != rootOfB
        }
    }
}

extension DatasetAudit.Group {
    fileprivate static var empty: DatasetAudit.Group { .init(train: [], test: [], similarity: .infinity) }
}
