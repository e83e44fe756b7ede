import Ensembles

extension DatasetAudit {
    /// A table with one line per suspect: the example, its label, the label suggested by its neighbors, the score, and
    /// the probability of its label.
    public func suspectsTable(labels: [Int]?) -> String {
        let lines = (suspects ?? []).map { suspect in
            "\(suspect.train),\(labels.map { String($0[suspect.train]) } ?? ""),\(suspect.suggested),\(suspect.score),"
                + (suspect.label_probability.map { "\($0)" } ?? "")
        }
        return (["train,label,suggested,score,label_probability"] + lines).joined(separator: "\n") + "\n"
    }

    /// A table with one line per copy: its set, its index, the training example of which it is a copy, whether all
    /// pixels are equal, and how it matches.
    public var copiesTable: String {
        let lines = (copies?.pairs ?? []).map { copy in
            let match = copy.match
            let shift = match.shift.map { "\($0[0]),\($0[1])" } ?? ","
            return "\(copy.set.rawValue),\(copy.example),\(copy.copy_of),\(match.exact ? 1 : 0),"
                + "\(match.correlation),\(match.mirrored ? 1 : 0),\(shift),\(match.zoom),"
                + (copy.similarity.map { "\($0)" } ?? "")
        }
        let heading = "set,example,copy_of,exact,correlation,mirrored,shift_down,shift_right,zoom,similarity"
        return ([heading] + lines).joined(separator: "\n") + "\n"
    }

    /// A table with one line per near-duplicate: its group, its set, its index, and whether to keep it: only copies by
    /// their pixels are not to be kept.
    public var duplicatesTable: String {
        let pairs = copies?.pairs ?? []
        let sets = [ExampleSet.train, .test].map { (set: $0, copies: pairs.examples(of: $0)) }
        let lines = groups.enumerated().flatMap { group, members in
            zip(sets, [members.train, members.test]).flatMap { part, examples in
                examples.map {
                    "\(group),\(part.set.rawValue),\($0),\(part.copies.contains($0) ? 0 : 1),\(members.similarity)"
                }
            }
        }
        return (["group,set,example,keep,least_similarity"] + lines).joined(separator: "\n") + "\n"
    }
}
