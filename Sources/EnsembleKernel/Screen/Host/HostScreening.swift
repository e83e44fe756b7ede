import CSIMDKernels
import Ensembles
import MessagePassing

/// A screen on the processor's own cores, in one of its arithmetics.
final class HostScreening<Arithmetic: HostArithmetic>: ScreeningBackend {
    private var rows, columns: ScreenPanel<Arithmetic>
    private var tile: KernelTile<Arithmetic>
    private var places = TilePlaces(rows: [], columns: 0..<0, columnsAreRows: false)

    static var codeBytes: Int { MemoryLayout<Arithmetic.Code>.stride }
    static var largestCode: Int { Arithmetic.largestCode }

    init(depth: Int, rows: Int, columns: Int, products: Int, largestCode: Int) {
        self.rows = ScreenPanel(depth: depth, columns: rows, largestCode: largestCode)
        self.columns = ScreenPanel(depth: depth, columns: columns, largestCode: largestCode)
        tile = KernelTile(products: products)
    }

    static func rehearse(rows: Int, columns: Int, depth: Int) -> () -> Void {
        let a = [Arithmetic.Code](repeating: 1, count: rows * depth)
        let b = [Arithmetic.Code](repeating: 1, count: columns * depth)
        var products = [Arithmetic.Product](repeating: 0, count: rows * columns)
        return {
            a.withUnsafeBufferPointer { a in
                b.withUnsafeBufferPointer { b in
                    Arithmetic.multiply(
                        PanelColumns(start: a.baseAddress!, count: rows, stride: rows),
                        PanelColumns(start: b.baseAddress!, count: columns, stride: columns), depth: depth,
                        threads: 1, adding: false, into: &products)
                }
            }
        }
    }

    func begin(_ side: TileSide, _ examples: Range<Int>, _ moments: Moments) {
        switch side {
        case .rows: rows.begin(examples, moments)
        case .columns: columns.begin(examples, moments)
        }
    }

    func fill(
        _ side: TileSide, from logits: Logits, runs: Range<Int>, moments: Moments, transform: Transform, threads: Int,
        sharedBy ranks: Communicator?
    ) throws {
        switch side {
        case .rows:
            try rows.fill(
                from: logits, runs: runs, moments: moments, transform: transform, threads: threads, sharedBy: ranks)
        case .columns:
            try columns.fill(
                from: logits, runs: runs, moments: moments, transform: transform, threads: threads, sharedBy: ranks)
        }
    }

    func bounds(of side: TileSide, over ranks: [Communicator]) throws -> ScreenBounds {
        switch side {
        case .rows: try rows.bounds(over: ranks)
        case .columns: try columns.bounds(over: ranks)
        }
    }

    func beginTile(_ places: TilePlaces) {
        self.places = places
        tile.begin(rows: places.rowCount, columns: places.columns.count)
    }

    func addProduct(threads: Int) {
        if places.columnsAreRows {
            tile.addProduct(rows, rows, at: places, threads: threads)
        } else {
            tile.addProduct(rows, columns, at: places, threads: threads)
        }
    }

    func sum(over runsAxis: Communicator) throws { try tile.sum(over: runsAxis) }

    func products(ofRow row: Int) -> UnsafeRawPointer { UnsafeRawPointer(tile.products.start + row * tile.columns) }

    func mirror(rows: Range<Int>, columns: Range<Int>, into mirrored: UnsafeMutableRawPointer) {
        tile.mirror(rows: rows, columns: columns, into: mirrored)
    }

    static func select(
        _ products: UnsafeRawPointer, count: Int, _ row: EKScreenRow, _ columns: EKScreenColumns, firstIndex: Int32,
        threshold: UnsafeMutablePointer<EKThreshold>, bins: UnsafeMutablePointer<Int32>,
        into candidates: UnsafeMutablePointer<EKCandidate>
    ) -> Int {
        Arithmetic.select(
            products.assumingMemoryBound(to: Arithmetic.Product.self), row, columns, count: count,
            firstIndex: firstIndex, threshold: threshold, bins: bins, into: candidates)
    }
}
