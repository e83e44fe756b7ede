import ArrayFiles
import Foundation
import Testing
import TestSupport
import UserMessages

/// Damaged and hostile files end in one clear error, whatever they claim.
@Suite struct DamageTests {
    @Test(arguments: [
        "grid_f4.npy", "stored.npz", "deflated.npz", "zip64.npz", "tensors.pt", "deflated.pt", "tensors.safetensors",
        "images-idx3-ubyte", "images-idx3-ubyte.gz", "cifar-pickled/data_batch_2", "results0.pkl", "results4.pkl",
        "objects.npz", "words.npy", "names.npy",
    ])
    func `a file cut short is refused in one line with its name`(file: String) throws {
        let whole = try bytes(of: file)
        let name = URL(fileURLWithPath: file).lastPathComponent
        for length in [0, whole.count / 4, whole.count / 2, whole.count * 3 / 4, whole.count - 1] {
            let error = try #require(try error(name, Array(whole[..<length])), "\(file) cut to \(length) bytes")
            #expect(error.exitCode.rawValue == 65)
            #expect(error.description.contains(name))
            #expect(!error.description.contains("\n"))
        }
    }

    @Test func `a CIFAR batch that ends within a record is refused`() throws {
        // A batch has no count: only a record that is cut shows.
        let whole = try bytes(of: "cifar-binary/data_batch_1.bin")
        for length in [0, whole.count / 4, whole.count * 3 / 4, whole.count - 1] {
            #expect(try error("data_batch_1.bin", Array(whole[..<length]))?.exitCode.rawValue == 65)
        }
        #expect(try error("data_batch_1.bin", Array(whole[..<3073])) == nil)
    }

    @Test func `a missing file is not found, and a folder or a pipe cannot be read`() throws {
        #expect(throws: ArrayFileError.notFound("/no/such/file.npy")) { try ArrayFile.open("/no/such/file.npy") }
        #expect(ArrayFileError.notFound("x").exitCode.rawValue == 66)
        let scratch = try Scratch()
        #expect(throws: ArrayFileError.self) { try ArrayFile.open(scratch.path) }
        let pipe = scratch("pipe.npy")
        #expect(mkfifo(pipe, 0o600) == 0)
        let error = #expect(throws: ArrayFileError.self) { try ArrayFile.open(pipe) }
        #expect(error?.exitCode.rawValue == 74)
    }

    // MARK: .npy

    private func npy(_ header: String, data: Int = 64) -> [UInt8] {
        let length = UInt16(header.utf8.count)
        return [0x93] + "NUMPY".utf8 + [1, 0, UInt8(length & 0xff), UInt8(length >> 8)] + header.utf8
            + [UInt8](repeating: 0, count: data)
    }

    @Test(arguments: [
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1152921504606846976,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296, 4294967296)}",
        "{'descr': '<f4', 'fortran_order': True, 'shape': (4294967296, 4294967296, 4294967296)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (0, 4294967296, 4294967296, 4294967296)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (-1, 4)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (-2, -4)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (17,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': 4}",
        "{'descr': '<f4', 'fortran_order': 1, 'shape': (4,)}",
        "{'descr': '|O', 'fortran_order': False, 'shape': (4,)}",
        "{'descr': '<U4', 'fortran_order': False, 'shape': (5,)}",
        "{'descr': '<U4611686018427387904', 'fortran_order': False, 'shape': (4,)}",
        "{'descr': '|S4611686018427387904', 'fortran_order': False, 'shape': (4,)}",
        "{'descr': '|S16', 'fortran_order': False, 'shape': (1152921504606846976,)}",
        "{'descr': '|S16', 'fortran_order': True, 'shape': (4294967296, 4294967296)}",
        "{'descr': '<f4', 'fortran_order': False}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': ((((((((((((",
        "{'descr': '<f4",
        "",
    ])
    func `an npy header that does not fit its file is refused`(header: String) throws {
        #expect(try error("x.npy", npy(header))?.exitCode.rawValue == 65)
    }

    @Test func `an npy file exactly as long as its header says is read`() throws {
        #expect(try error("x.npy", npy("{'descr': '<f4', 'fortran_order': False, 'shape': (16,)}")) == nil)
    }

    @Test func `an npy header longer than its file is refused`() throws {
        var file = npy("{'descr': '<f4', 'fortran_order': False, 'shape': (4,)}")
        file[6] = 2
        #expect(try error("x.npy", file)?.exitCode.rawValue == 65)
    }

    // MARK: .safetensors

    private func safetensors(_ header: String, data: Int = 16, length: UInt64? = nil) -> [UInt8] {
        withUnsafeBytes(of: (length ?? UInt64(header.utf8.count)).littleEndian) { [UInt8]($0) } + header.utf8
            + [UInt8](repeating: 0, count: data)
    }

    @Test(arguments: [
        #"{"a": {"dtype": "F32", "shape": [1152921504606846976], "data_offsets": [0, 16]}}"#,
        #"{"a": {"dtype": "F32", "shape": [4], "data_offsets": [0, 4611686018427387904]}}"#,
        #"{"a": {"dtype": "F32", "shape": [4], "data_offsets": [-16, 0]}}"#,
        #"{"a": {"dtype": "F32", "shape": [-4], "data_offsets": [0, 16]}}"#,
        #"{"a": {"dtype": "F32", "shape": [4], "data_offsets": [16, 0]}}"#,
        #"{"a": {"dtype": "F32", "shape": [3], "data_offsets": [0, 16]}}"#,
        #"{"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}"#,
        #"{"a": {"dtype": "F32", "shape": [2], "data_offsets": [8, 16]}}"#,
        #"{"a": {"dtype": "F32", "shape": [3], "data_offsets": [0, 12]}, "#
            + #""b": {"dtype": "F32", "shape": [2], "data_offsets": [8, 16]}}"#,
        #"{"a": {"dtype": "F8_E4M3", "shape": [16], "data_offsets": [0, 17]}}"#,
        #"{"a": {"dtype": "F8_E4M3", "shape": [16], "data_offsets": [0, 8]}}"#,
        #"{"a": {"dtype": "F32", "shape": [4.5], "data_offsets": [0, 16]}}"#,
        #"{"a": {"dtype": "F32", "shape": [4]}}"#,
        #"{"a": 1}"#,
        #"{"a": "#,
    ])
    func `a safetensors header that does not fit its file is refused`(header: String) throws {
        #expect(try error("x.safetensors", safetensors(header))?.exitCode.rawValue == 65)
    }

    @Test func `a safetensors header that would end beyond its file is refused`() throws {
        let header = #"{"a": {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}}"#
        #expect(try error("x.safetensors", safetensors(header)) == nil)
        for length in [UInt64(1000), 1 << 40, .max] {
            #expect(try error("x.safetensors", safetensors(header, length: length))?.exitCode.rawValue == 65)
        }
    }

    // MARK: zip

    @Test func `a deflated array with a wrong checksum is refused`() throws {
        var file = try bytes(of: "deflated.npz")
        // The CRC-32 of the first entry of the central directory.
        let entry = try #require(place(of: [0x50, 0x4b, 1, 2], in: file))
        file[entry + 16] ^= 1
        #expect(try error("x.npz", file)?.reason.contains("CRC-32") == true)
    }

    @Test func `a deflated array cannot claim more bytes than deflate can hold`() throws {
        var file = try bytes(of: "deflated.npz")
        let entry = try #require(place(of: [0x50, 0x4b, 1, 2], in: file))
        for byte in 24..<28 { file[entry + byte] = 0x7f }
        #expect(try error("x.npz", file)?.reason.contains("more than") == true)
    }

    @Test func `members of an archive that share their bytes are refused`() throws {
        var file = try bytes(of: "stored.npz")
        // The first member is said to be longer than it is, by a header of the second.
        let entry = try #require(place(of: [0x50, 0x4b, 1, 2], in: file))
        for size in [20, 24] { file[entry + size] += 64 }
        #expect(try error("x.npz", file)?.reason.contains("overlap") == true)
    }

    @Test func `two members of one name are refused`() throws {
        var file = try bytes(of: "stored.npz")
        // In the directory and at the member itself.
        for place in file.indices where file[place...].starts(with: "labels.npy".utf8) {
            file.replaceSubrange(place..<place + 10, with: "logits.npy".utf8)
        }
        #expect(try error("x.npz", file)?.description.contains("is there twice") == true)
    }

    @Test func `a member that is called otherwise where its bytes are is refused`() throws {
        var file = try bytes(of: "stored.npz")
        let entry = try #require(place(of: [0x50, 0x4b, 1, 2], in: file))
        file[entry + 46] = UInt8(ascii: "z")
        #expect(try error("x.npz", file)?.reason.contains("a different name in its local header") == true)
    }

    @Test func `a folder of batches is verified with all that lies in it`() throws {
        let scratch = try Scratch()
        for name in ["data_batch_1.bin", "test_batch.bin"] {
            try scratch(name, holding: bytes(of: "cifar-binary/\(name)"))
        }
        try scratch("readme.html", holding: Array("<html>".utf8))
        let verified = try #require(try FileListing([scratch.path], verifies: true).verified)
        #expect(verified.files == 3 && verified.damaged == 0 && verified.checksums == 0)
    }

    @Test func `a tensor that a safetensors header describes twice is refused`() throws {
        let tensor = #""a": {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}"#
        #expect(try error("x.safetensors", safetensors("{\(tensor), \(tensor)}"))?.reason.contains("twice") == true)
        let extents = #"{"a": {"dtype": "F32", "shape": [4], "shape": [4], "data_offsets": [0, 16]}}"#
        #expect(try error("x.safetensors", safetensors(extents))?.reason.contains("twice") == true)
    }

    @Test func `names with escapes and metadata of any kind are read from a safetensors header`() throws {
        let scratch = try Scratch()
        let header =
            #" { "__metadata__" : { "a" : [ 1.5e3 , true , null , { } ] } , "#
            + #""\u00e9\"\\\n" : { "dtype":"F32" , "shape":[ 2 , 2 ] , "more":-1, "data_offsets" : [0,16] } } "#
        let path = try scratch("x.safetensors", holding: safetensors(header))
        #expect(try ArrayFile.open(path).map(\.name) == ["\u{e9}\"\\\n"])
    }

    @Test func `a gzip file with something behind its end is refused, and one with zeros is not`() throws {
        let file = try bytes(of: "images-idx3-ubyte.gz")
        #expect(try error("x.gz", file + [0, 0, 0]) == nil)
        #expect(try error("x.gz", file + [0, 1])?.reason.contains("2 bytes follow the end") == true)
    }

    @Test func `an IDX file that claims more than it holds is refused`() throws {
        // The header claims 2^60 bytes: plain, and as one stored block of gzip.
        let header: [UInt8] = [0, 0, 8, 2, 0x40, 0, 0, 0, 0x40, 0, 0, 0]
        #expect(try error("x.idx", header)?.exitCode.rawValue == 65)
        let block: [UInt8] = [1, 12, 0, 0xf3, 0xff] + header + [0xcd, 0x34, 0x7d, 0xf4, 0x0c, 0x00, 0x00, 0x00]
        #expect(try error("x.idx.gz", [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff] + block)?.place == "header")
        var overflowing: [UInt8] = [0, 0, 0x0e, 4]
        for _ in 0..<4 { overflowing += [0xff, 0xff, 0xff, 0xff] }
        #expect(try error("x.idx", overflowing)?.exitCode.rawValue == 65)
    }

    // MARK: seeded fuzz

    @Test(arguments: [
        "grid_f4.npy", "grid_fortran_big.npy", "stored.npz", "deflated.npz", "zip64.npz", "tensors.pt", "types.pt",
        "deflated.pt", "tensors.safetensors", "images-idx3-ubyte", "images-idx3-ubyte.gz", "cifar-pickled/data_batch_1",
        "cifar-pickled/data_batch_2", "cifar-pickled/test_batch", "python2_batch", "results0.pkl", "results2.pkl",
        "results5.pkl", "results2.pt",
        "foreign.pt", "objects.npz", "words.npy", "names.npy", "torch0.pkl", "torch2.pkl", "torch4.pkl",
    ])
    func `a file with random bytes changed is read or refused, and never crashes the reader`(file: String) throws {
        let whole = try bytes(of: file)
        let name = URL(fileURLWithPath: file).lastPathComponent
        var generator = SeededNumbers(seed: 7)
        let scratch = try Scratch()
        for _ in 0..<400 {
            var damaged = whole
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                // Headers are at the beginning or, in zip archives, at the end.
                let reach = min(whole.count, 600)
                let place = Int.random(in: 0..<reach, using: &generator)
                let fromEnd = Bool.random(using: &generator)
                damaged[fromEnd ? whole.count - 1 - place : place] = UInt8.random(in: 0...255, using: &generator)
            }
            let path = scratch("\(name)")
            try Data(damaged).write(to: URL(fileURLWithPath: path))
            do { try readAll(path) } catch is ArrayFileError {}
        }
    }
}

/// Where `pattern` first occurs.
func place(of pattern: [UInt8], in bytes: [UInt8]) -> Int? {
    (0...max(0, bytes.count - pattern.count)).first { bytes[$0...].starts(with: pattern) }
}
