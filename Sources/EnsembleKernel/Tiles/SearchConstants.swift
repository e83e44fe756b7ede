import CSIMDKernels

/// Constants of the stages of a search that more than the stage itself has to know: tiles are cut and plans are made by
/// them.
enum SearchConstants {
    /// Numbers of a row that the inner loops of exact products take at once: a multiple of what their sums of 32 bits
    /// hold.
    static let limbDepth = 480
    /// Exact products left for each neighbor sought once intervals are narrow.
    static let exactPairsOfNeighbor = 1.2
    /// The work of a product of high limbs, in exact products of a pair.
    static let workOfNarrowing = 0.32
    /// The work of transforming the logits of an example, in exact products of a pair.
    private static let workOfTransform = 20.0

    /// Blocks of runs that exact products usually take.
    static func limbBlocks(runs: Int, classes: Int) -> Int {
        let runsOfBlock = max(1, limbDepth / classes)
        return (runs + runsOfBlock - 1) / runsOfBlock
    }

    /// Bytes that the limb panels of so many rows and columns usually take.
    static func limbPanelBytes(rows: Int, columns: Int) -> Int {
        (rows + columns) * limbDepth * Int(EKBothLimbs.rawValue) * MemoryLayout<Int16>.stride
    }

    /// Candidates that a row may collect before its list is reduced: enough that reductions are rare.
    static func candidatesOfRow(k: Int) -> Int { max(64, 3 * k) }

    /// Bytes of a row of candidates before its list grows.
    static func candidateRowBytes(k: Int) -> Int {
        candidatesOfRow(k: k) * MemoryLayout<EKCandidate>.stride + Int(EK_BINS) * MemoryLayout<Int32>.stride
    }

    /// Whether to compute the likely ones of the candidates of some rows from high limbs first, if all logits of so
    /// many examples have to be transformed once more for it.
    ///
    /// A candidate may be two intervals below the k-th neighbor, a likely one one: where similarities fall off evenly,
    /// the likely are as many times the neighbors as the candidates are times the likely.
    static func isWorthNarrowing(candidates: Double, neighbors: Double, transformed: Double) -> Bool {
        let likely = (candidates * neighbors).squareRoot()
        return candidates - exactPairsOfNeighbor * neighbors - workOfNarrowing * likely > workOfTransform * transformed
    }
}
