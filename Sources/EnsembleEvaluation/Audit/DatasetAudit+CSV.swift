extension DatasetAudit {
    /// A table with one line per suspect: the example, its label, the label suggested by its neighbors, and the score.
    public func suspectsTable(labels: [Int]?) -> String {
        let lines = (suspects ?? []).map { suspect in
            "\(suspect.train),\(labels.map { String($0[suspect.train]) } ?? ""),\(suspect.suggested),\(suspect.score)"
        }
        return (["train,label,suggested,score"] + lines).joined(separator: "\n") + "\n"
    }

    /// A table with one line per near-duplicate: its group, its set, its index, and whether to keep it, which is the
    /// case only for the first training example of the group.
    public var duplicatesTable: String {
        let lines = groups.enumerated().flatMap { group, members in
            members.train.enumerated().map { "\(group),train,\($1),\($0 == 0 ? 1 : 0),\(members.similarity)" }
                + members.test.map { "\(group),test,\($0),0,\(members.similarity)" }
        }
        return (["group,set,example,keep,least_similarity"] + lines).joined(separator: "\n") + "\n"
    }
}
