import EnsembleKernel
import MessagePassing

/// The predictions for every test example side by side, the contents of `predictions.csv`.
public struct PredictionTable: Sendable {
    private let columns: [[Int]?]
    /// Predictions by the chosen vote; nil if none was chosen.
    private let chosen: [Int]?
    /// Predictions by the locally scaled kernel; nil if that was not asked for.
    private let local: [Int]?
    /// Predictions by the product of experts; nil if that was not asked for.
    private let combined: [Int]?
    /// Predictions by neighbors among training and test examples; nil if that was not asked for.
    private let joint: [Int]?
    private let similarities: [Float]

    /// Gathers the votes of all ranks on rank 0; nil on the other ranks. Collective over `world`: every rank calls it.
    ///
    /// - Throws: `MPIError`.
    init?(
        parts: [NeighborLists.OfExamples], votes: PredictionOptions.Votes, chosen vote: NearestVote?,
        counted: CountedVotes, local: CountedVotes?, combined: ComparedPredictions?, joint: ComparedPredictions?,
        ensemble: [Int], labels: [Int]?, world: Communicator
    ) throws {
        let rows = try world.gather(counted.rows, root: 0)
        let majority = try world.gather(counted.predictions(votes.majority), root: 0)
        let weighted = try world.gather(counted.predictions(votes.weighted), root: 0)
        let chosen = vote == votes.local ? local : counted
        let chosenRows = try world.gather(chosen?.rows ?? [], root: 0)
        let ofChosen = try world.gather(vote.flatMap { chosen?.predictions($0) } ?? [], root: 0)
        // Two searches may divide the test examples over the ranks in two ways, if a stopped job is resumed.
        let localRows = try world.gather(local?.rows ?? [], root: 0)
        let ofLocal = try world.gather(local?.predictions(votes.local) ?? [], root: 0)
        let combinedRows = try world.gather(combined?.rows ?? [], root: 0)
        let ofCombined = try world.gather(combined?.predictions ?? [], root: 0)
        let ofJoint = try world.gather(joint?.predictions ?? [], root: 0)
        let nearest = try world.gather(
            parts.flatMap { $0.lists.first(1).similarities }, root: 0)
        guard let rows, let majority, let weighted, let chosenRows, let ofChosen, let localRows, let ofLocal,
            let combinedRows,
            let ofCombined, let ofJoint, let nearest
        else {
            return nil
        }

        func placed<Value>(_ gathered: [[Value]], by rows: [[Int]], _ empty: Value) -> [Value]? {
            let values = Array(gathered.joined())
            guard values.count == ensemble.count else { return nil }
            var result = [Value](repeating: empty, count: values.count)
            for (value, row) in zip(values, rows.joined()) { result[row] = value }
            return result
        }
        columns = [labels, ensemble, placed(majority, by: rows, 0), placed(weighted, by: rows, 0)]
        self.chosen = placed(ofChosen, by: chosenRows, 0)
        self.local = placed(ofLocal, by: localRows, 0)
        self.combined = placed(ofCombined, by: combinedRows, 0)
        // Even shares in the order of the ranks.
        self.joint = joint == nil ? nil : ofJoint.flatMap(\.self)
        similarities = placed(nearest, by: rows, 0) ?? []
    }

    /// Comma-separated values with a header line; a field without a value is empty: the label of an unlabeled example,
    /// and the prediction of a vote in which no neighbor took part.
    public var csv: String {
        var text = "index,label,ensemble,kernel_majority,kernel_weighted,similarity"
        text += chosen == nil ? "" : ",kernel_selected"
        text += local == nil ? "" : ",kernel_local"
        text += combined == nil ? "" : ",product"
        text += joint == nil ? "\n" : ",kernel_joint\n"
        for row in similarities.indices {
            func field(_ column: [Int]) -> String { column[row].isClass ? String(column[row]) : "" }
            let fields = columns.map { $0.map(field) ?? "" }
            let further = [chosen, local, combined, joint].compactMap { $0.map { ",\(field($0))" } }.joined()
            text += "\(row),\(fields.joined(separator: ",")),\(similarities[row])\(further)\n"
        }
        return text
    }
}
