import ArrayFiles
import EnsembleEvaluation
import EnsembleKernel
import Ensembles
import Foundation
import MessagePassing
import Testing
import TestSupport

@MainActor @Suite struct CopyTests {
    private static let side = 28

    /// A smooth image of random brightness: what neighboring cells have in common is what photographs have.
    private func cells(_ seed: UInt64, rows: Int = side, columns: Int = side) -> GrayCells {
        var numbers = SeededNumbers(seed: seed)
        let spots = (0..<12).map { _ in (0..<4).map { _ in Float.random(in: 0...1, using: &numbers) } }
        let values = (0..<rows * columns).map { place -> Float in
            let (y, x) = (Float(place / columns) / Float(rows), Float(place % columns) / Float(columns))
            return spots.reduce(0) { sum, spot in
                let (dy, dx) = (y - spot[0], x - spot[1])
                return sum + 100 * spot[2] * exp(-(dy * dy + dx * dx) / (0.002 + 0.02 * spot[3]))
            }
        }
        return GrayCells(rows: rows, columns: columns, values: values)
    }

    private func altered(_ cells: GrayCells, _ value: (Int, Int) -> Float) -> GrayCells {
        GrayCells(
            rows: cells.rows, columns: cells.columns,
            values: (0..<cells.rows).flatMap { row in (0..<cells.columns).map { value(row, $0) } })
    }

    private func moved(_ cells: GrayCells, down: Int, right: Int) -> GrayCells {
        altered(cells) { row, column in
            let (y, x) = (row - down, column - right)
            guard 0..<cells.rows ~= y, 0..<cells.columns ~= x else { return 0 }
            return cells.values[y * cells.columns + x]
        }
    }

    private func match(_ copy: GrayCells, _ original: GrayCells) throws -> PixelMatch {
        try #require(MatchableImage(copy)).match(with: #require(SizedEdges(original)))
    }

    @Test(arguments: 0..<8 as Range<UInt64>)
    func `a copy that was moved, mirrored, brightened or cropped matches, and it is said how`(seed: UInt64) throws {
        let original = cells(seed)
        let (down, right) = (Int(seed % 7) - 3, 3 - Int(seed % 5))
        let shift = [Float(down) / 28, Float(right) / 28]

        let plain = try match(moved(original, down: down, right: right), original)
        #expect(plain.correlation > 0.9999 && plain.shift == shift && !plain.mirrored && plain.zoom == 1)
        let mirror = try match(moved(original, down: down, right: right).mirrored, original)
        #expect(mirror.correlation > 0.9999 && mirror.shift == shift && mirror.mirrored && mirror.zoom == 1)
        let brighter = try match(altered(original) { 20 + 1.3 * original.values[$0 * 28 + $1] }, original)
        #expect(brighter.correlation > 0.9999 && brighter.shift == [0, 0])

        // A square of 24 of 28 cells, magnified to the whole.
        let part = (0..<24).flatMap { row in (0..<24).map { original.values[(row + 2) * 28 + $0 + 3] } }
        let cropped = GrayCells(rows: 24, columns: 24, values: part).magnified(rows: 28, columns: 28)
        let found = try match(cropped, original)
        #expect(found.correlation > 0.95 && abs(found.zoom - 28.0 / 24) < 0.05 && found.shift == nil)
        let original2 = try match(original, cropped)
        #expect(original2.correlation > 0.95 && abs(original2.zoom - 24.0 / 28) < 0.05)

        let other = try match(cells(seed + 100), original)
        #expect(other.correlation < 0.8 && !other.exact)
    }

    @Test func `a match seen from the other image is the reversed one`() throws {
        let original = cells(3)
        for copy in [moved(original, down: 2, right: -1), moved(original, down: -1, right: 3).mirrored] {
            let (there, back) = (try match(copy, original), try match(original, copy))
            #expect(there.reversed.shift == back.shift && there.mirrored == back.mirrored)
            #expect(abs(there.correlation - back.correlation) < 1e-5)
        }
        let crop = PixelMatch(correlation: 0.9, zoom: 1.25)
        #expect(crop.reversed.zoom == 0.8 && crop.reversed.shift == nil && crop.reversed.reversed == crop)
    }

    /// In float64, from the definition.
    @Test func `the correlation of edges is that of the differences between neighbors where images overlap`() {
        for (down, right) in [(0, 0), (1, -2), (-2, 3)] {
            let (a, b) = (cells(1, rows: 20, columns: 31), cells(2, rows: 23, columns: 27))
            func edges(_ cells: GrayCells, _ row: Int, _ column: Int) -> [Double] {
                func value(_ row: Int, _ column: Int) -> Double { Double(cells.values[row * cells.columns + column]) }
                return [
                    value(row, column + 1) - value(row, column), value(row + 1, column) - value(row, column),
                ]
            }
            var sums = (product: 0.0, a: 0.0, b: 0.0)
            for row in 0..<19 where 0..<22 ~= row - down {
                for column in 0..<30 where 0..<26 ~= column - right {
                    for (x, y) in zip(edges(a, row, column), edges(b, row - down, column - right)) {
                        sums = (sums.product + x * y, sums.a + x * x, sums.b + y * y)
                    }
                }
            }
            let expected = sums.product / (sums.a * sums.b).squareRoot()
            let found = EdgeMap(a).correlation(with: EdgeMap(b), movedDown: down, right: right)
            #expect(abs(Double(found) - expected) < 1e-5)
        }
    }

    @Test func `an image without edges, or with them elsewhere, matches nothing`() throws {
        let blank = GrayCells(rows: 28, columns: 28, values: [Float](repeating: 9, count: 784))
        let (edges, ofBlank) = (EdgeMap(cells(1)), EdgeMap(blank))
        for (a, b) in [(edges, ofBlank), (ofBlank, edges), (ofBlank, ofBlank)] {
            #expect(a.correlation(with: b, movedDown: 0, right: 0) == 0)
        }
        #expect(SizedEdges(blank) == nil && MatchableImage(blank) == nil)
        // Nearly all edges are in the first columns, which a move to the left leaves out; a faint pattern everywhere
        // else would match.
        let stripes = altered(blank) { $1 == 0 ? Float($0 % 2) * 100 : Float($0 % 5) }
        #expect(EdgeMap(stripes).correlation(with: EdgeMap(stripes), movedDown: 0, right: -3) == 0)
        #expect(EdgeMap(stripes).correlation(with: EdgeMap(stripes), movedDown: 0, right: 0) > 0.9999)
        #expect(
            MatchableImage(cells(1, rows: 7, columns: 30)) == nil
                && MatchableImage(cells(1, rows: 8, columns: 8)) != nil)
    }

    @Test func `large images are reduced to the means of their parts`() {
        let pixels = (0..<64 * 96 * 3).map { UInt8(truncatingIfNeeded: $0 / 7) }
        let cells = pixels.withUnsafeBytes { GrayCells($0, height: 64, width: 96, channels: 3) }
        #expect(cells.rows == 21 && cells.columns == 32)
        var sum = 0
        // The cell in row 5 and column 2 has the rows 15 to 17 and the columns 6 to 8.
        for y in 15..<18 { for x in 6..<9 { for c in 0..<3 { sum += Int(pixels[(y * 96 + x) * 3 + c]) } } }
        #expect(cells.values[5 * 32 + 2] == Float(sum) / 27)
        let small = pixels.withUnsafeBytes { GrayCells($0, height: 20, width: 32, channels: 1) }
        #expect(small.rows == 20 && small.columns == 32 && small.values == pixels.prefix(640).map { Float($0) })
    }

    @Test func `thresholds are those of normal numbers, whatever copies are among them`() throws {
        var numbers = SeededNumbers(seed: 5)
        var correlations = CorrelationsByClass(classes: 3)
        for _ in 0..<20_000 {
            let normal = (0..<12).reduce(-6.0) { sum, _ in sum + Double.random(in: 0...1, using: &numbers) }
            correlations.add(PixelMatch(correlation: Float(tanh(0.9 + 0.2 * normal))), class: 0)
        }
        for _ in 0..<500 { correlations.add(PixelMatch(correlation: 1), class: 0) }
        // Too few of this class, none of the last: both have the threshold of all.
        for _ in 0..<10 { correlations.add(PixelMatch(correlation: 0.1), class: 1) }
        let found = try correlations.thresholds(world: SharedSession.world())
        #expect(abs(atanh(found[0]) - (0.9 + 4.5 * 0.2)) < 0.05)
        #expect(abs(found[1] - found[0]) < 0.01 && found[2] == found[1])
        #expect(try CorrelationsByClass(classes: 2).thresholds(world: SharedSession.world()) == [0.98, 0.98])
    }

    /// Copies among examples whose logits are alike, too, in images of two rows of the same shape.
    @Test func `copies are told from near-duplicates, and only they are not to be kept`() throws {
        let scratch = try Scratch()
        var ensemble = RandomEnsemble(runs: 8, test: 6, train: 9, classes: 3)
        let runs = ensemble.runs
        func place(_ run: Int, _ example: Int, _ count: Int) -> Range<Int> {
            (run * count + example) * 3..<(run * count + example + 1) * 3
        }
        for run in 0..<runs {
            // Test example 4 and training example 7 are treated as training example 2; test example 0 as training
            // example 5.
            let (second, fifth) = (ensemble.trainLogits[place(run, 2, 9)], ensemble.trainLogits[place(run, 5, 9)])
            ensemble.logits.replaceSubrange(place(run, 4, 6), with: second)
            ensemble.trainLogits.replaceSubrange(place(run, 7, 9), with: second)
            ensemble.logits.replaceSubrange(place(run, 0, 6), with: fifth)
        }
        try ensemble.write(to: scratch.path)
        func bytes(_ cells: GrayCells) -> [UInt8] { cells.values.map { UInt8(min(255, max(0, $0))) } }
        var (images, trainImages) = (
            (0..<6).map { bytes(cells(UInt64($0) + 50)) }, (0..<9).map { bytes(cells(UInt64($0))) }
        )
        // Test example 4 is a mirror image of training example 2, training example 7 its copy; test example 0 is
        // another image than training example 5.
        images[4] = bytes(cells(2).mirrored)
        trainImages[7] = trainImages[2]
        try NPY.write(images.flatMap(\.self), shape: [6, 28, 28], to: scratch("images.npy"))
        try NPY.write(trainImages.flatMap(\.self), shape: [9, 28, 28], to: scratch("images_train.npy"))

        let opened = try Ensemble(opening: [scratch.path])
        var options = AuditOptions()
        options.duplicateSimilarity = 1
        options.prediction.search.threads = 2
        options.images = (
            try Images(requiring: ArrayFile.open(scratch("images.npy"))[0], examples: 6),
            try Images(requiring: ArrayFile.open(scratch("images_train.npy"))[0], examples: 9)
        )
        let audit = try #require(
            try DatasetAuditor(opened, options: options, world: SharedSession.world())
                .audit(version: "test") { _, _ in }.audit)
        let copies = try #require(audit.copies)
        #expect((6 + 9) * 5...(6 + 9) * 8 ~= copies.comparisons && copies.test == 1 && copies.train == 1)
        #expect(copies.pairs.map(\.set) == [.train, .test, .test])
        #expect(copies.pairs.map(\.example) == [7, 4, 4] && copies.pairs.map(\.copy_of) == [2, 2, 7])
        #expect(copies.pairs[0].match == PixelMatch(exact: true, correlation: 1, shift: [0, 0]))
        #expect(copies.pairs[1].match.mirrored && copies.pairs[1].match.correlation > 0.999)
        #expect(copies.pairs.allSatisfy { $0.similarity == 0.875 })
        #expect(
            audit.duplicatesTable.split(separator: "\n").map(String.init) == [
                "group,set,example,keep,least_similarity", "0,train,2,1,0.875", "0,train,7,0,0.875", "0,test,4,0,0.875",
                "1,train,5,1,0.875", "1,test,0,1,0.875",
            ])
        let table = audit.copiesTable.split(separator: "\n").map(String.init)
        #expect(table[0] == "set,example,copy_of,exact,correlation,mirrored,shift_down,shift_right,zoom,similarity")
        #expect(table[1] == "train,7,2,1,1.0,0,0.0,0.0,1.0,0.875" && table.count == 4)
        let shown = try #require(audit.near_duplicates.first { $0.test == 0 })
        #expect(try #require(shown.match).correlation < 0.8)
        #expect(try JSONDecoder().decode(DatasetAudit.self, from: Data(audit.json().utf8)) == audit)
    }
}
