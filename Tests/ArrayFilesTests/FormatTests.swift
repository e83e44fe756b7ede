import ArrayFiles
import Foundation
import Testing
import TestSupport

/// Files written by numpy, PyTorch and the others hold here what they hold there.
@Suite struct FormatTests {
    @Test(arguments: [
        ("f2", ElementType.float16), ("f4", .float32), ("f8", .float64), ("i1", .int8), ("u1", .uint8),
        ("i2", .int16), ("u2", .uint16), ("i4", .int32), ("u4", .uint32), ("i8", .int64), ("u8", .uint64),
    ])
    func npyOfEveryType(code: String, type: ElementType) throws {
        let tensor = try ArrayFile.open(fixture("grid_\(code).npy"))[0]
        #expect(tensor.name == "grid_\(code)")
        #expect(tensor.elementType == type)
        #expect(tensor.shape == [3, 4, 5])
        #expect(try tensor.values() == (type.size == 1 ? grid.map { Double(Int($0) % 100) } : grid))
    }

    @Test func npyVersionsAndScalars() throws {
        #expect(try tensor("grid_version2", in: "grid_version2.npy").values() == grid)
        #expect(try tensor("grid_version3", in: "grid_version3.npy").values() == grid)
        let scalar = try tensor("scalar", in: "scalar.npy")
        #expect(scalar.shape == [])
        #expect(try scalar.values() == [2.5])
    }

    @Test(arguments: ["stored.npz", "deflated.npz", "zip64.npz"])
    func npz(file: String) throws {
        let tensors = try ArrayFile.open(fixture(file))
        #expect(tensors.map(\.name) == ["logits", "labels", "fortran"])
        #expect(try tensors[0].values() == grid)
        #expect(try tensors[1].integers() == [0, 1, 2, 3, 0, 1])
        #expect(tensors[2].elementType == .float64)
        #expect(try tensors[2].values() == grid)
        #expect(try tensors[2][1][2..<3].values() == [120, 121, 122, 123, 124])
    }

    @Test(arguments: ["tensors.pt", "deflated.pt"])
    func torchWithViewsSharedStoragesAndNesting(file: String) throws {
        let tensors = try ArrayFile.open(fixture(file))
        #expect(tensors.map(\.name) == ["logits", "view", "nested.weight", "nested.list.0", "expanded", "scalar"])
        #expect(try tensors[0].values() == grid)
        // base[1:, ::2, 1:4].transpose(0, 2): element [a, b, c] is base[1 + c, 2 b, 1 + a].
        let view: [Double] = (0..<12).map { place in
            let (a, b, c) = (place / 4, place / 2 % 2, place % 2)
            return Double(100 * (1 + c) + 20 * b + 1 + a)
        }
        #expect(tensors[1].shape == [3, 2, 2])
        #expect(try tensors[1].values() == view)
        #expect(try tensors[1][2].values() == Array(view[8...]))
        #expect(try tensors[2].values() == Array(grid[0..<20]))
        #expect(try tensors[3].integers() == [0, 1, 2])
        #expect(try tensors[4].values() == [Double](repeating: 5, count: 12))
        #expect(try tensors[5].values() == [2.5])
    }

    @Test func torchOfEveryType() throws {
        let tensors = try ArrayFile.open(fixture("types.pt"))
        #expect(Set(tensors.map(\.elementType)) == Set(ElementType.allCases))
        for tensor in tensors {
            #expect(tensor.name == tensor.elementType.rawValue)
            #expect(try tensor.values() == (tensor.elementType == .bool ? [0, 1, 1, 1] : [0, 1, 2, 3]))
        }
    }

    @Test func torchTensorAloneAndStateDict() throws {
        let single = try ArrayFile.open(fixture("single.pt"))
        #expect(single.map(\.name) == ["tensor"])
        #expect(single[0].shape == [2, 3])
        #expect(try single[0].integers() == [0, 1, 2, 3, 4, 5])
        #expect(try ArrayFile.open(fixture("state_dict.pt")).map(\.name) == ["weight", "bias"])
    }

    @Test func safetensors() throws {
        let tensors = try ArrayFile.open(fixture("tensors.safetensors"))
        #expect(tensors.map(\.name) == ["logits", "labels", "half", "flags"])
        #expect(tensors.map(\.elementType) == [.float32, .int64, .float16, .bool])
        #expect(try tensors[0].values() == grid)
        #expect(try tensors[1].integers() == [0, 1, 2, 3, 0, 1])
        #expect(try tensors[2].values() == grid)
        #expect(try tensors[3].integers() == [1, 0])
    }

    @Test(arguments: ["images-idx3-ubyte", "images-idx3-ubyte.gz"])
    func idx(file: String) throws {
        let tensor = try ArrayFile.open(fixture(file))[0]
        #expect(tensor.name == "images-idx3-ubyte")
        #expect(tensor.shape == [3, 4, 5])
        #expect(try tensor.integers() == (0..<60).map { $0 % 251 })
        #expect(try tensor[1][2..<3].integers() == [30, 31, 32, 33, 34])
    }

    @Test func idxOfBigEndianIntegers() throws {
        #expect(try tensor("integers", in: "integers.idx").integers() == [1, -2, 70000])
    }

    @Test(arguments: ["cifar-binary", "cifar-pickled"])
    func cifarFolder(folder: String) throws {
        let tensors = try ArrayFile.open(fixture(folder))
        #expect(tensors.map(\.name) == ["images_train", "labels_train", "images", "labels"])
        #expect(tensors[0].shape == [4, 32, 32, 3])
        #expect(try tensors[0].integers() == (0..<4).flatMap(cifarImage))
        #expect(try tensors[1].integers() == [0, 1, 2, 3])
        #expect(try tensors[2].integers() == (4..<6).flatMap(cifarImage))
        #expect(try tensors[3].integers() == [4, 5])
    }

    @Test(arguments: ["cifar-binary/data_batch_1.bin", "cifar-pickled/data_batch_1", "python2_batch"])
    func cifarBatch(file: String) throws {
        let tensors = try ArrayFile.open(fixture(file))
        #expect(tensors.map(\.name) == ["images", "labels"])
        #expect(tensors[0].shape == [2, 32, 32, 3])
        #expect(try tensors[0][1].integers() == cifarImage(1))
        #expect(try tensors[1].integers() == [0, 1])
    }

    /// Image `n` of the fixtures, as (row, column, color).
    private func cifarImage(_ n: Int) -> [Int] {
        (0..<3072).map { place in
            let (row, column, color) = (place / 96, place / 3 % 32, place % 3)
            return (n * 50 + row * 3 + column * 5 + color * 7) % 251
        }
    }

    @Test func formatIsKnownByContentWhateverTheName() throws {
        let scratch = try Scratch()
        for name in ["grid_f4.npy", "stored.npz", "tensors.pt", "tensors.safetensors", "images-idx3-ubyte.gz"] {
            #expect(try readAll(scratch("data", holding: bytes(of: name))).count > 0)
        }
    }

    @Test func listingShowsWhatIsThereWithoutData() throws {
        let listing = try FileListing(fixture("tensors.safetensors"))
        #expect(listing.rows.map(\.name) == ["logits", "labels", "half", "flags"])
        #expect(listing.rows[0].shape == [3, 4, 5])
        #expect(listing.rows.map(\.bytes) == [240, 48, 120, 2])
        #expect(listing.rows.map(\.dtype) == ["float32", "int64", "float16", "bool"])
        #expect(listing.text.contains("labels  int64    (6,)"))
        #expect(try listing.json.contains("\"dtype\" : \"float16\""))
    }

    @Test func listingOfAFolderHoldsEveryFileInOrder() throws {
        let scratch = try Scratch()
        try NPY.write([Float](repeating: 1, count: 6), shape: [2, 3], to: scratch("b.npy"))
        try NPY.write([1, 2], shape: [2], to: scratch("a.npy"))
        try AtomicFile.write("not an array", to: scratch("notes.txt"))
        try FileManager.default.createDirectory(atPath: scratch("runs"), withIntermediateDirectories: true)
        try NPY.write([1, 2], shape: [2], to: scratch("runs/c.npy"))
        // A link to the folder itself must not be followed for ever.
        try FileManager.default.createSymbolicLink(atPath: scratch("runs/up"), withDestinationPath: scratch.path)
        #expect(try FileListing(scratch.path).rows.map(\.name) == ["a", "b", "c"])
        #expect(try FileListing(scratch("runs/up")).rows.map(\.name) == ["a", "b", "c"])
        #expect(try FileListing(fixture("cifar-binary")).rows.count == 4)
    }
}
