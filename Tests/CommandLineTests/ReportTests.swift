import ArrayFiles
import Foundation
import Testing
import TestSupport

extension CommandLineTests {
    @Suite struct ReportTests {
        /// The 64 real runs, as a folder with images and features.
        private func ensemble(_ scratch: Scratch, images: Bool = true) throws -> String {
            let folder = scratch("ensemble")
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            for file in ["log.pt", "labels.npy", "labels_train.npy"] {
                try FileManager.default.copyItem(
                    atPath: "\(Fixtures.fashion)/\(file)", toPath: "\(folder)/\(file)")
            }
            guard images else { return folder }
            // What is on them does not matter: every one is another.
            var numbers = SeededNumbers(seed: 1)
            for (name, count) in [("images", 500), ("images_train", 2000)] {
                let pixels = (0..<count * 6 * 6).map { _ in UInt8.random(in: 0...255, using: &numbers) }
                try NPY.write(pixels, shape: [count, 6, 6], to: "\(folder)/\(name).npy")
            }
            return folder
        }

        @Test func `the page and its tables are the same bytes on any number of ranks`() throws {
            let scratch = try Scratch()
            let folder = try ensemble(scratch)
            var expected: [Data] = []
            for ranks in [nil, 2, 3] as [Int?] {
                let outcome = try Program.run(
                    "report", folder, "--out", scratch("page.html"), "--duplicates", "2-9", ranks: ranks)
                try #require(outcome.exitCode == 0, "\(outcome.error)")
                #expect(outcome.output.contains("page.html, tables to \(scratch("page_files"))"))
                let files =
                    [
                        "page.html", "page_files/report.json", "page_files/suspects.csv", "page_files/copies.csv",
                        "page_files/near_duplicates.csv",
                    ]
                    + ["ensemble", "ensemble_train", "kernel", "kernel_train"].map { "page_files/targets_\($0).npy" }
                    + ["", "_train", "_scaled", "_scaled_train"].flatMap { suffix in
                        ["neighbors", "similarities"].map { "page_files/\($0)\(suffix).npy" }
                    } + ["labels.npy", "labels_train.npy", "sources.json"].map { "page_files/\($0)" }
                let written = try files.map { try Data(contentsOf: URL(fileURLWithPath: scratch($0))) }
                if expected.isEmpty { expected = written }
                #expect(written == expected)
            }
            let page = String(decoding: expected[0], as: UTF8.self)
            #expect(!page.contains("http://") || !page.contains("src=\"http"))
            #expect(Set(try FileManager.default.contentsOfDirectory(atPath: scratch("page_files"))).count == 19)
            let (labels, trainLabels) = try (
                ArrayFile.open("\(folder)/labels.npy")[0].integers(),
                ArrayFile.open("\(folder)/labels_train.npy")[0].integers()
            )
            for (name, labels) in [("", labels), ("_train", trainLabels)] {
                for kind in ["ensemble", "kernel"] {
                    let tensor = try ArrayFile.open(scratch("page_files/targets_\(kind)\(name).npy"))[0]
                    #expect(tensor.shape == [labels.count, 10])
                    let targets = try tensor.withContiguousBytes { Array($0.bindMemory(to: Float.self)) }
                    let rows = labels.indices.map { targets[$0 * 10..<($0 + 1) * 10] }
                    #expect(rows.allSatisfy { abs($0.reduce(0, +) - 1) < 1e-5 && $0.allSatisfy { $0 >= 0 } })
                    let right = zip(rows, labels).count { $0.firstIndex(of: $0.max()!)! - $0.startIndex == $1 }
                    #expect(Double(right) > 0.8 * Double(labels.count), "\(kind)\(name): \(right)")
                }
            }
        }

        @Test func `neither a pipe nor the folder of the runs is written into`() throws {
            let scratch = try Scratch()
            try #require(mkfifo(scratch("pipe.html"), 0o600) == 0)
            let piped = try Program.run("report", Fixtures.fashion, "--out", scratch("pipe.html"))
            #expect(piped.exitCode == 73 && piped.error.contains("is a device or a pipe"), "\(piped.error)")
            let folder = try ensemble(scratch, images: false)
            try FileManager.default.moveItem(atPath: folder, toPath: scratch("runs_files"))
            let before = try FileManager.default.contentsOfDirectory(atPath: scratch("runs_files")).sorted()
            let given = try Program.run("report", scratch("runs_files"), "--out", scratch("runs.html"))
            #expect(given.exitCode == 73 && given.error.contains("this job reads"), "\(given.error)")
            #expect(try FileManager.default.contentsOfDirectory(atPath: scratch("runs_files")).sorted() == before)
        }

        @Test func `without images numbers stand for examples`() throws {
            let scratch = try Scratch()
            let outcome = try Program.run(
                "report", try ensemble(scratch, images: false), "--out", scratch("page.html"), "--class-names",
                "a<b,c,d,e,f,g,h,i,j,k")
            try #require(outcome.exitCode == 0, "\(outcome.error)")
            let page = try String(contentsOfFile: scratch("page.html"), encoding: .utf8)
            #expect(!page.contains("<img") && page.contains("class=\"none\""))
            #expect(page.contains("a&lt;b") && !page.contains("a<b"))
        }

        @Test(
            arguments: [
                (["--duplicates", "5-2"], 64, "5-2"),
                (["--duplicate-similarity", "2"], 64, "--duplicate-similarity 2"),
                (["--duplicates", "501-600"], 64, "there are 500 test examples"),
                (["--class-names", "a,b"], 64, "--class-names: 2 names, but there are 10 classes"),
                (["--class-names", "a,,c"], 64, "--class-names a,,c: a name is empty"),
                (["--threads", "9223372036854775807"], 64, "--threads"), (["--out", "/"], 73, "is a folder"),
            ] as [([String], Int32, String)])
        func `what cannot be shown is refused in one line`(options: [String], exitCode: Int32, mention: String) throws {
            let scratch = try Scratch()
            let outcome = try Program.run(
                ["report", Fixtures.fashion]
                    + (options[0] == "--out" ? [] : ["--out", scratch("page.html")]) + options)
            #expect(outcome.exitCode == exitCode && outcome.error.contains(mention), "\(outcome.error)")
            #expect(!FileManager.default.fileExists(atPath: scratch("page.html")))
        }
    }
}
