import ArgumentParser
import KernelPrediction

/// The exponent of the weights of neighbors.
enum PowerOption {
    /// Checks that votes can be counted with it.
    static func check(_ power: Double) throws {
        guard Vote.powers.contains(power) else {
            let (least, most) = (Int(Vote.powers.lowerBound), Int(Vote.powers.upperBound))
            throw ValidationError("--power \(power): must be between \(least) and \(most)")
        }
    }
}
