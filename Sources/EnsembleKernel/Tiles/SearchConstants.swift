import CSIMDKernels

/// Constants of the stages of a search that are also needed outside the stage, for tiling and for planning.
enum SearchConstants {
    /// Number of elements of a row that the inner loops of exact products process at once: a multiple of the number
    /// that their 32-bit sums can hold.
    static let limbDepth = 480
    /// Number of exact products left for each neighbor sought, once intervals are narrow.
    static let exactPairsOfNeighbor = 1.2
    /// The work of a product of high limbs, in units of an exact product of a pair.
    static let workOfNarrowing = 0.32
    /// The work of transforming the logits of an example, in units of an exact product of a pair.
    private static let workOfTransform = 20.0

    /// The usual number of blocks of runs for exact products.
    static func limbBlocks(runs: Int, classes: Int) -> Int {
        let runsOfBlock = max(1, limbDepth / classes)
        return (runs + runsOfBlock - 1) / runsOfBlock
    }

    /// The usual size in bytes of the limb panels of the given numbers of rows and columns.
    static func limbPanelBytes(rows: Int, columns: Int) -> Int {
        (rows + columns) * limbDepth * Int(EKBothLimbs.rawValue) * MemoryLayout<Int16>.stride
    }

    /// Number of candidates that a row may collect before its list is reduced: large enough that reductions are rare.
    static func candidatesOfRow(k: Int) -> Int { max(64, 3 * k) }

    /// Bytes of a row of candidates before its list grows.
    static func candidateRowBytes(k: Int) -> Int {
        candidatesOfRow(k: k) * MemoryLayout<EKCandidate>.stride + Int(EK_BINS) * MemoryLayout<Int32>.stride
    }

    /// Whether to compute the likely candidates of some rows from high limbs first, if all logits of `transformed`
    /// examples must be transformed once more for it.
    ///
    /// A candidate may be two intervals below the k-th neighbor, a likely one only one: if similarities fall off
    /// evenly, the ratio of likely candidates to neighbors equals that of candidates to likely candidates.
    static func isWorthNarrowing(candidates: Double, neighbors: Double, transformed: Double) -> Bool {
        let likely = (candidates * neighbors).squareRoot()
        return candidates - exactPairsOfNeighbor * neighbors - workOfNarrowing * likely > workOfTransform * transformed
    }
}
