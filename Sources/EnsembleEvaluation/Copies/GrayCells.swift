import ArrayFiles
import Ensembles

/// A gray image of at most 32 by 32 cells: large enough to tell copies from images of the same kind, small enough to
/// try hundreds of places and sizes at which one may match another.
package struct GrayCells {
    /// The most rows and columns.
    static let most = 32

    package let rows, columns: Int
    /// The mean brightness of each cell, shape (rows, columns).
    package let values: [Float]

    /// Cells with the given values.
    package init(rows: Int, columns: Int, values: [Float]) {
        precondition(values.count == rows * columns)
        (self.rows, self.columns, self.values) = (rows, columns, values)
    }

    /// Reduces an image whose pixels are given, shape (height, width, channels): a cell is the mean of all colors of
    /// the pixels in it.
    package init(_ pixels: UnsafeRawBufferPointer, height: Int, width: Int, channels: Int) {
        let longer = max(height, width)
        func reduced(_ side: Int) -> Int {
            longer <= Self.most ? side : max(1, (side * Self.most + longer / 2) / longer)
        }
        (rows, columns) = (reduced(height), reduced(width))
        var values: [Float] = []
        values.reserveCapacity(rows * columns)
        for row in 0..<rows {
            let ys = row * height / rows..<(row + 1) * height / rows
            for column in 0..<columns {
                let xs = column * width / columns..<(column + 1) * width / columns
                var sum = 0
                for y in ys {
                    for place in (y * width + xs.lowerBound) * channels..<(y * width + xs.upperBound) * channels {
                        sum += Int(pixels[place])
                    }
                }
                values.append(Float(sum) / Float(ys.count * xs.count * channels))
            }
        }
        self.values = values
    }

    /// The mirror image: left and right exchanged.
    package var mirrored: GrayCells {
        let mirrored = (0..<rows).flatMap { values[$0 * columns..<($0 + 1) * columns].reversed() }
        return GrayCells(rows: rows, columns: columns, values: mirrored)
    }

    /// The same image in more cells, interpolated between the centers of the given ones.
    package func magnified(rows newRows: Int, columns newColumns: Int) -> GrayCells {
        /// The cells before and after the center of a new one, and how near it is to the latter.
        func neighbors(_ new: Int, _ news: Int, _ count: Int) -> (before: Int, after: Int, share: Float) {
            let center = (Float(new) + 0.5) * Float(count) / Float(news) - 0.5
            let inside = min(max(center, 0), Float(count - 1))
            let before = Int(inside)
            return (before, min(before + 1, count - 1), inside - Float(before))
        }
        let across = (0..<newColumns).map { neighbors($0, newColumns, columns) }
        var magnified: [Float] = []
        magnified.reserveCapacity(newRows * newColumns)
        for row in 0..<newRows {
            let down = neighbors(row, newRows, rows)
            let (upper, lower) = (down.before * columns, down.after * columns)
            for place in across {
                let above = values[upper + place.before] * (1 - place.share) + values[upper + place.after] * place.share
                let below = values[lower + place.before] * (1 - place.share) + values[lower + place.after] * place.share
                magnified.append(above * (1 - down.share) + below * down.share)
            }
        }
        return GrayCells(rows: newRows, columns: newColumns, values: magnified)
    }
}
