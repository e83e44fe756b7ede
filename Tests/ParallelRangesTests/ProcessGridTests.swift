import ParallelRanges
import Testing

struct ProcessGridTests {
    @Test func `rank and position are each other's inverse, down the columns first`() {
        for rows in 1...16 {
            for columns in 1...16 {
                let grid = ProcessGrid(rows: rows, columns: columns)
                let positions = (0..<grid.size).map(grid.position)
                let expected = (0..<columns).flatMap { column in
                    (0..<rows).map { ProcessGrid.Position(row: $0, column: column) }
                }
                #expect(positions == expected)
                #expect(positions.map(grid.rank) == Array(0..<grid.size))
            }
        }
    }

    @Test func `a grid reads what it writes`() {
        #expect(ProcessGrid("4x12") == ProcessGrid(rows: 4, columns: 12))
        #expect(ProcessGrid(rows: 4, columns: 12).description == "4x12")
    }

    @Test(arguments: [
        "", "4", "x", "4x", "x4", "4x0", "0x4", "4x-1", "+4x1", "4 x1", "4X1", "1x2x3", "٤x1",
        "9999999999999999999x1", "9999999999x9999999999",
    ])
    func `a grid refuses what is not RxN`(text: String) {
        #expect(ProcessGrid(text) == nil)
    }
}
