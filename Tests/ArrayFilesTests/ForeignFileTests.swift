import ArrayFiles
import Foundation
import TestSupport
import Testing

/// Files in formats that are not read say what they are and what to type.
@Suite struct ForeignFileTests {
    private static let tar =
        [UInt8](repeating: 0, count: 257) + Array("ustar\0".utf8) + [UInt8](repeating: 0, count: 512)

    /// Name, first bytes, and what is said.
    static let files: [(String, [UInt8], [String])] = [
        (
            "log.pt", Array("version https://git-lfs.github.com/spec/v1\noid sha256:1\n".utf8),
            ["git-lfs", "git lfs pull"]
        ),
        ("log.pt", Array("\n <!DOCTYPE html><html>".utf8), ["web page", "download"]),
        ("logits.npy", Array("<html><head>".utf8), ["web page", "download"]),
        ("logits.npy", Array("<?xml version=\"1.0\"?><Error>".utf8), ["XML", "download"]),
        ("logits.npy.bz2", Array("BZh91AY".utf8), ["bzip2", "bzip2 -dc ", "logits.npy.bz2 > ", "/logits.npy"]),
        ("log.pt", [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0], ["xz -dc", "log.pt.unpacked"]),
        ("log.pt.zst", [0x28, 0xb5, 0x2f, 0xfd, 0], ["zstd -dc"]),
        ("runs.tar", tar, ["tar archive", "tar xf"]),
        ("runs.tar.xz", [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0], ["tar archive", "tar xf"]),
        (
            "a.h5", [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a, 0],
            ["HDF5", "h5py.File('", "numpy.save('logits.npy', "]
        ),
        ("a.mat", Array("MATLAB 5.0 MAT-file, Platform".utf8) + [0], ["MATLAB", "scipy.io.loadmat('"]),
        ("a.mat", Array("MATLAB 7.3 MAT-file".utf8) + [0], ["MATLAB 7.3", "h5py.File('", ".T)"]),
        ("a.parquet", Array("PAR1".utf8) + [0x15, 0], ["Parquet", "pandas.read_parquet('"]),
        ("a.feather", Array("ARROW1".utf8) + [0, 0], ["Feather", "pandas.read_feather('"]),
        ("a.json", Array("{\"logits\": [[1, 2]]}".utf8), ["JSON", "json.load(open('", "))['logits'])"]),
        ("a.json", Array("[[1, 2]]".utf8), ["JSON", "json.load(open('"]),
        ("a.csv", Array("1.5,2\n3,4\n".utf8), ["text", "numpy.loadtxt('", "a.csv', delimiter=',')"]),
        ("a.tsv", Array("label\tp\n3\t4\n".utf8), ["text", "delimiter='\\t', skiprows=1)"]),
        ("a.dat", Array("1 2\n3 4\n".utf8), ["text", "a.dat'))"]),
        ("a.dat", Array("(dp0\nVlogits\n".utf8), ["protocol 0", "pickle.load(open('"]),
    ]

    @Test(arguments: files)
    func `what a file is, and what to type`(name: String, bytes: [UInt8], words: [String]) throws {
        let error = try #require(try error(name, bytes))
        #expect(error.exitCode.rawValue == 65)
        for word in words { #expect(error.description.contains(word), "\(error)") }
        #expect(!error.description.contains("\n"))
    }

    @Test func `a compressed array, a compressed tar archive and a text of many bytes`() throws {
        let scratch = try Scratch()
        try scratch("logits.npy", holding: try bytes(of: "grid_f4.npy"))
        try scratch("runs.tar", holding: Self.tar)
        try scratch("it's.csv", holding: Array(String(repeating: "0.25,é\n", count: 2_000).utf8))
        for name in ["logits.npy", "runs.tar"] {
            let gzip = Process()
            gzip.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            gzip.arguments = ["gzip", scratch(name)]
            try gzip.run()
            gzip.waitUntilExit()
        }
        for (name, words) in [
            ("logits.npy.gz", "is compressed by gzip: gzip -dc \(scratch("logits.npy.gz")) > \(scratch("logits.npy"))"),
            ("runs.tar.gz", "tar xf \(scratch("runs.tar.gz"))"), ("it's.csv", "it\\'s.csv', delimiter=',')"),
        ] {
            let error = try #require(try refusal(ArrayFileError.self) { try ArrayFile.open(scratch(name)) })
            #expect(error.reason.contains(words), "\(error)")
        }
    }

    @Test func `a zip archive of files is unpacked first, and one of numpy is read`() throws {
        let whole = try bytes(of: "stored.npz")
        #expect(try error("z.zip", whole) == nil)
        let scratch = try Scratch()
        let python = try Python.run(
            """
            import sys, zipfile
            for name, members in [("z.zip", ["ens/logits.npy", "ens/labels.npy"]), ("pt.zip", ["a.pt"]),
                    ("keys.npz", ["a/logits.npy"])]:
                with zipfile.ZipFile(sys.argv[1] + "/" + name, "w") as archive:
                    for member in members: archive.write(sys.argv[2], member)
            """, scratch.path, fixture("grid_f4.npy"))
        try #require(python.status == 0)
        #expect(try ArrayFile.open(scratch("keys.npz")).map(\.name) == ["a/logits"])
        for (name, member) in [("z.zip", "ens/logits.npy, ens/labels.npy"), ("pt.zip", "a.pt")] {
            let error = try #require(try refusal(ArrayFileError.self) { try ArrayFile.open(scratch(name)) })
            #expect(error.reason.contains(member) && error.reason.contains("unzip \(scratch(name))"), "\(error)")
        }
    }
}
