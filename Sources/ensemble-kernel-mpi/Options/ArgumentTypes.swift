import ArgumentParser
import EnsembleKernel
import Ensembles
import KernelPrediction
import ParallelRanges

// Types of the libraries that are values of options. The help lists the values with their descriptions.
extension ProcessGrid: ExpressibleByArgument {}
extension ExamplePairs: ExpressibleByArgument {}

extension Transform: ExpressibleByArgument {
    /// What the help says of each value.
    public static var allValueDescriptions: [String: String] {
        [
            "log-softmax": "log-probabilities", "softmax": "probabilities", "raw": "logits unchanged",
            "centered": "logits minus their mean over the classes", "minus-max": "logits minus the largest",
        ]
    }
}

extension NeighborScaling: ExpressibleByArgument {
    /// What the help says of each value.
    public static var allValueDescriptions: [String: String] {
        [
            "local": """
            Rank neighbors by S[i, j] = 2 K[i, j] - r(i) - r(j), where r is an example's mean similarity to its \
            nearest training examples.
            """
        ]
    }
}

extension TieRule: ExpressibleByArgument {
    /// What the help says of each value.
    public static var allValueDescriptions: [String: String] {
        [
            "smallest": "the smallest class number, as in torch.mode",
            "nearest": "the class of the nearest neighbor; usually slightly more accurate",
        ]
    }
}

extension LogitsInput: ExpressibleByArgument {
    /// What the help says of each value.
    public static var allValueDescriptions: [String: String] {
        [
            "logits": "logits, or log-probabilities that are all finite",
            "probabilities": "class probabilities, whose logarithms are taken",
            "log-probabilities": "log-probabilities, -inf where a probability underflowed",
        ]
    }
}
