/// The share of occurred events in the bin of the probability, of 15 bins of equal width (lo, hi], 0 in the first; the
/// middle of a bin without events. Source: Zadrozny and Elkan, "Obtaining calibrated probability estimates from
/// decision trees and naive Bayesian classifiers", 2001, with bins of equal width as in Guo et al., 2017.
struct HistogramBinning: BinaryCalibrator {
    private let shares: [Double]

    init(probabilities: [Double], occurred: [Bool]) {
        var (events, positive) = (
            [Double](repeating: 0, count: CalibrationBins.count), [Double](repeating: 0, count: CalibrationBins.count)
        )
        for (probability, occurred) in zip(probabilities, occurred) {
            let bin = CalibrationBins.bin(of: probability)
            events[bin] += 1
            positive[bin] += occurred ? 1 : 0
        }
        shares = events.indices.map { bin in
            events[bin] > 0 ? positive[bin] / events[bin] : (Double(bin) + 0.5) / Double(CalibrationBins.count)
        }
    }

    func apply(_ probability: Double) -> Double { shares[CalibrationBins.bin(of: probability)] }
}
