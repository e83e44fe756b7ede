import EnsembleKernel
import TestSupport

extension Oracle {
    /// Where neighbor lists differ from a kernel by more than rounding explains, in words; nil where nowhere.
    ///
    /// Similarities must be within `tolerance`, and so must the kernel at each index of the list; an index must be
    /// the oracle's own where the oracle's gaps to the places before and behind exceed the tolerance.
    static func difference(
        of lists: NeighborLists, row: Int, from kernel: [Double], tolerance: Double = 1e-5
    ) -> String? {
        let order = order(kernel)
        let k = lists.k
        for place in 0..<k {
            let index = Int(lists.indices[row * k + place])
            let similarity = Double(lists.similarities[row * k + place])
            let expected = kernel[order[place]]
            guard kernel.indices.contains(index) else { return "row \(row), place \(place): index \(index)" }
            if abs(similarity - expected) >= tolerance || abs(kernel[index] - expected) >= tolerance {
                return "row \(row), place \(place): \(index) at \(similarity), not \(order[place]) at \(expected)"
            }
            let before = place > 0 ? kernel[order[place - 1]] - expected : .infinity
            let behind = place + 1 < order.count ? expected - kernel[order[place + 1]] : .infinity
            if min(before, behind) > tolerance, index != order[place] {
                return "row \(row), place \(place): \(index), not \(order[place])"
            }
        }
        return Set(lists.indices[row * k..<(row + 1) * k]).count == k ? nil : "row \(row): repeats a neighbor"
    }
}
