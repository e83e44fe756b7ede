import ParallelRanges

/// Rows of a query tile, numbered from the first row of the tile.
struct TileRows: Equatable {
    let range: Range<Int>
}

/// Rows of this rank's share of a query tile, numbered from the first row of the share.
struct ShareRows: Equatable {
    let range: Range<Int>
}

/// The rows of a query tile: its test examples, and the share for which this rank gets the neighbors in the end.
///
///     examples      20 21 22 23 24 25       indices of test examples
///     tile rows      0  1  2  3  4  5
///     share                   3  4  5       of the second of two ranks
///     share rows              0  1  2
struct QueryRows: Equatable {
    /// The test examples of the tile.
    let examples: Range<Int>
    /// The rows of this rank's share.
    let share: TileRows

    /// The rows of these test examples; rank `rank` of `ranks` gets a share.
    init(_ examples: Range<Int>, rank: Int, of ranks: Int) {
        self.examples = examples
        share = TileRows(range: Partition(examples.count, ranks).range(of: rank))
    }

    /// Number of rows.
    var count: Int { examples.count }

    /// The test examples of this rank's share.
    var shareExamples: Range<Int> { share.range.shifted(by: examples.lowerBound) }

    /// The test examples of some rows of the share.
    func examples(of rows: ShareRows) -> Range<Int> { rows.range.shifted(by: shareExamples.lowerBound) }
}
