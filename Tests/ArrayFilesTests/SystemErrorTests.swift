import ArrayFiles
import Foundation
import TestSupport
import Testing

/// What the system refuses is refused with the system's reason.
@Suite struct SystemErrorTests {
    /// Paths that nobody can use, not even root, and the reason.
    private func hopeless(_ scratch: Scratch) throws -> [(path: String, reason: String)] {
        try scratch("file", holding: [1])
        try FileManager.default.createSymbolicLink(atPath: scratch("loop"), withDestinationPath: "loop")
        return [
            (scratch("file/below"), "a part of its path is a file, not a folder"),
            (scratch("loop/below"), "Too many levels of symbolic links"),
            (scratch(String(repeating: "x", count: 300)), "File name too long"),
        ]
    }

    @Test func `what cannot be read`() throws {
        let scratch = try Scratch()
        for (path, reason) in try hopeless(scratch) {
            for read in [{ _ = try ArrayFile.open(path) }, { _ = try FileSystem.existingKind(of: path) }] {
                let error = try #require(try refusal(ArrayFileError.self) { try read() })
                #expect(error.path == path && error.reason.contains(reason), "\(error)")
            }
            #expect(FileSystem.kind(of: path) == nil)
        }
        #expect(
            try refusal(ArrayFileError.self) { try FileSystem.contents(of: scratch.path) }?.reason.contains("folder")
                == true)
        #expect(try FileSystem.contents(of: scratch("missing")) == nil)
        #expect(try FileSystem.contents(of: scratch("file")) == Data([1]))
    }

    @Test func `what cannot be written`() throws {
        let scratch = try Scratch()
        for (path, reason) in try hopeless(scratch) {
            for write in [
                { try AtomicFile.write("text", to: path) },
                { _ = try NPYWriter(creating: path, elementType: .float32, shape: [1]) },
                { try AtomicFile.makeFolder(path) },
                { _ = try FolderClaim(path) },
            ] {
                let error = try #require(try refusal(ArrayFileError.self) { try write() })
                #expect(error.exitCode.rawValue == 73)
                #expect(error.path == path && error.reason.contains(reason), "\(error)")
            }
        }
    }

    @Test func `a folder is made with those above it, or says what is in the way`() throws {
        let scratch = try Scratch()
        try AtomicFile.makeFolder(scratch("a/b//c/"))
        try AtomicFile.makeFolder(scratch("a/b"))
        #expect(FileSystem.kind(of: scratch("a/b/c")) == .folder)
        try scratch("file", holding: [1])
        try FileManager.default.createSymbolicLink(atPath: scratch("link"), withDestinationPath: "nothing")
        for (path, reason) in [
            ("file", "cannot make this folder: a file is there"),
            ("link", "cannot make this folder: a link to nothing"),
            ("file/x/y", "a part of its path is a file"), ("link/x", "link: a link to nothing is there"),
        ] {
            let error = try #require(try refusal(ArrayFileError.self) { try AtomicFile.makeFolder(scratch(path)) })
            #expect(error.reason.contains(reason), "\(error)")
        }
        #expect(throws: ArrayFileError.self) { try AtomicFile.makeFolder("") }
    }
}
