/// Which examples are near-duplicates of which train examples, and the groups that these links make.
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

    /// What is linked, directly or through others; the most alike groups first, then by their first train example.
    var groups: [Inspection.Group] {
        var parents: [Example: Example] = [:]
        func root(_ example: Example) -> Example {
            var example = example
            while let parent = parents[example], parent != example {
                // Every second step is left out the next time.
                parents[example] = parents[parent]
                example = parent
            }
            return example
        }
        for link in all {
            let (a, b) = (root(link.example), root(.train(link.train)))
            parents[link.example] = parents[link.example] ?? link.example
            parents[.train(link.train)] = parents[.train(link.train)] ?? .train(link.train)
            if a != b { parents[a] = b }
        }
        var groups: [Example: Inspection.Group] = [:]
        for example in parents.keys {
            var group = groups[root(example)] ?? .init(train: [], test: [], similarity: .infinity)
            switch example {
            case .train(let number): group.train.append(number)
            case .test(let number): group.test.append(number)
            }
            groups[root(example)] = group
        }
        for link in all {
            let root = root(link.example)
            let least = groups[root]?.similarity ?? link.similarity
            groups[root]?.similarity = min(least, link.similarity)
        }
        return groups.values.map {
            .init(train: $0.train.sorted(), test: $0.test.sorted(), similarity: $0.similarity)
        }.sorted { $0.similarity > $1.similarity || ($0.similarity == $1.similarity && $0.train[0] < $1.train[0]) }
    }
}
