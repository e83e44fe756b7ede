/// The numbers of some runs as `ek_quantize` rotates them, in double: groups of 16 runs, then the next smaller powers
/// of 2, each multiplied by the Hadamard matrix over the root of its size.
func rotated(_ values: [Double]) -> [Double] {
    var result: [Double] = []
    while result.count < values.count {
        var group = 16
        while group > values.count - result.count { group /= 2 }
        let own = values[result.count..<result.count + group]
        result += (0..<group).map { i in
            own.enumerated().reduce(0) {
                $0 + ((i & $1.offset).nonzeroBitCount.isMultiple(of: 2) ? 1 : -1) * $1.element
            }
                / Double(group).squareRoot()
        }
    }
    return result
}
