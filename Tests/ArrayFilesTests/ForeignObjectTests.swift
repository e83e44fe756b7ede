import ArrayFiles
import Foundation
import Testing
import TestSupport

/// What is foreign in a file is an entry that is not read, and stops nothing that is.
@Suite struct ForeignObjectTests {
    private static let pickles = (0..<6).map { "results\($0).pkl" } + ["results2.pt", "results4.pt"]

    @Test(arguments: pickles)
    func `objects of any class lie beside arrays, and those that hold arrays show them`(file: String) throws {
        var found = try outline(of: fixture(file)).filter { $0.key.hasPrefix("foreign.") }
        // Objects with slots are not pickled by protocols 0 and 1.
        if let slots = found.removeValue(forKey: "foreign.slots.values") { #expect(slots == "int64 [3]") }
        func object(_ name: String) -> String { "an object of class \(name), which is not read" }
        func result(_ name: String) -> String { "the result of \(name), which is not read" }
        let expected = [
            "point.0": "int64 [3]", "point.1": "plain", "place": object("__main__.Point"),
            "record.values": "int64 [3]", "record.rate": "plain", "options": object("__main__.Record"),
            "ring.values": "int64 [3]", "ring.self": "an object of class __main__.Record, which holds itself",
            "kind": object("__main__.Kind"), "mapping.values": "int64 [3]", "history.loss": "float64 [2]",
            "counts.a": "plain", "counts.b": "plain", "set": "a set, which is not supported",
            "frozen": "a set, which is not supported", "range": object("builtins.range"),
            "slice": object("builtins.slice"), "complex": object("builtins.complex"),
            "decimal": object("decimal.Decimal"), "fraction": object("fractions.Fraction"),
            "date": object("datetime.date"), "path": object("pathlib.PurePosixPath"), "pattern": result("re._compile"),
            "function": "the name numpy.mean, which is not read",
            "random": result("numpy.random._pickle.__randomstate_ctor"),
            "masked": result("numpy.ma.core._mareconstruct"),
            "dates": "an array of dtype '<M8', which is not read",
            "numbers": "an array of dtype '<c16', which is not read",
            "records": "a structured array, of which each field must be saved for itself to be read",
            "hash": "plain", "keys.None": "plain", "keys.(0, 'acc')": "plain", "keys.1.5": "plain",
            "keys.7": "plain", "keys.True": "plain", "keys.x": "plain",
        ]
        for name in Set(expected.keys).union(found.keys.map { String($0.dropFirst("foreign.".count)) }) {
            #expect(found["foreign." + name] == expected[name], "\(name)")
        }
        #expect(try tensor("logits", in: file).values() == grid)
        #expect(try tensor("labels", in: file).integers() == [0, 1, 2, 3, 0, 1])
        #expect(try tensor("foreign.record.values", in: file).integers() == [0, 1, 2])
    }

    @Test(arguments: pickles)
    func `arrays of numpy in a pickle hold what numpy wrote, in any order of bytes and axes`(file: String) throws {
        for name in ["C<f4", "C>f8", "C<i8", "F<f4", "F>f8", "F<i8", "half", "transposed"] {
            #expect(try tensor("arrays.\(name)", in: file).shape == [3, 4, 5], "\(name)")
            #expect(try tensor("arrays.\(name)", in: file).values() == grid, "\(name)")
        }
        #expect(try tensor("arrays.C>f8", in: file).elementType == .float64)
        let scalar = try tensor("arrays.scalar", in: file)
        #expect(scalar.elementType == .float32 && scalar.shape == [])
        #expect(try scalar.values() == [2.5])
    }

    @Test(arguments: pickles)
    func `lists of numbers are arrays, lists of texts are texts, and others keep their items`(file: String) throws {
        let found = try outline(of: fixture(file)).filter { $0.key.hasPrefix("lists.") }
        #expect(
            found == [
                "lists.integers": "int64 [3]", "lists.reals": "float64 [2]", "lists.both": "float64 [3]",
                "lists.flags": "bool [2]", "lists.tuple": "int64 [2]", "lists.rows": "int64 [3, 2]",
                "lists.ragged.0": "int64 [2]", "lists.ragged.1": "int64 [1]", "lists.scalars": "float64 [2]",
                "lists.texts": #"["cat", "dög"]"#, "lists.strings": #"["cat", "dog"]"#, "lists.mixed.0": "plain",
                "lists.mixed.1": "none", "lists.mixed.2": "plain", "lists.huge.0": "plain", "lists.huge.1": "plain",
                "lists.arrays.0": "int64 [2]", "lists.arrays.1": "int64 [3]", "lists.words": #"["cat", "dög", ""]"#,
                "lists.bytes": #"["cat", "dog"]"#, "lists.objects": "int64 [3]", "lists.table": "int64 [2, 2]",
            ])
        func values(_ name: String) throws -> [Double] { try tensor("lists.\(name)", in: file).values() }
        #expect(try values("integers") == [1, -2, Double(1 << 40)])
        #expect(try values("both") == [1, 1, 2.5])
        #expect(try values("flags") == [1, 0])
        #expect(try values("rows") == [0, 1, 1, 0, 0, 0])
        #expect(try values("scalars") == [1.5, 2])
        #expect(try values("objects") == [3, 1, 2])
        #expect(try values("table") == [1, 2, 3, 4])
        guard case .dictionary(let entries) = try ArrayFile(fixture(file)).root,
            case .dictionary(let lists)? = entries.first(where: { $0.key == "lists" })?.value,
            case .list(let empty)? = lists.first(where: { $0.key == "empty" })?.value
        else { throw Missing() }
        #expect(empty.isEmpty)
    }

    private struct Missing: Error {}

    @Test func `tensors of kinds that are not read say what to save instead, and the others are read`() throws {
        let found = try outline(of: fixture("foreign.pt")).filter { !$0.key.hasPrefix("model.") }
        #expect(
            found == [
                "logits": "float32 [3, 4, 5]", "noted": "float32 [2, 3]", "subclass": "float32 [2, 3]",
                "buffer": "float32 [2, 3]", "negative": "float32 [2, 3]", "negative_integers": "int16 [3]",
                "imaginary": "float32 [3]",
                "complex": "a tensor of torch.ComplexFloatStorage, which is not read",
                "conjugate": "a tensor of torch.ComplexFloatStorage, which is not read",
                "float8": "a tensor of torch.float8_e4m3fn, which is not read",
                "sparse": "a sparse tensor, which is not supported; save tensor.to_dense()",
                "rows": "a sparse tensor, which is not supported; save tensor.to_dense()",
                "quantized": "a quantized tensor, which is not supported; save tensor.dequantize()",
                "meta": "a tensor without numbers (of device meta)",
                "storage": "a storage without a tensor, which is not supported",
                "size": "an object of class torch.Size, which is not read",
                "device": "an object of class torch.device, which is not read",
                "dtype": "the name torch.float32, which is not read",
            ])
        for name in ["noted", "subclass", "buffer"] {
            #expect(try tensor(name, in: "foreign.pt").values() == [0, 1, 2, 3, 4, 5], "\(name)")
        }
        #expect(try tensor("model._parameters.weight", in: "foreign.pt").shape == [2, 3])
    }

    @Test(arguments: ["torch0.pkl", "torch2.pkl", "torch4.pkl"])
    func `tensors that pickle.dump wrote hold what PyTorch holds`(file: String) throws {
        #expect(
            try outline(of: fixture(file)) == [
                "logits": "float32 [3, 4, 5]", "view": "float32 [2, 2, 5]", "half": "float16 [3, 4, 5]",
                "parameter": "float32 [4, 5]", "labels.0": "int64 []", "labels.1": "int64 []",
                "complex": "a tensor of torch.ComplexFloatStorage, which is not read",
            ])
        #expect(try tensor("logits", in: file).values() == grid)
        #expect(try tensor("half", in: file).values() == grid)
        #expect(
            try tensor("view", in: file).values()
                == Array(grid[20..<25] + grid[30..<35] + grid[40..<45] + grid[50..<55]))
        #expect(try tensor("labels.0", in: file).integers() == [3])
    }

    @Test func `a negative view has the signs that PyTorch shows`() throws {
        #expect(try tensor("negative", in: "foreign.pt").values() == [0, -1, -2, -3, -4, -5])
        #expect(try tensor("negative_integers", in: "foreign.pt").integers() == [-1, 2, -3])
        // The imaginary part of the conjugates of 0 + 1i, 2 + 3i and 4 + 5i.
        #expect(try tensor("imaginary", in: "foreign.pt").values() == [-1, -3, -5])
    }

    @Test func `each array of an archive is read for itself, and members that are none are left out`() throws {
        #expect(
            try outline(of: fixture("objects.npz")) == [
                "logits": "float32 [3, 4, 5]", "class_names": #"["cat", "dög"]"#, "bytes": #"["cat"]"#,
                "objects": "int64 [3]", "ragged.0": "int64 [2]", "ragged.1": "int64 [3]",
                "foreign.0": "an object of class __main__.Kind, which is not read",
                "records": "a structured array, of which each field must be saved for itself to be read",
                "complex": "an array of dtype '<c16', which is not read",
            ])
        #expect(try tensor("ragged.1", in: "objects.npz").name == "ragged.1")
    }

    @Test func `an npy file may hold texts or objects`() throws {
        #expect(try outline(of: fixture("words.npy")) == ["": #"["cat", "dög", "a", ""]"#])
        #expect(try outline(of: fixture("names.npy")) == ["": #"["cat", "dog"]"#])
        #expect(try outline(of: fixture("object.npy")) == ["0.a": "plain", "1": "none"])
        #expect(try outline(of: fixture("structured.npy"))[""]?.contains("structured") == true)
    }

    @Test func `a tensor of an unknown type in a safetensors file is the only one not read`() throws {
        let header =
            #"{"a": {"dtype": "F8_E4M3", "shape": [16], "data_offsets": [0, 16]}, "#
            + #""b": {"dtype": "F32", "shape": [2], "data_offsets": [16, 24]}}"#
        let file =
            withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { [UInt8]($0) } + header.utf8
            + [UInt8](repeating: 0, count: 24)
        let scratch = try Scratch()
        #expect(
            try outline(of: scratch("x.safetensors", holding: file)) == [
                "a": "a tensor of F8_E4M3, which is not read", "b": "float32 [2]",
            ])
    }

    @Test func `a tensor or list of numbers that is all of a file is named after it, and items after their places`()
        throws
    {
        #expect(try ArrayFile.open(fixture("single.pt")).map(\.name) == ["single"])
        #expect(try ArrayFile.open(fixture("numbers.pt")).map(\.name) == ["numbers"])
        #expect(try tensor("numbers", in: "numbers.pt").integers() == [3, 1, 2])
        #expect(try ArrayFile.open(fixture("list.pt")).map(\.name) == ["0", "1"])
    }

    @Test func `a TorchScript program is refused as a model`() throws {
        #expect(try error("program.pt", try bytes(of: "program.pt"))?.reason.contains("torch.jit.save") == true)
    }
}
