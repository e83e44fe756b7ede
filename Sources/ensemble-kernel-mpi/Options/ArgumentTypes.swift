import ArgumentParser
import EnsembleKernel
import Ensembles
import KernelPrediction
import ParallelRanges

// Types of the libraries that are values of options.
extension Transform: ExpressibleByArgument {}
extension ProcessGrid: ExpressibleByArgument {}
extension ExamplePairs: ExpressibleByArgument {}
extension NeighborScaling: ExpressibleByArgument {}
extension TieRule: ExpressibleByArgument {}
extension LogitsInput: ExpressibleByArgument {}
