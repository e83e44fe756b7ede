/// The work and time of a search, or of a part of one, on this rank.
public struct SearchCounters: Equatable, Sendable {
    /// Number of pairs whose similarity was estimated by the screen; a product that stands for two pairs counts once.
    public internal(set) var comparedPairs = 0
    /// Number of pairs whose similarity was computed from high limbs, to find those to compute exactly.
    public internal(set) var narrowedPairs = 0
    /// Number of pairs whose similarity was computed exactly.
    public internal(set) var refinedPairs = 0
    /// Wall time by phase.
    public internal(set) var seconds = PhaseSeconds()

    /// Zero work and time.
    init() {}

    /// Adds the counters of another part.
    static func += (sum: inout SearchCounters, part: SearchCounters) {
        sum.comparedPairs += part.comparedPairs
        sum.narrowedPairs += part.narrowedPairs
        sum.refinedPairs += part.refinedPairs
        sum.seconds += part.seconds
    }
}
