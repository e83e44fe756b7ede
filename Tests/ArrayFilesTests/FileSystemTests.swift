import ArrayFiles
import Foundation
import TestSupport
import Testing

@Suite struct FileSystemTests {
    @Test func `files, folders and devices are told apart through links, which may lead nowhere`() throws {
        let scratch = try Scratch()
        try scratch("file", holding: [1])
        for (link, target) in [("to file", "file"), ("to folder", "."), ("to nothing", "nothing"), ("loop", "loop")] {
            try FileManager.default.createSymbolicLink(atPath: scratch(link), withDestinationPath: target)
        }
        #expect(FileSystem.kind(of: scratch("file")) == .file)
        #expect(FileSystem.kind(of: scratch.path) == .folder)
        #expect(FileSystem.kind(of: "/dev/null") == .other)
        #expect(FileSystem.kind(of: scratch("to file")) == .file)
        #expect(FileSystem.kind(of: scratch("to folder")) == .folder)
        for nothing in ["to nothing", "loop", "missing", "file/below", ""] {
            #expect(FileSystem.kind(of: nothing.isEmpty ? "" : scratch(nothing)) == nil)
        }
    }

    @Test func `a file is the same by all its paths, and another is not`() throws {
        let scratch = try Scratch()
        try scratch("file", holding: [1])
        try scratch("copy", holding: [1])
        try FileManager.default.createSymbolicLink(atPath: scratch("link"), withDestinationPath: "file")
        try FileManager.default.linkItem(atPath: scratch("file"), toPath: scratch("hard link"))
        let identity = try #require(FileSystem.identity(of: scratch("file")))
        for path in ["link", "hard link", "./file"] { #expect(FileSystem.identity(of: scratch(path)) == identity) }
        #expect(FileSystem.identity(of: scratch("copy")) != identity)
        #expect(FileSystem.identity(of: scratch("missing")) == nil)
    }

    @Test func `the entries of a folder are all its names, whatever they contain`() throws {
        let scratch = try Scratch()
        let names: Set = [
            ".hidden", "a b", "ä", "new\nline", "run_1", "run_10", "..two", String(repeating: "x", count: 255),
        ]
        for name in names { try scratch(name, holding: [1]) }
        #expect(Set(try FileSystem.entries(of: scratch.path)) == names)
        #expect(try FileSystem.entries(of: scratch.path).count == names.count)
    }

    @Test func `a folder that cannot be listed has the system's reason`() throws {
        let scratch = try Scratch()
        try scratch("file", holding: [1])
        try FileManager.default.createSymbolicLink(atPath: scratch("loop"), withDestinationPath: "loop")
        let long = scratch(String(repeating: "x", count: 256))
        for (path, reason) in [
            (scratch("missing"), "no such file"), (scratch("loop"), "Too many levels of symbolic links"),
            (long, "File name too long"),
        ] {
            let error = try #require(try refusal(ArrayFileError.self) { try FileSystem.entries(of: path) })
            #expect(error.path == path)
            #expect(error.reason.contains(reason), "\(error)")
        }
    }

    @Test func `a path has one slash between folder and name`() {
        #expect(FileSystem.joined("a", "b") == "a/b")
        #expect(FileSystem.joined("a/", "b") == "a/b")
        #expect(FileSystem.joined("/", "b") == "/b")
        #expect(FileSystem.joined("", "b") == "b")
    }

    @Test func `natural order counts numbers and is total`() {
        let names = [
            "", "0", "00", "1", "01", "1a", "2", "10", "18446744073709551616", "18446744073709551617", "Run", "run",
            "run_2", "run_02", "run_002", "run_2.npy", "run_2.pt", "run_10.npy", "run_10/a1", "run_10/a02",
            "run_10/a2b", "run_10/a10", "run_a", "é", "日2", "日10",
        ]
        let expected = names.sorted { $0.precedesNaturally($1) }
        for (i, one) in expected.enumerated() {
            for (j, two) in expected.enumerated() {
                #expect(one.precedesNaturally(two) == (i < j), "\(one) and \(two)")
            }
        }
        for (one, two) in [
            ("run_2", "run_10"), ("seed_9/logits.npy", "seed_10/logits.npy"), ("run_02", "run_2"), ("run_2", "run_02a"),
            ("18446744073709551616", "18446744073709551617"), ("9", "10000000000000000000000000"), ("a", "a0"),
            ("1", "a"), ("-1", "1"), ("1.9", "1.10"), ("00", "1"), ("日2", "日10"), ("z", "é"),
        ] {
            #expect(one.precedesNaturally(two), "\(one) before \(two)")
            #expect(!two.precedesNaturally(one), "\(one) before \(two)")
        }
    }

    @Test func `twenty thousand long names are sorted at once`() {
        let names = (0..<20_000).map { "experiment-with-a-long-name/seed_\($0 &* 48_271 % 20_000)/logits_train.npy" }
        let start = ContinuousClock.now
        let sorted = names.sorted { $0.precedesNaturally($1) }
        #expect(ContinuousClock.now - start < .seconds(20))
        #expect(sorted == (0..<20_000).map { "experiment-with-a-long-name/seed_\($0)/logits_train.npy" })
    }
}
