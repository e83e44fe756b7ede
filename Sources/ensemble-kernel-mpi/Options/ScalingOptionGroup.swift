import ArgumentParser
import EnsembleKernel
import KernelPrediction

/// The scaling of the kernel by which neighbors are sought.
struct ScalingOptionGroup: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Correct the kernel for hubs, examples that are similar to everything. (default: none)",
            valueName: "method"))
    var scaling: NeighborScaling?

    @Option(
        help: ArgumentHelp(
            "Number of nearest training examples that r averages. (default: 10)", valueName: "n"))
    var scalingK: Int?

    func validate() throws {
        guard let scalingK else { return }
        if scaling == nil { throw ValidationError("--scaling-k requires --scaling") }
        if scalingK < 1 { throw ValidationError("--scaling-k \(scalingK): must be at least 1") }
    }

    /// Checks that the kernel is scaled if a vote that needs it was asked for.
    func require(forJoint joint: Bool) throws {
        if joint, scaling == nil { throw ValidationError("--joint requires --scaling") }
    }

    /// What was asked for; nil for the kernel as it is.
    var requested: RequestedScaling? { scaling.map { _ in RequestedScaling(k: scalingK) } }
}

/// Local scaling of the kernel as it was asked for.
struct RequestedScaling {
    /// The number of nearest examples, if one was given.
    var k: Int?

    /// The number of nearest examples among so many training examples: as many as are kept, where fewer than usual are.
    func nearest(of training: Int, kept: Int = .max) -> Int { k ?? LocalScaling.usualNearest(of: training, kept: kept) }
}
