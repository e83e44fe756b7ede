import ArgumentParser
import EnsembleKernel
import Ensembles
import ParallelRanges

// Types of the libraries that options have as their values.
extension Transform: ExpressibleByArgument {}
extension ProcessGrid: ExpressibleByArgument {}
extension ExamplePairs: ExpressibleByArgument {}
