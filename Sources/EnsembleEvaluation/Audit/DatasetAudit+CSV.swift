extension DatasetAudit {
    /// A line for each suspect: the example, its label, what its neighbors vote for, and how surely.
    public func suspectsTable(labels: [Int]?) -> String {
        let lines = (suspects ?? []).map { suspect in
            "\(suspect.train),\(labels.map { String($0[suspect.train]) } ?? ""),\(suspect.suggested),\(suspect.score)"
        }
        return (["train,label,suggested,score"] + lines).joined(separator: "\n") + "\n"
    }

    /// A line for each near-duplicate: its group, the set it is from, its number, and whether it is the one of its
    /// group that is to be kept: the first training example.
    public var duplicatesTable: String {
        let lines = groups.enumerated().flatMap { group, members in
            members.train.enumerated().map { "\(group),train,\($1),\($0 == 0 ? 1 : 0),\(members.similarity)" }
                + members.test.map { "\(group),test,\($0),0,\(members.similarity)" }
        }
        return (["group,set,example,keep,least_similarity"] + lines).joined(separator: "\n") + "\n"
    }
}
