/// The method by which the networks of an ensemble come to differ.
///
/// Runs come in chains. A chain starts with random weights of its own, depends on the options and its number only, and
/// yields one sample after the other; in a `deep` ensemble every run is a chain. Options that a method does not have
/// are not among its values, so that ensembles with equal values are made alike.
public enum TrainingMethod: Codable, Equatable, Sendable {
    /// Independent runs: Lakshminarayanan et al., "Simple and scalable predictive uncertainty estimation using deep
    /// ensembles", 2017.
    case deep
    /// A sample at the end of every cycle of a cosine schedule: Huang et al., "Snapshot ensembles", 2017.
    case snapshot(cycleEpochs: Int)
    /// A sample after every so many epochs of one training without cycles: what snapshots are compared with there.
    case nocycle(cycleEpochs: Int)
    /// Each sample a network of its own, trained for one cycle: the other comparison there.
    case singleCycle(cycleEpochs: Int)
    /// A sample in the middle of every cycle of a triangular schedule between the learning rate and `lowRate`, starting
    /// at a trained network: Garipov et al., "Loss surfaces, mode connectivity, and fast ensembling of DNNs", 2018.
    case fge(cycleEpochs: Int, lowRate: Float)
    /// One network trained with dropout of hidden units at the given rate; a sample is a forward pass with dropout: Gal
    /// and Ghahramani, "Dropout as a Bayesian approximation", 2016.
    case dropout(rate: Float)
    /// Samples of the Gaussian, diagonal plus low rank, fitted to the weights that SGD at a constant rate visits after
    /// training: Maddox et al., "A simple baseline for Bayesian uncertainty in deep learning", 2019.
    case swag(extraEpochs: Int)
    /// Langevin dynamics at the end of every cycle of a cosine schedule, one sample per epoch: Zhang et al., "Cyclical
    /// stochastic gradient MCMC for Bayesian deep learning", 2020.
    case csgld(cycleEpochs: Int, samplesACycle: Int, temperature: Float)
    /// Samples of the fully factorized Gaussian that maximizes the evidence lower bound, learned from a trained network
    /// on with local reparametrization: Kingma et al., "Variational dropout and the local reparameterization trick",
    /// 2015.
    ///
    /// At another temperature than 1, the divergence from the prior in that bound is multiplied by it; nil for 1.
    case vi(extraEpochs: Int, temperature: Float?)
    /// Samples of the Kronecker-factored Gaussian at a trained network: Ritter et al., "A scalable Laplace
    /// approximation for neural networks", 2018.
    case laplace

    /// The names of the methods on the command line and in `ensemble.json`.
    public enum Name: String, CaseIterable, Sendable {
        case deep, snapshot, nocycle
        case singleCycle = "single-cycle"
        case fge, dropout, swag, csgld, vi, laplace
    }

    /// The name of the method.
    public var name: Name {
        switch self {
        case .deep: .deep
        case .snapshot: .snapshot
        case .nocycle: .nocycle
        case .singleCycle: .singleCycle
        case .fge: .fge
        case .dropout: .dropout
        case .swag: .swag
        case .csgld: .csgld
        case .vi: .vi
        case .laplace: .laplace
        }
    }

    /// Whether its networks may have convolutions.
    var allowsConvolutions: Bool {
        switch self {
        case .deep, .snapshot, .nocycle, .singleCycle, .fge, .dropout, .swag, .csgld: true
        case .vi, .laplace: false
        }
    }

    /// Passes over the training examples completed by a chain's network when the given sample is taken.
    ///
    /// - Parameter epochs: Passes of an ordinary training.
    package func epoch(ofSample sample: Int, epochs: Int) -> Double {
        switch self {
        case .deep, .dropout, .laplace: Double(epochs)
        case .snapshot(let cycle), .nocycle(let cycle): Double((sample + 1) * cycle)
        case .singleCycle(let cycle): Double(cycle)
        case .fge(let cycle, _): Double(epochs) + (Double(sample) + 0.5) * Double(cycle)
        case .swag(let extra), .vi(let extra, _): Double(epochs + extra)
        case .csgld(let cycle, let samples, _):
            Double((sample / samples + 1) * cycle - (samples - 1 - sample % samples))
        }
    }

    /// Passes over the training examples that a chain's samples up to and including this one cost together.
    func cost(upToSample sample: Int, epochs: Int) -> Double {
        switch self {
        // Laplace trains a second network, to choose the prior's precision on examples that this network has not seen.
        case .laplace: Double(2 * epochs)
        case .singleCycle(let cycle): Double((sample + 1) * cycle)
        default: epoch(ofSample: sample, epochs: epochs)
        }
    }

    /// Passes over the training examples that a sample costs in addition to the earlier ones of its chain.
    package func cost(ofSample sample: Int, epochs: Int) -> Double {
        cost(upToSample: sample, epochs: epochs) - (sample > 0 ? cost(upToSample: sample - 1, epochs: epochs) : 0)
    }

    /// Checks the values of the method.
    ///
    /// - Throws: ``TrainingOptionError`` naming the first invalid value.
    func validate() throws {
        let epochs = 1...1_000_000
        switch self {
        case .deep, .laplace: break
        case .snapshot(let cycle), .nocycle(let cycle), .singleCycle(let cycle):
            try TrainingOptionError.require(epochs ~= cycle, "cycle epochs", "between 1 and 1,000,000")
        case .fge(let cycle, let lowRate):
            try TrainingOptionError.require(epochs ~= cycle, "cycle epochs", "between 1 and 1,000,000")
            try TrainingOptionError.require(lowRate.isFinite && lowRate > 0, "min learning rate", "a positive number")
        case .dropout(let rate):
            try TrainingOptionError.require(rate >= 0 && rate < 1, "dropout", "at least 0 and below 1")
        case .swag(let extra):
            try TrainingOptionError.require(epochs ~= extra, "extra epochs", "between 1 and 1,000,000")
        case .vi(let extra, let temperature):
            try TrainingOptionError.require(epochs ~= extra, "extra epochs", "between 1 and 1,000,000")
            try Self.requireTemperature(temperature ?? 1)
        case .csgld(let cycle, let samples, let temperature):
            try TrainingOptionError.require(epochs ~= cycle, "cycle epochs", "between 1 and 1,000,000")
            try TrainingOptionError.require(
                1...cycle ~= samples, "samples per cycle", "between 1 and the epochs of a cycle")
            try Self.requireTemperature(temperature)
        }
    }

    private static func requireTemperature(_ temperature: Float) throws {
        try TrainingOptionError.require(
            temperature.isFinite && temperature >= 0, "temperature", "0 or a positive number")
    }
}

extension TrainingMethod: CustomStringConvertible {
    /// The name with the values, for messages.
    public var description: String {
        switch self {
        case .deep, .laplace: name.rawValue
        case .snapshot(let cycle), .nocycle(let cycle), .singleCycle(let cycle):
            "\(name.rawValue) (cycle epochs \(cycle))"
        case .fge(let cycle, let lowRate): "\(name.rawValue) (cycle epochs \(cycle), minimum learning rate \(lowRate))"
        case .dropout(let rate): "\(name.rawValue) (rate \(rate))"
        case .swag(let extra), .vi(let extra, nil): "\(name.rawValue) (extra epochs \(extra))"
        case .vi(let extra, let temperature?):
            "\(name.rawValue) (extra epochs \(extra), temperature \(temperature))"
        case .csgld(let cycle, let samples, let temperature):
            "\(name.rawValue) (cycle epochs \(cycle), samples per cycle \(samples), temperature \(temperature))"
        }
    }
}
