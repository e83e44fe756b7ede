import EnsembleTraining
import Foundation
import Testing

@Suite struct SchedulesTests {
    @Test func `the linear schedule falls to zero in a straight line`() {
        let schedule = LinearSchedule(initial: 0.05, steps: 600)
        #expect(schedule.rate(ofStep: 0) == 0.05)
        #expect(schedule.rate(ofStep: 300) == 0.025)
        #expect(abs(schedule.rate(ofStep: 599) - 0.05 / 600) < 1e-9)
    }

    @Test func `the cosine schedule is that of snapshot ensembles`() {
        // T = 50 steps, M = 5 cycles: a(t) = a0 / 2 (cos(pi mod(t - 1, 10) / 10) + 1) for t = 1...50.
        let schedule = CyclicCosineSchedule(initial: 0.2, cycle: 10)
        for t in 1...50 {
            let expected = 0.1 * (cos(Double.pi * Double((t - 1) % 10) / 10) + 1)
            #expect(abs(Double(schedule.rate(ofStep: t - 1)) - expected) < 1e-8)
        }
        #expect(schedule.rate(ofStep: 10) == 0.2 && schedule.rate(ofStep: 9) < 0.006)
    }

    @Test(arguments: [1, 2, 7, 8, 40]) func `the triangular schedule is that of fast geometric ensembling`(cycle: Int) {
        let (high, low) = (0.05, 0.0005)
        let schedule = TriangularSchedule(high: 0.05, low: 0.0005, cycle: cycle)
        for i in 1...(3 * cycle) {
            let t = (Double((i - 1) % cycle) + 1) / Double(cycle)
            let expected =
                t <= 0.5 ? (1 - 2 * t) * high + 2 * t * low : (2 - 2 * t) * low + (2 * t - 1) * high
            #expect(abs(Double(schedule.rate(ofStep: i - 1)) - expected) < 1e-8)
        }
        // One sample a cycle, and where the cycle has a middle, at the lowest rate.
        let middles = (0..<(3 * cycle)).filter(schedule.isMiddle)
        #expect(middles.count == 3)
        if cycle.isMultiple(of: 2) { #expect(middles.allSatisfy { schedule.rate(ofStep: $0) == 0.0005 }) }
    }
}
