import Platform

/// The random number stream of one run, or of any other seeded draw.
///
/// The generator is xoshiro256** 1.0 (Blackman and Vigna, "Scrambled linear pseudorandom number generators", ACM TOMS
/// 47, 2021), its state filled by SplitMix64 as its authors advise. Everything drawn from it (normal deviates,
/// permutations) is defined here rather than taken from a library, so that a run remains the same run forever.
package struct RandomNumbers: Sendable {
    private var state: (UInt64, UInt64, UInt64, UInt64)

    /// The stream of run `run` of the ensemble with seed `seed`: a function of these two numbers only.
    package init(seed: UInt64, run: Int) {
        var mixed = SplitMix64(state: seed)
        // Mixing before the run is added keeps (seed, run + 1) and (seed + 1, run) apart.
        var generator = SplitMix64(state: mixed.next() &+ UInt64(bitPattern: Int64(run)))
        generator = SplitMix64(state: generator.next())
        self.init(state: (generator.next(), generator.next(), generator.next(), generator.next()))
    }

    /// The stream that starts at the given state, which must not be all zeros.
    package init(state: (UInt64, UInt64, UInt64, UInt64)) {
        precondition(state != (0, 0, 0, 0), "xoshiro256** stays at zero for ever")
        self.state = state
    }

    /// The next 64 random bits.
    package mutating func next() -> UInt64 {
        func rotateLeft(_ x: UInt64, _ k: UInt64) -> UInt64 { (x &<< k) | (x &>> (64 - k)) }
        let result = rotateLeft(state.1 &* 5, 7) &* 9
        let shifted = state.1 &<< 17
        state.2 ^= state.0
        state.3 ^= state.1
        state.1 ^= state.2
        state.0 ^= state.3
        state.2 ^= shifted
        state.3 = rotateLeft(state.3, 45)
        return result
    }

    /// A number in [0, 1): a multiple of 2^-53.
    package mutating func nextUnit() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// A number in [-1, 1): a multiple of 2^-52.
    private mutating func nextSignedUnit() -> Double {
        Double(Int64(bitPattern: next()) >> 11) * 0x1p-52
    }

    /// A uniformly distributed integer in 0..<bound (Lemire, "Fast random integer generation in an interval", ACM
    /// TOMACS 29, 2019).
    package mutating func next(below bound: Int) -> Int {
        precondition(bound > 0, "no number is below \(bound)")
        let bound = UInt64(bound)
        while true {
            let product = next().multipliedFullWidth(by: bound)
            if product.low >= bound || product.low >= (0 &- bound) % bound { return Int(product.high) }
        }
    }

    /// Two independent deviates of the standard normal distribution (Marsaglia's polar method).
    package mutating func nextNormalPair() -> (Double, Double) {
        while true {
            let x = nextSignedUnit()
            let y = nextSignedUnit()
            let square = x * x + y * y
            if square > 0, square < 1 {
                let factor = (-2 * log(square) / square).squareRoot()
                return (x * factor, y * factor)
            }
        }
    }

    /// `count` normal deviates with mean 0 and the given standard deviation.
    package mutating func normals(_ count: Int, deviation: Double) -> [Float] {
        var values: [Float] = []
        values.reserveCapacity(count + 1)
        while values.count < count {
            let pair = nextNormalPair()
            values.append(Float(pair.0 * deviation))
            values.append(Float(pair.1 * deviation))
        }
        if values.count > count { values.removeLast() }
        return values
    }

    /// Shuffles `values` into a uniformly random order (Fisher and Yates).
    package mutating func shuffle(_ values: inout [Int32]) {
        for last in stride(from: values.count - 1, to: 0, by: -1) {
            values.swapAt(last, next(below: last + 1))
        }
    }
}

/// The SplitMix64 generator (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014),
/// which makes unrelated states from related seeds.
package struct SplitMix64: Sendable {
    private var state: UInt64

    /// The stream that starts at `state`, which may be any value.
    package init(state: UInt64) {
        self.state = state
    }

    /// The next 64 random bits.
    package mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z &>> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z &>> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z &>> 31)
    }
}
