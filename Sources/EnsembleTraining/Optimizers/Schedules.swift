import Platform

/// A learning rate that decreases linearly from `initial` at step 0 toward 0 at step `steps`, which is never taken.
package struct LinearSchedule: Sendable {
    /// The learning rate of step 0.
    package let initial: Float
    /// Number of steps.
    package let steps: Int

    /// A schedule of `steps` steps.
    package init(initial: Float, steps: Int) {
        self.initial = initial
        self.steps = steps
    }

    /// The learning rate of a step in 0..<steps.
    package func rate(ofStep step: Int) -> Float {
        Float(Double(initial) * (1 - Double(step) / Double(steps)))
    }
}

/// A learning rate that decreases from `initial` toward 0 along half a cosine in every cycle of `cycle` steps, and
/// restarts: a(t) = a0 / 2 (cos(pi mod(t - 1, cycle) / cycle) + 1), t from 1 on.
///
/// Source: Huang et al., "Snapshot ensembles: train 1, get M for free", 2017, equation 2.
package struct CyclicCosineSchedule: Sendable {
    /// The learning rate of a cycle's first step.
    package let initial: Float
    /// Number of steps per cycle.
    package let cycle: Int

    /// A schedule of cycles of `cycle` steps.
    package init(initial: Float, cycle: Int) {
        self.initial = initial
        self.cycle = cycle
    }

    /// The learning rate of a step, numbered from 0.
    package func rate(ofStep step: Int) -> Float {
        Float(Double(initial) / 2 * (cos(.pi * (Double(step % cycle) / Double(cycle))) + 1))
    }
}

/// A learning rate that decreases from `high` to `low` in the first half of every cycle and increases again in the
/// second: t(i) = (mod(i - 1, cycle) + 1) / cycle, a(i) = (1 - 2t) high + 2t low up to t = 1/2, then (2 - 2t) low +
/// (2t - 1) high, i from 1 on.
///
/// Source: Garipov et al., "Loss surfaces, mode connectivity, and fast ensembling of DNNs", 2018, section 4.
package struct TriangularSchedule: Sendable {
    /// The learning rate at either end of a cycle.
    package let high: Float
    /// The learning rate in the middle of a cycle, where a sample is taken.
    package let low: Float
    /// Number of steps per cycle.
    package let cycle: Int

    /// A schedule of cycles of `cycle` steps.
    package init(high: Float, low: Float, cycle: Int) {
        self.high = high
        self.low = low
        self.cycle = cycle
    }

    /// The learning rate of a step, numbered from 0.
    package func rate(ofStep step: Int) -> Float {
        let t = Double(step % cycle + 1) / Double(cycle)
        let (high, low) = (Double(high), Double(low))
        return Float(t <= 0.5 ? (1 - 2 * t) * high + 2 * t * low : (2 - 2 * t) * low + (2 * t - 1) * high)
    }

    /// Whether the rate is lowest at a step, numbered from 0: in the middle of a cycle. In an odd cycle, the first of
    /// the two steps next to the middle.
    package func isMiddle(_ step: Int) -> Bool { step % cycle + 1 == max(1, cycle / 2) }
}
