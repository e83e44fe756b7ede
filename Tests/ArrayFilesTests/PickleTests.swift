import ArrayFiles
import Foundation
import Testing
import TestSupport
import UserMessages

/// A pickle is data: whatever it asks for, nothing is run.
@Suite struct PickleTests {
    /// A `.pt` file, built byte by byte, with `pickle` for its data.pkl and 16 bytes in storage 0.
    private func torchFile(_ pickle: [UInt8]) -> [UInt8] {
        Archives.zip([("x/data.pkl", pickle), ("x/data/0", [UInt8](repeating: 0, count: 16))])
    }

    /// A tensor, as PyTorch pickles one: a view of `elements` floats of storage 0.
    private func tensor(elements: String = "K\u{4}", offset: String, size: String, stride: String) -> [UInt8] {
        let code = Self.code
        return [0x80, 2] + code("ctorch._utils\n_rebuild_tensor_v2\n((X\u{7}\0\0\0storagectorch\nFloatStorage\n")
            + code("X\u{1}\0\0\00X\u{3}\0\0\0cpu\(elements)tQ\(offset)(\(size)t(\(stride)t\u{89}")
            + code("ccollections\nOrderedDict\n)RtR.")
    }

    private func refusal(_ pickle: [UInt8]) throws -> ArrayFileError? {
        try error("x.pt", torchFile(pickle))
    }

    /// The reasons why entries of a file are not read.
    private func unread(_ name: String, _ contents: [UInt8]) throws -> [String] {
        let scratch = try Scratch()
        return try ArrayFile(scratch(name, holding: contents)).root.leaves.compactMap {
            if case .unread(let reason) = $0.value { reason } else { nil }
        }
    }

    @Test func `a call of any other function is not run, and only shown`() throws {
        let scratch = try Scratch()
        let witness = scratch("witness")
        for (module, function) in [("os", "system"), ("posix", "system"), ("builtins", "eval")] {
            let command = "touch \(witness)"
            let pickle: [UInt8] =
                [0x80, 2] + "c\(module)\n\(function)\nX".utf8 + [UInt8(command.utf8.count), 0, 0, 0]
                + command.utf8 + [0x85] + "R.".utf8
            #expect(
                try unread("x.pt", torchFile(pickle)) == ["the result of \(module).\(function), which is not read"])
            #expect(!FileManager.default.fileExists(atPath: witness))
        }
    }

    @Test func `a function named on the stack is not run either`() throws {
        let pickle: [UInt8] = [0x80, 4, 0x8c, 2] + "os".utf8 + [0x8c, 6] + "system".utf8 + [0x93] + ".".utf8
        for name in ["x.pt", "batch"] {
            let contents = name == "batch" ? pickle : torchFile(pickle)
            #expect(try unread(name, contents) == ["the name os.system, which is not read"])
        }
    }

    @Test(arguments: [
        "\u{8f}(K\u{1}\u{90}", "(K\u{1}\u{91}", "\u{82}\u{1}", "\u{83}\u{1}\u{1}", "\u{84}\u{1}\0\0\0", "NQ",
        "Pid\n", "\u{97}", "\u{97}\u{98}", "(im\nC\n", "(cm\nC\no", "cm\nC\n)R", "cm\nC\n)\u{81}",
        "cm\nC\n)}\u{92}", "cm\nC\n)\u{81}K\u{1}a", "cm\nC\n)\u{81}(K\u{1}e", "cm\nC\n)\u{81}K\u{1}K\u{2}s",
        "cm\nC\n)\u{81}(K\u{1}\u{90}", "cm\nC\n)\u{81}Nb", "cm\nC\n)\u{81}}b", "cm\nC\n)R)R", "cm\nC\nNb",
        "cm\nf\n)R}b",
    ])
    func `an object made in any way is an entry that is not read, and one beside it is read`(object: String) throws {
        let pickle = "}(X\u{1}\0\0\0a\(object)X\u{1}\0\0\0b](K\u{1}K\u{2}eu."
        let scratch = try Scratch()
        let path = try scratch("x.pkl", holding: [0x80, 4] + pickle.unicodeScalars.map { UInt8($0.value) })
        let found = try outline(of: path)
        #expect(found["a"]?.isEmpty == false && found["b"] == "int64 [2]", "\(found)")
    }

    @Test func `an instruction that no pickle has is refused`() throws {
        #expect(try refusal([0x80, 4, 0xff, 0x2e])?.reason.contains("not a pickle opcode") == true)
    }

    @Test func `a file of joblib, whose arrays lie between instructions, is refused by that name`() throws {
        let pickle: [UInt8] = [0x80, 4] + "cjoblib.numpy_pickle\nNumpyArrayWrapper\n)".utf8 + [0x81, 0x7d, 0x62, 0xff]
        #expect(try error("x.pkl", pickle)?.reason.contains("joblib.dump") == true)
    }

    @Test func `a storage of an unknown kind is not read`() throws {
        let pickle: [UInt8] = [0x80, 2] + "ctorch\nComplexFloatStorage\n.".utf8
        #expect(try unread("x.pt", torchFile(pickle)) == ["the name torch.ComplexFloatStorage, which is not read"])
    }

    @Test func `foreign objects that refer to each other without end are only shown`() throws {
        // Each of 40 objects holds the one before it twice; another holds itself.
        let made: [UInt8] = [0x80, 4] + "cm\nC\n)".utf8 + [0x81, 0x94]
        var doubling = made
        for place in 0..<UInt8(40) {
            doubling += [UInt8]("0cm\nC\n)".utf8)
            doubling += [0x81, 0x94, 0x28, 0x68, place, 0x68, place, 0x65]
        }
        #expect(try unread("x.pkl", doubling + [0x2e]) == ["an object of class m.C, which is not read"])
        let ring = [UInt8]("}(X\u{1}\0\0\0ah\0ub.".utf8)
        #expect(try unread("x.pkl", made + ring) == ["an object of class m.C, which is not read"])
    }

    @Test func `numbers that a small file repeats without end are refused`() throws {
        // A list of 10,000 times one list of 10,000 numbers.
        var pickle: [UInt8] = [0x80, 4, 0x5d, 0x28]
        for _ in 0..<10_000 { pickle += [0x4b, 1] }
        pickle += [0x65, 0x94, 0x30, 0x5d, 0x28]
        for _ in 0..<10_000 { pickle += [0x68, 0] }
        #expect(try error("x.pkl", pickle + [0x65, 0x2e])?.reason.contains("too much for a file") == true)
    }

    /// A text of 4,000 characters under number 1 of the memo, and no longer on the stack.
    private static let longText =
        code("X\u{a0}\u{f}\0\0") + [UInt8](repeating: UInt8(ascii: "k"), count: 4000) + code("q\u{1}0")

    /// The bytes of instructions, one for each character below 256.
    private static func code(_ text: String) -> [UInt8] { text.unicodeScalars.map { UInt8($0.value) } }

    private static func repeated(_ instructions: String, _ count: Int) -> [UInt8] {
        Array(repeatElement(code(instructions), count: count).joined())
    }

    /// Pickles that make a lot of little; by name, since arguments of tests are printed.
    private static let repetitions = [
        "keys": keys, "keys around": keysAround, "functions": functions, "contents": contents, "encoded": encoded,
    ]
    private static let keys = longText + code("}(") + repeated("h\u{1}N", 50_000) + code("u.")
    private static let keysAround =
        longText + code("}h\u{1}}h\u{1}}h\u{1}](") + repeated("NK\u{1}", 10_000) + code("esss.")
    private static let functions = longText + code("(") + repeated("h\u{1}h\u{1}\u{93}", 50_000) + code("l.")
    private static let contents =
        code("(") + repeated("N", 20_000) + code("lq\u{1}ccopyreg\n_reconstructor\nq\u{2}cm\nC\nq\u{3}")
        + code("cbuiltins\nlist\nq\u{4}(") + repeated("h\u{2}h\u{3}h\u{4}h\u{1}\u{87}RNa", 500) + code("l.")
    private static let encoded =
        code("X\u{40}\u{42}\u{f}\0") + [UInt8](repeating: UInt8(ascii: "k"), count: 1_000_000)
        + code("q\u{1}c_codecs\nencode\nq\u{2}X\u{6}\0\0\0latin1q\u{3}(")
        + repeated("h\u{2}h\u{1}h\u{3}\u{86}R", 1000) + code("l.")

    @Test(arguments: repetitions.keys.sorted())
    func `what a pickle repeats is charged as often as it is made`(name: String) throws {
        let pickle = try #require(Self.repetitions[name])
        #expect(try refusal(pickle)?.reason.contains("too much for a file") == true)
    }

    @Test func `a call that makes a call that makes a call is not followed`() throws {
        let pickle =
            Self.code("ccopyreg\n__newobj__\nq\u{2}(") + Self.repeated("h\u{2}", 100_000) + Self.code("tR.")
        #expect(
            try unread("x.pt", torchFile(pickle)) == ["the result of copyreg.__newobj__, which is not read"])
    }

    @Test func `a pickle that inflates to more than its file can need is refused`() throws {
        // 8 million objects in a few kilobytes, as numpy.savez_compressed writes them.
        #expect(try error("x.npz", bytes(of: "inflates.npz"))?.reason.contains("too much for a file") == true)
    }

    @Test func `an empty tensor may have any strides`() throws {
        let scratch = try Scratch()
        let huge = "\u{8a}\u{8}\u{ff}\u{ff}\u{ff}\u{ff}\u{ff}\u{ff}\u{ff}\u{7f}"
        let path = try scratch(
            "x.pt", holding: torchFile(tensor(offset: "K\0", size: "K\u{5}K\0", stride: "\(huge)K\u{1}")))
        let empty = try #require(try ArrayFile.open(path).first)
        #expect(try empty[2..<4].values() == [])
        #expect(try empty[4].values() == [])
    }

    @Test func `a view that leaves its storage is refused`() throws {
        let last = "J\u{ff}\u{ff}\u{ff}\u{7f}"
        let huge = "\u{8a}\u{8}\u{ff}\u{ff}\u{ff}\u{ff}\u{ff}\u{ff}\u{ff}\u{7f}"
        let negative = "J\u{ff}\u{ff}\u{ff}\u{ff}"
        #expect(try refusal(tensor(offset: "K\0", size: "K\u{4}", stride: "K\u{1}")) == nil)
        #expect(try refusal(tensor(offset: "K\u{1}", size: "K\u{3}", stride: "K\u{1}")) == nil)
        #expect(try refusal(tensor(offset: "K\0", size: "K\u{2}K\u{2}", stride: "K\u{1}K\u{2}")) == nil)
        for (offset, size, stride) in [
            ("K\u{1}", "K\u{4}", "K\u{1}"), ("K\0", "K\u{5}", "K\u{1}"), ("K\0", "K\u{2}", "K\u{4}"),
            ("K\0", "K\u{2}K\u{2}", "K\u{2}K\u{3}"), (negative, "K\u{4}", "K\u{1}"), ("K\0", "K\u{4}", negative),
            ("K\0", negative, "K\u{1}"), (huge, "K\u{1}", "K\u{1}"), ("K\0", huge, huge), ("K\0", huge, "K\0"),
            ("K\0", "K\u{4}", ""), ("K\0", last + last + last, "K\0K\0K\0"),
        ] {
            #expect(
                try refusal(tensor(offset: offset, size: size, stride: stride))?.tensor == "x",
                "offset \(offset), size \(size), stride \(stride)")
        }
    }

    @Test func `a storage that claims more than the file holds is refused`() throws {
        #expect(
            try refusal(tensor(elements: "K\u{5}", offset: "K\0", size: "K\u{4}", stride: "K\u{1}"))?.reason
                .contains("with 16 bytes") == true)
    }

    @Test func `lists nested too deep, in themselves or exponentially are refused`() throws {
        // A million lists, each in the next; a list in itself; a tree of 2^40 leaves in 40 pairs.
        let deep =
            [UInt8](repeating: UInt8(ascii: "]"), count: 1_000_000)
            + [UInt8](repeating: UInt8(ascii: "a"), count: 999_999) + [UInt8(ascii: ".")]
        #expect(try refusal(deep)?.reason.contains("nested too deep") == true)
        #expect(try refusal([UInt8]("]q\0h\0a.".utf8))?.reason.contains("nested too deep") == true)
        var tree: [UInt8] = [UInt8](")".utf8)
        for _ in 0..<40 { tree += [UInt8]("2".utf8) + [0x86] }
        #expect(try refusal(tree + [UInt8](".".utf8))?.reason.contains("too much for a file") == true)
    }

    @Test(arguments: ["", ".", "t.", "R.", "a.", "h\u{5}.", "(", "0.", "(0.", "]s.", "K", "X", "}K\u{1}s.", "b.", "Q."])
    func `a malformed pickle is refused`(pickle: String) throws {
        #expect(try refusal([UInt8](pickle.utf8))?.exitCode.rawValue == 65)
    }

    @Test func `the old PyTorch format is refused with the advice to save it again`() throws {
        #expect(try error("legacy.pt", try bytes(of: "legacy.pt"))?.reason.contains("torch.save it again") == true)
    }
}
