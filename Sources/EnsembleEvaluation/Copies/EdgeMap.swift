import CSIMDKernels

/// The differences between neighboring cells of an image: its edges. They are what copies share and other images of the
/// same kind do not: two pairs of trousers correlate to 0.99 by their brightness, but seldom above 0.9 by their edges.
package struct EdgeMap {
    /// Number of rows and columns: one less than of cells.
    let rows, columns: Int
    /// Distance from one row to the next: each is followed by zeros.
    private let stride: Int
    /// Differences to the cell on the right, then to the cell below, shape (2, rows, stride).
    private let differences: [Float]
    /// Sums of the squared differences in all rows above and columns left of a corner, shape (rows + 1, columns + 1).
    private let energies: [Double]

    /// The edges of an image of several rows and columns.
    package init(_ cells: GrayCells) {
        (rows, columns) = (cells.rows - 1, cells.columns - 1)
        stride = columns + Int(EK_IMAGE_PADDING)
        var differences = [Float](repeating: 0, count: 2 * rows * stride)
        var energies = [Double](repeating: 0, count: (rows + 1) * (columns + 1))
        for row in 0..<rows {
            var ofRow = 0.0
            for column in 0..<columns {
                let cell = row * cells.columns + column
                let right = cells.values[cell + 1] - cells.values[cell]
                let below = cells.values[cell + cells.columns] - cells.values[cell]
                differences[row * stride + column] = right
                differences[(rows + row) * stride + column] = below
                ofRow += Double(right) * Double(right) + Double(below) * Double(below)
                let corner = (row + 1) * (columns + 1) + column + 1
                energies[corner] = energies[corner - columns - 1] + ofRow
            }
        }
        self.differences = differences
        self.energies = energies
    }

    /// The sum of all squared differences: 0 of a blank image.
    var totalEnergy: Double { energies[energies.count - 1] }

    private func energy(_ rows: Range<Int>, _ columns: Range<Int>) -> Double {
        func before(_ row: Int, _ column: Int) -> Double { energies[row * (self.columns + 1) + column] }
        return before(rows.upperBound, columns.upperBound) - before(rows.lowerBound, columns.upperBound)
            - before(rows.upperBound, columns.lowerBound) + before(rows.lowerBound, columns.lowerBound)
    }

    /// The correlation of the edges of two images where they overlap, if `other` is moved down and to the right; 0 if
    /// too few of the edges are there: less than half of one image's (by their squares), or an eighth of the other's.
    /// (An image that was moved has new edges beside the border that came in, which its original lacks.)
    package func correlation(with other: EdgeMap, movedDown down: Int, right: Int) -> Float {
        let rows = max(0, down)..<min(self.rows, other.rows + down)
        let columns = max(0, right)..<min(self.columns, other.columns + right)
        guard !rows.isEmpty, !columns.isEmpty else { return 0 }
        let (ofOther, otherColumns) = (rows.shifted(by: -down), columns.shifted(by: -right))
        let (own, others) = (energy(rows, columns), other.energy(ofOther, otherColumns))
        guard own > 0, others > 0 else { return 0 }
        let shares = (own / totalEnergy, others / other.totalEnergy)
        guard max(shares.0, shares.1) >= 0.5, min(shares.0, shares.1) >= 0.125 else { return 0 }
        var product: Float = 0
        differences.withUnsafeBufferPointer { a in
            other.differences.withUnsafeBufferPointer { b in
                for direction in 0..<2 {
                    let first = (direction * self.rows + rows.lowerBound) * stride + columns.lowerBound
                    let ofFirst =
                        (direction * other.rows + ofOther.lowerBound) * other.stride + otherColumns.lowerBound
                    product += ek_sum_of_products(
                        a.baseAddress! + first, stride, b.baseAddress! + ofFirst, other.stride, rows.count,
                        columns.count)
                }
            }
        }
        return min(1, product / Float((own * others).squareRoot()))
    }
}
