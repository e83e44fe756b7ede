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
    func `an npy file of any element type holds what numpy wrote`(code: String, type: ElementType) throws {
        let tensor = try ArrayFile.open(fixture("grid_\(code).npy"))[0]
        #expect(tensor.name == "grid_\(code)")
        #expect(tensor.elementType == type)
        #expect(tensor.shape == [3, 4, 5])
        #expect(try tensor.values() == (type.size == 1 ? grid.map { Double(Int($0) % 100) } : grid))
    }

    @Test func `npy files of versions 2 and 3 and scalars are read`() throws {
        #expect(try tensor("grid_version2", in: "grid_version2.npy").values() == grid)
        #expect(try tensor("grid_version3", in: "grid_version3.npy").values() == grid)
        let scalar = try tensor("scalar", in: "scalar.npy")
        #expect(scalar.shape == [])
        #expect(try scalar.values() == [2.5])
    }

    @Test(arguments: ["stored.npz", "deflated.npz", "zip64.npz"])
    func `an archive of arrays holds what numpy wrote`(file: String) throws {
        let tensors = try ArrayFile.open(fixture(file))
        #expect(tensors.map(\.name) == ["logits", "labels", "fortran"])
        #expect(try tensors[0].values() == grid)
        #expect(try tensors[1].integers() == [0, 1, 2, 3, 0, 1])
        #expect(tensors[2].elementType == .float64)
        #expect(try tensors[2].values() == grid)
        #expect(try tensors[2][1][2..<3].values() == [120, 121, 122, 123, 124])
    }

    @Test(arguments: ["tensors.pt", "deflated.pt"])
    func `a PyTorch file with views, shared storages and nested containers is read`(file: String) throws {
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

    @Test func `a PyTorch file may hold every element type`() throws {
        let tensors = try ArrayFile.open(fixture("types.pt"))
        #expect(Set(tensors.map(\.elementType)) == Set(ElementType.allCases))
        for tensor in tensors {
            #expect(tensor.name == tensor.elementType.rawValue)
            #expect(try tensor.values() == (tensor.elementType == .bool ? [0, 1, 1, 1] : [0, 1, 2, 3]))
        }
    }

    @Test func `a PyTorch file may hold a single tensor or a state dict`() throws {
        let single = try ArrayFile.open(fixture("single.pt"))
        #expect(single.map(\.name) == ["single"])
        #expect(single[0].shape == [2, 3])
        #expect(try single[0].integers() == [0, 1, 2, 3, 4, 5])
        #expect(try ArrayFile.open(fixture("state_dict.pt")).map(\.name) == ["weight", "bias"])
    }

    @Test func `a safetensors file holds what its library wrote`() throws {
        let tensors = try ArrayFile.open(fixture("tensors.safetensors"))
        #expect(tensors.map(\.name) == ["logits", "labels", "half", "flags"])
        #expect(tensors.map(\.elementType) == [.float32, .int64, .float16, .bool])
        #expect(try tensors[0].values() == grid)
        #expect(try tensors[1].integers() == [0, 1, 2, 3, 0, 1])
        #expect(try tensors[2].values() == grid)
        #expect(try tensors[3].integers() == [1, 0])
    }

    @Test(arguments: ["images-idx3-ubyte", "images-idx3-ubyte.gz"])
    func `an IDX file is read, compressed or not`(file: String) throws {
        let tensor = try ArrayFile.open(fixture(file))[0]
        #expect(tensor.name == "images-idx3-ubyte")
        #expect(tensor.shape == [3, 4, 5])
        #expect(try tensor.integers() == (0..<60).map { $0 % 251 })
        #expect(try tensor[1][2..<3].integers() == [30, 31, 32, 33, 34])
    }

    @Test func `32-bit integers in an IDX file are big-endian`() throws {
        #expect(try tensor("integers", in: "integers.idx").integers() == [1, -2, 70000])
    }

    @Test(arguments: ["cifar-binary", "cifar-pickled"])
    func `a folder of CIFAR batches holds training and test images with their labels`(folder: String) throws {
        let tensors = try ArrayFile.open(fixture(folder))
        #expect(tensors.map(\.name) == ["images_train", "labels_train", "images", "labels"])
        #expect(tensors[0].shape == [4, 32, 32, 3])
        #expect(try tensors[0].integers() == (0..<4).flatMap(cifarImage))
        #expect(try tensors[1].integers() == [0, 1, 2, 3])
        #expect(try tensors[2].integers() == (4..<6).flatMap(cifarImage))
        #expect(try tensors[3].integers() == [4, 5])
    }

    @Test func `files and folders of CIFAR-100 hold images and their fine labels`() throws {
        let replica = ReplicaImages(trainLabels: [33, 99, 0], testLabels: [7, 52], classNames: [])
        let scratch = try Scratch()
        try ReplicaImages.write(replica.cifar100Binary, to: scratch("binary"))
        try ReplicaImages.write(replica.cifar100Python, to: scratch("python"))
        for folder in ["binary", "python"] {
            let tensors = try ArrayFile.open(scratch(folder))
            #expect(tensors.map(\.name) == ["images_train", "labels_train", "images", "labels"])
            #expect(try tensors[0].withContiguousBytes { Array($0) } == replica.trainPixels)
            #expect(try tensors[1].integers() == replica.trainLabels && tensors[3].integers() == replica.testLabels)
            let test = try ArrayFile.open(scratch(folder == "binary" ? "binary/test.bin" : "python/test"))
            #expect(try test[0].withContiguousBytes { Array($0) } == replica.testPixels)
            #expect(try test[1].integers() == replica.testLabels)
        }
    }

    @Test(arguments: ["cifar-binary/data_batch_1.bin", "cifar-pickled/data_batch_1", "python2_batch"])
    func `a single CIFAR batch holds images and their labels`(file: String) throws {
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

    @Test func `a format is recognized by its content, whatever the file is called`() throws {
        let scratch = try Scratch()
        for name in ["grid_f4.npy", "stored.npz", "tensors.pt", "tensors.safetensors", "images-idx3-ubyte.gz"] {
            #expect(try readAll(scratch("data", holding: bytes(of: name))).count > 0)
        }
    }

    @Test func `a listing shows the name, shape, type and size of each tensor in a file`() throws {
        let listing = try FileListing([fixture("tensors.safetensors")])
        #expect(listing.rows.map(\.name) == ["logits", "labels", "half", "flags"])
        #expect(listing.rows[0].shape == [3, 4, 5])
        #expect(listing.rows.map(\.bytes) == [240, 48, 120, 2])
        #expect(listing.rows.map(\.dtype) == ["float32", "int64", "float16", "bool"])
        #expect(listing.text.contains("labels  int64    (6,)"))
    }

    @Test func `a listing of a folder has every file below it in order, and follows no link in a circle`() throws {
        let scratch = try Scratch()
        try NPY.write([Float](repeating: 1, count: 6), shape: [2, 3], to: scratch("b.npy"))
        try NPY.write([1, 2], shape: [2], to: scratch("a.npy"))
        try AtomicFile.write("not an array", to: scratch("notes.txt"))
        try FileManager.default.createDirectory(atPath: scratch("runs"), withIntermediateDirectories: true)
        try NPY.write([1, 2], shape: [2], to: scratch("runs/c.npy"))
        // A link to the folder itself must not be followed for ever.
        try FileManager.default.createSymbolicLink(atPath: scratch("runs/up"), withDestinationPath: scratch.path)
        #expect(try FileListing([scratch.path]).rows.map(\.name) == ["a", "b", "c"])
        #expect(try FileListing([scratch("runs/up")]).rows.map(\.name) == ["a", "b", "c"])
        #expect(try FileListing([fixture("cifar-binary")]).rows.count == 4)
    }
}
