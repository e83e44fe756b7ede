import Platform

/// How well an image matches another by its pixels, moved, mirrored and magnified as it matches best.
public struct PixelMatch: Codable, Equatable, Sendable {
    /// Whether all pixels are equal.
    public var exact: Bool
    /// The correlation of the edges of both images (the cosine of the differences between neighboring cells): 1 for a
    /// copy, brightened or darkened too.
    public var correlation: Float
    /// Whether the image is a mirror image of the other.
    public var mirrored: Bool
    /// How far the image has been moved down and to the right, before it was mirrored, in fractions of its height and
    /// width; absent if magnified.
    public var shift: [Float]?
    /// How much larger everything in the image is than in the other: a copy that was cropped is magnified, its original
    /// is reduced (below 1).
    public var zoom: Float

    /// A match with these values.
    package init(
        exact: Bool = false, correlation: Float, mirrored: Bool = false, shift: [Float]? = nil, zoom: Float = 1
    ) {
        self.exact = exact
        self.correlation = correlation
        self.mirrored = mirrored
        self.shift = shift
        self.zoom = zoom
    }

    /// The same match seen from the other image.
    package var reversed: PixelMatch {
        var reversed = self
        // Undone in the other order: first mirrored back, then moved back, which in the mirror is the same direction.
        reversed.shift = shift.map { [0 - $0[0], mirrored ? $0[1] : 0 - $0[1]] }
        reversed.zoom = 1 / zoom
        return reversed
    }

    /// Fisher's transform of the correlation, by which those of unrelated images are nearly normal; at most
    /// ``largestFisher``.
    var fisher: Double { min(Self.largestFisher, max(-Self.largestFisher, atanh(Double(correlation)))) }

    /// That of the correlation 0.99991.
    static let largestFisher = 5.0
}

/// The edges of an image in all sizes in which others may match it.
package struct SizedEdges {
    /// The plain size first.
    fileprivate let sizes: [(edges: EdgeMap, zoom: Float)]
    fileprivate let shape: (rows: Int, columns: Int)

    /// Copies may have been cropped to this part of the width and the height.
    private static let smallestCrop = 0.82
    /// The fewest rows and columns: fewer edges match by chance.
    private static let fewestCells = 8

    /// The edges of an image; nil if it is blank, too small or too narrow.
    package init?(_ cells: GrayCells) {
        guard min(cells.rows, cells.columns) >= Self.fewestCells else { return nil }
        let plain = EdgeMap(cells)
        // Magnified, a blank image would have edges by rounding.
        guard plain.totalEnergy > 0 else { return nil }
        let longer = max(cells.rows, cells.columns)
        let most = Int((Double(longer) / Self.smallestCrop).rounded())
        shape = (cells.rows, cells.columns)
        sizes =
            [(plain, 1)]
            + (longer + 1..<most + 1).map { larger in
                let magnified = cells.magnified(
                    rows: (cells.rows * larger + longer / 2) / longer,
                    columns: (cells.columns * larger + longer / 2) / longer)
                return (EdgeMap(magnified), Float(larger) / Float(longer))
            }
    }
}

/// An image, prepared for being matched with many others: its edges, and those of its mirror image.
package struct MatchableImage {
    private let plain, mirrored: SizedEdges
    /// The shifts that are tried in the plain size, and the places of the plain size in each larger one.
    private let shifts: [Place], places: [[Place]]

    private typealias Place = (down: Int, right: Int)

    /// The edges of an image; nil if it is blank, too small or too narrow.
    package init?(_ cells: GrayCells) {
        guard let plain = SizedEdges(cells), let mirrored = SizedEdges(cells.mirrored) else { return nil }
        (self.plain, self.mirrored) = (plain, mirrored)
        shifts = Self.shifts(rows: cells.rows, columns: cells.columns)
        places = plain.sizes.dropFirst().map { Self.places(of: plain.sizes[0].edges, in: $0.edges) }
    }

    /// The best match of this image with another one of the same shape; of equally good ones the simplest: without a
    /// mirror, magnification or shift.
    package func match(with other: SizedEdges) -> PixelMatch {
        let (rows, columns) = other.shape
        var best = PixelMatch(correlation: -1)
        func offer(_ match: @autoclosure () -> PixelMatch, _ correlation: Float) {
            if correlation > best.correlation { best = match() }
        }
        let others = other.sizes[0].edges
        for (own, isMirrored) in [(plain.sizes, false), (mirrored.sizes, true)] {
            let same = own[0].edges
            for (down, right) in shifts {
                let correlation = same.correlation(with: others, movedDown: down, right: right)
                offer(
                    PixelMatch(
                        correlation: correlation, mirrored: isMirrored,
                        shift: [Float(down) / Float(rows), Float(right) / Float(columns)]),
                    correlation)
            }
            for (size, places) in places.enumerated() {
                let (larger, zoom) = own[size + 1]
                let otherLarger = other.sizes[size + 1].edges
                for (down, right) in places {
                    let reduced = larger.correlation(with: others, movedDown: down, right: right)
                    offer(PixelMatch(correlation: reduced, mirrored: isMirrored, zoom: 1 / zoom), reduced)
                    let magnified = same.correlation(with: otherLarger, movedDown: -down, right: -right)
                    offer(PixelMatch(correlation: magnified, mirrored: isMirrored, zoom: zoom), magnified)
                }
            }
        }
        return best
    }

    /// The shifts that are tried, the shortest first: up to 3 cells of 20, fewer of less.
    private static func shifts(rows: Int, columns: Int) -> [Place] {
        func most(_ cells: Int) -> Int { min(3, (cells + 4) / 8) }
        let all = (-most(rows)...most(rows)).flatMap { down in
            (-most(columns)...most(columns)).map { (down: down, right: $0) }
        }
        return all.sorted {
            (abs($0.down) + abs($0.right), $0.down, $0.right) < (abs($1.down) + abs($1.right), $1.down, $1.right)
        }
    }

    private static func places(of small: EdgeMap, in large: EdgeMap) -> [Place] {
        (0...max(0, large.rows - small.rows)).flatMap { down in
            (0...max(0, large.columns - small.columns)).map { (down, $0) }
        }
    }
}
