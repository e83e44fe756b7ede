import EnsembleKernel
import Testing
import TestSupport

struct PairOrderTests {
    @Test(arguments: [1, 7, 30, 1000], [1, 4, 1000])
    func `every pair stands once, panel by panel, block by block and row by row`(panel: Int, block: Int) {
        let (rows, columns, classes) = (9, 20..<53, 3)
        var numbers = SeededNumbers(seed: UInt64(panel))
        let columnsOfRow = (0..<rows).map { row in
            columns.shuffled(using: &numbers).prefix(3 * row).sorted().map(Int32.init)
        }
        let pairs = (0..<rows).flatMap { row in columnsOfRow[row].map { (row: row, column: Int($0)) } }
        let block = min(block, panel)
        let order = PairOrder(
            CandidatePairs(columnsOfRow), columns: columns, classes: columns.map { $0 % classes },
            columnsOfPanel: panel,
            columnsOfBlock: block)

        #expect(order.panels.flatMap { Array($0.columns) } == Array(columns))
        #expect(order.panels.flatMap { Array($0.pairs) } == Array(pairs.indices))
        var found: [Int64] = []
        for panel in order.panels {
            #expect(panel.places.sorted() == panel.columns.indices.map { Int32($0 - panel.columns.lowerBound) })
            let inOrder = panel.columns.sorted {
                panel.places[$0 - panel.columns.lowerBound] < panel.places[$1 - panel.columns.lowerBound]
            }
            let ofClass = inOrder.map { $0 % classes }
            #expect(ofClass == ofClass.sorted())
            let blocks = panel.pairs.map { Int(order.places[$0]) / block }
            #expect(blocks == blocks.sorted())
            for (pair, next) in zip(panel.pairs, panel.pairs.dropFirst())
            where order.places[pair] / Int32(block) == order.places[next] / Int32(block) {
                #expect(order.rows[pair] <= order.rows[next])
            }
            found += panel.pairs.map { Int64(order.rows[$0]) * 100 + Int64(inOrder[Int(order.places[$0])]) }
        }
        #expect(order.restored(found) == pairs.map { Int64($0.row * 100 + $0.column) })
    }
}
