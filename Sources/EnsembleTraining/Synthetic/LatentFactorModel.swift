import CSIMDKernels
import Ensembles
import Platform
import RandomStreams

/// A random model of logits similar to those of trained networks.
///
/// With u the latent vector of example i, of norm about 1, a mixture of its class's vector and its own,
///
///     logit[r, i, c] = < S[c] + W[r, c], u[i] > + lead [c = label of i] + noise
///
/// where the loadings S (C, 64) are the same in all runs and W[r] (C, 64) are the run's own. The part of u that two
/// examples share makes their logits rise and fall together over the runs; S makes examples that most runs get wrong.
/// With 10 classes the accuracy of a run is about 90 %, and the similarity of nearest neighbors among thousands is 0.3
/// to 0.95: about the same as for networks on Fashion-MNIST.
///
/// Everything is a function of the seed and of its own position: run, example, class. Deviates are those of
/// `ek_add_noise`.
package struct LatentFactorModel: Sendable {
    /// Consecutive examples of one set.
    package struct Block: Sendable {
        /// The set of the examples.
        package let set: ExampleSet
        /// Indices of the examples in their set.
        package let examples: Range<Int>
        /// The labels of the examples.
        package fileprivate(set) var labels: [Int32] = []
        /// The latent vectors (examples, factors).
        fileprivate var latents: [Float] = []
    }

    /// Memory in which one thread makes logits, kept from run to run.
    package struct Workspace {
        fileprivate var logits: [Float] = []
        /// The last logits made (examples, classes), in binary16.
        package fileprivate(set) var halves: [UInt16] = []

        package init() {}
    }

    private static let factors = 64
    private static let sharedDeviation: Float = 2.25
    private static let ownDeviation: Float = 1.5
    private static let noiseDeviation: Float = 0.3
    /// The range of the class's share of a latent vector: from atypical to typical examples.
    private static let classShare: (least: Float, most: Float) = (0.3, 0.98)
    /// Deviation of each component of a vector with norm of about 1.
    private static let componentDeviation = 1 / Float(factors).squareRoot()

    private let classes: Int
    private let lead: Float
    private let classVectors: [Float]
    private let sharedLoadings: [Float]
    private let testSeed, trainSeed, runSeed: UInt64

    /// The model of an ensemble with `classes` classes, at least 2; another seed makes another model.
    package init(classes: Int, seed: UInt64) {
        self.classes = classes
        var seeds = SplitMix64(state: seed)
        (testSeed, trainSeed, runSeed) = (seeds.next(), seeds.next(), seeds.next())
        let count = classes * Self.factors
        classVectors = Self.noise(seeds.next(), count, Self.componentDeviation)
        sharedLoadings = Self.noise(seeds.next(), count, Self.sharedDeviation)
        // About the largest of as many deviates as classes, plus a margin, in units of a logit's deviation.
        let variance = Self.sharedDeviation * Self.sharedDeviation + Self.ownDeviation * Self.ownDeviation
        lead = variance.squareRoot() * ((2 * log(Float(classes))).squareRoot() + 0.7)
    }

    private static func noise(_ key: UInt64, _ count: Int, _ deviation: Float) -> [Float] {
        var values = [Float](repeating: 0, count: count)
        ek_add_noise(&values, count, key, deviation)
        return values
    }

    /// Number of examples per block: large enough that a run's loadings cost little compared with its logits, and small
    /// enough that these stay in cache. A function of the number of classes only, so that the same products are
    /// computed on all machines.
    package var examplesPerBlock: Int { max(Self.factors, (1 << 16) / classes) }

    /// Labels and latent vectors of some examples.
    package func block(_ set: ExampleSet, _ examples: Range<Int>) -> Block {
        var block = Block(set: set, examples: examples)
        block.labels.reserveCapacity(examples.count)
        block.latents.reserveCapacity(examples.count * Self.factors)
        for example in examples {
            var numbers = RandomNumbers(seed: set == .test ? testSeed : trainSeed, run: example)
            let label = numbers.next(below: classes)
            let (least, most) = Self.classShare
            let share = least + (most - least) * Float(numbers.next() >> 40) * 0x1p-24
            let own = Self.noise(
                numbers.next(), Self.factors, (1 - share * share).squareRoot() * Self.componentDeviation)
            block.labels.append(Int32(label))
            for (value, ofClass) in zip(own, classVectors[(label * Self.factors)...]) {
                block.latents.append(share * ofClass + value)
            }
        }
        return block
    }

    /// Makes the logits of run `run` for the examples of a block, in `workspace.halves`.
    package func makeLogits(run: Int, _ block: Block, in workspace: inout Workspace) {
        let examples = block.examples.count
        let count = examples * classes
        if workspace.logits.count != count {
            workspace.logits = [Float](repeating: 0, count: count)
            workspace.halves = [UInt16](repeating: 0, count: count)
        }
        var numbers = RandomNumbers(seed: runSeed, run: run)
        var loadings = sharedLoadings
        ek_add_noise(&loadings, loadings.count, numbers.next(), Self.ownDeviation)
        multiply(
            block.latents.span, loadings.span, transposed: .right, into: workspace.logits.mutableSpan,
            rows: examples, columns: classes, inner: Self.factors)

        let (testKey, trainKey) = (numbers.next(), numbers.next())
        var keys = SplitMix64(state: (block.set == .test ? testKey : trainKey) &+ UInt64(block.examples.lowerBound))
        ek_add_noise(&workspace.logits, count, keys.next(), Self.noiseDeviation)
        for (example, label) in block.labels.enumerated() { workspace.logits[example * classes + Int(label)] += lead }
        let areFinite = ek_round_to_half(workspace.logits, &workspace.halves, count)
        precondition(areFinite, "the noise is bounded, and so are the logits")
    }
}
