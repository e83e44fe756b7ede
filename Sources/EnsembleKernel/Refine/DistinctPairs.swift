/// The pairs behind those of a half square, each of which has one product: that of a pair is that of its mirror image.
///
/// Pairs of a row and a column come from the lists of both examples. Here the column is one of the rank's own, and of
/// two such examples the later one.
struct DistinctPairs {
    /// The distinct pairs, row by row.
    let pairs: CandidatePairs
    /// The place of the distinct pair for each of the original ones.
    private let places: [Int]

    /// The distinct pairs of examples, at least one of each of which is in `columns`.
    ///
    /// - Parameter tile: The examples of the rows, among which all columns are.
    init(_ original: CandidatePairs, rows tile: Range<Int>, columns: Range<Int>) {
        var examples: [(row: Int32, column: Int32)] = []
        examples.reserveCapacity(original.count)
        for row in 0..<original.rows {
            let example = Int32(row + tile.lowerBound)
            for pair in original[row] {
                let other = original.columns[pair]
                let isMirrored = !columns.contains(Int(other)) || columns.contains(Int(example)) && example > other
                examples.append(isMirrored ? (other, example) : (example, other))
            }
        }
        var starts = [Int](repeating: 0, count: original.rows + 1)
        for pair in examples { starts[Int(pair.row) - tile.lowerBound + 1] += 1 }
        for row in 0..<original.rows { starts[row + 1] += starts[row] }
        var byRow = [Int](repeating: 0, count: examples.count)
        for (number, pair) in examples.enumerated() {
            let row = Int(pair.row) - tile.lowerBound
            byRow[starts[row]] = number
            starts[row] += 1
        }

        var counts = [Int](repeating: 0, count: original.rows)
        var distinct: [Int32] = []
        distinct.reserveCapacity(original.count)
        var places = byRow
        // The last row with which a column was met, and the place of this pair.
        var met = [(row: Int32, place: Int)](repeating: (-1, 0), count: columns.count)
        for number in byRow {
            let (row, column) = examples[number]
            let own = Int(column) - columns.lowerBound
            if met[own].row != row {
                met[own] = (row, distinct.count)
                distinct.append(column)
                counts[Int(row) - tile.lowerBound] += 1
            }
            places[number] = met[own].place
        }
        pairs = CandidatePairs(counts: counts, columns: distinct)
        self.places = places
    }

    /// The numbers of the original pairs from those of the distinct ones.
    func restored(_ numbers: [Int64]) -> [Int64] { places.map { numbers[$0] } }
}
