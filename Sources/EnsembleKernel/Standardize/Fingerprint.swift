import Ensembles
import MessagePassing
import ParallelRanges

extension Logits {
    /// A fingerprint of the logits in hexadecimal digits, to tell one ensemble from another: that of the mean and the
    /// standard deviation of every output over the runs. The same runs in another order may have the same. Takes a pass
    /// over the logits. Collective over `world`: every rank calls it.
    ///
    /// - Throws: `AgreedFailure` (65) on every rank if a logit is not finite, or `MPIError`.
    package func fingerprint(transform: Transform, threads: Int, world: Communicator) throws -> String {
        let own = Partition(examples, world.size).range(of: world.rank)
        let ofOwn = try world.agree {
            try Moments(of: self, examples: own, transform: transform, threads: threads).fingerprint
        }
        return String(UInt(bitPattern: try world.allreduce(ofOwn, .sum)), radix: 16)
    }
}

extension Moments {
    /// A fingerprint of the logits of these examples, to tell one ensemble from another: that of their moments.
    /// The fingerprints of parts of the examples add up, with overflow, to that of the whole.
    var fingerprint: Int {
        examples.enumerated().reduce(0) { sum, example in
            var mixed = UInt64(example.element).mixed
            for i in stride(from: example.offset, to: kernel.classes * examples.count, by: examples.count) {
                mixed = ((mixed ^ mean[i].bitPattern).mixed ^ scale[i].bitPattern).mixed
            }
            return sum &+ Int(bitPattern: UInt(mixed))
        }
    }
}
