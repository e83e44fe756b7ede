/// Links between examples and the training examples of which they are near-duplicates, and the groups that they form.
struct DuplicateLinks {
    /// An example of either set.
    enum Example: Codable, Hashable {
        case train(Int)
        case test(Int)
    }

    /// A pair of near-duplicates.
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

    /// The strongest links with the same groups as all links: at most as many as examples, not as pairs.
    ///
    /// They are taken from the strongest on if they unite separate groups (Kruskal). So the weakest link of a group is
    /// the same regardless of which of equal links are taken, and of links left out before by ranks that knew only
    /// some.
    var forest: [Link] {
        var sets = Sets()
        return all.sorted { $0.similarity > $1.similarity }.filter { sets.unite($0.example, .train($0.train)) }
    }

    /// The groups of examples linked directly or through others, most similar first, then by the first training
    /// example.
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

    /// Disjoint sets of examples, each represented by one of its members (Tarjan's union-find, with path halving).
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

        /// Unites the sets of two examples; returns false if they were already the same set.
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
