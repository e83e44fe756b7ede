import CSIMDKernels
import Testing
import TestSupport

struct MultiplyInt8Tests {
    private static let largest = Int8(EK_INT8_LARGEST)

    /// How large the numbers are that are multiplied.
    enum Magnitude: CaseIterable {
        /// Sums of a chunk fit into 16 bits.
        case small
        /// They wrap, all in the same direction.
        case largest
        /// They wrap in some chunks, in some tiles.
        case mixed
    }

    /// Sizes at, below and above those of the blocks: 6 by 16 of a tile, 64 of a chunk, 510 by 1024 of panels,
    /// depth 2560.
    @Test(
        arguments: [
            (1, 1, 1), (6, 16, 64), (7, 17, 3), (5, 130, 2561), (513, 15, 9), (11, 1030, 65), (12, 32, 5000),
        ], Magnitude.allCases)
    func `products are the sums in integers`(shape: (rows: Int, columns: Int, depth: Int), magnitude: Magnitude) {
        let (rows, columns, depth) = shape
        var numbers = SeededNumbers(seed: UInt64(rows + columns + depth))
        func random(_ example: Int, _ d: Int) -> Int8 {
            switch magnitude {
            case .small: Int8.random(in: -21...21, using: &numbers)
            case .largest: example.isMultiple(of: 2) ? Self.largest : -Self.largest
            case .mixed:
                d / 40 % 3 == example / 8 % 2 ? Self.largest : Int8.random(in: -Self.largest...9, using: &numbers)
            }
        }
        // Of wider matrices only the first rows and columns are taken.
        let (stride, strideOfB) = (rows + 3, columns + 5)
        let a = (0..<depth * stride).map { random($0 % stride, $0 / stride) }
        let b = (0..<depth * strideOfB).map { random($0 % strideOfB, $0 / strideOfB) }
        let before = (0..<rows * columns + 1).map { Int32($0 % 1000) }
        // What is behind the workspace stays as it is.
        let bytes = ek_multiply_int8_workspace(rows, columns, depth)
        let workspace = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes + 64, alignment: 64)
        defer { workspace.deallocate() }
        workspace[bytes...].initializeMemory(as: UInt8.self, repeating: 42)
        for adding in [false, true] {
            var products = before
            ek_multiply_int8(a, stride, rows, b, strideOfB, columns, depth, adding, &products, workspace.baseAddress!)
            #expect(products.last == before.last && workspace[bytes...].allSatisfy { $0 == 42 })
            for i in 0..<rows {
                for j in 0..<columns {
                    var sum = adding ? Int(before[i * columns + j]) : 0
                    for d in 0..<depth { sum += Int(a[d * stride + i]) * Int(b[d * strideOfB + j]) }
                    #expect(Int(products[i * columns + j]) == sum)
                }
            }
        }
    }
}
