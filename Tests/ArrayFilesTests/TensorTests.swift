import ArrayFiles
import Foundation
import Testing
import TestSupport

@Suite struct TensorTests {
    @Test(arguments: ["grid_f4", "grid_fortran", "grid_big", "grid_fortran_big"])
    func `a slice holds what the whole tensor holds there, in any layout`(file: String) throws {
        let whole = try tensor(file, in: "\(file).npy")
        #expect(try whole.values() == grid)
        for i in 0..<3 {
            #expect(try whole[i].values() == Array(grid[i * 20..<(i + 1) * 20]))
            for first in 0...4 {
                for last in first...4 {
                    let part = whole[i][first..<last]
                    #expect(part.shape == [last - first, 5])
                    let expected = grid[i * 20..<(i + 1) * 20].dropFirst(first * 5).prefix((last - first) * 5)
                    #expect(try part.values() == Array(expected))
                }
            }
        }
        for k in 0..<5 {
            #expect(try whole.select(axis: 2, k).values() == stride(from: k, to: 60, by: 5).map { grid[$0] })
        }
        let middle = whole.slice(axis: 2, 1..<4).slice(axis: 0, 1..<3).select(axis: 1, 2)
        #expect(middle.shape == [2, 3])
        #expect(try middle.values() == [121, 122, 123, 221, 222, 223])
    }

    @Test func `a contiguous slice is lent without a copy`() throws {
        let whole = try tensor("grid_f4", in: "grid_f4.npy")
        func address(_ tensor: Tensor) throws -> Int {
            try tensor.withContiguousBytes { Int(bitPattern: $0.baseAddress) }
        }
        #expect(try address(whole[2][1..<3]) == address(whole) + (2 * 20 + 5) * 4)
        #expect(whole[2].isContiguous)
        #expect(!whole.select(axis: 1, 0).isContiguous)
    }

    @Test func `elements are aligned in memory, wherever they are in the file`() throws {
        for file in ["stored.npz", "tensors.safetensors", "zip64.npz", "deflated.npz", "tensors.pt"] {
            for tensor in try ArrayFile.open(fixture(file)) {
                try tensor.withContiguousBytes { bytes in
                    #expect(Int(bitPattern: bytes.baseAddress) % tensor.elementType.size == 0)
                }
            }
        }
    }

    @Test func `an empty slice and an empty tensor have no values`() throws {
        let whole = try tensor("grid_f4", in: "grid_f4.npy")
        #expect(try whole[3..<3].values().isEmpty)
        #expect(try whole[3..<3].select(axis: 1, 3).values().isEmpty)
        let empty = try tensor("empty", in: "empty.npy")
        #expect(empty.shape == [0, 7])
        #expect(try empty.values().isEmpty)
    }

    @Test func `a list of numbers is in proportion to the file, whose arrays may hold more`() throws {
        let labels = try tensor("labels", in: "claims.npz").integers()
        #expect(labels.count == 1_281_167 && labels.last == 999)
        let claimed = try tensor("claimed", in: "claims.npz")
        let refused = try refusal(ArrayFileError.self) { try claimed.integers() }
        #expect(refused?.reason.contains("claims 20000000 numbers, too many") == true)
        #expect(try claimed.withContiguousBytes { $0.count } == 20_000_000)
        // Each may be in proportion, and all of them not.
        let parts = (0..<30).map { claimed[$0 * 100_000..<($0 + 1) * 100_000] }
        #expect(throws: ArrayFileError.self) { for part in parts { try part.requireList(of: 3_000_000) } }
    }

    @Test func `integers are read from every integer type and from booleans`() throws {
        for code in ["u2", "i2", "u4", "i4", "u8", "i8"] {
            #expect(try tensor("grid_\(code)", in: "grid_\(code).npy").integers() == grid.map { Int($0) })
        }
        #expect(try tensor("bool", in: "bool.npy").integers() == [1, 0, 1])
    }

    @Test func `neither floating-point numbers nor integers beyond Int are read as integers`() throws {
        #expect(throws: ArrayFileError.self) { try tensor("grid_f4", in: "grid_f4.npy").integers() }
        var file = try bytes(of: "grid_u8.npy")
        file[file.count - 1] = 0x80
        let scratch = try Scratch()
        let path = try scratch("big.npy", holding: file)
        let error = #expect(throws: ArrayFileError.self) { try ArrayFile.open(path)[0].integers() }
        #expect(error?.description.contains("element 59") == true)
    }

    @Test func `a tensor stays readable when its file is removed`() throws {
        let scratch = try Scratch()
        let path = try scratch("gone.npy", holding: bytes(of: "grid_f4.npy"))
        let tensor = try ArrayFile.open(path)[0]
        try FileManager.default.removeItem(atPath: path)
        #expect(try tensor.values() == grid)
    }
}
