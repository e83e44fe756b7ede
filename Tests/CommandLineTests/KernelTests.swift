import ArrayFiles
import Foundation
import Testing
import TestSupport

extension CommandLineTests {
    @Suite struct KernelTests {
        private let fashion = Fixtures.fashion

        private func bytes(_ path: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path)) }

        @Test(arguments: [
            ["--pairs", "test-train"], ["--pairs", "train-train"], ["--pairs", "test-test", "--class", "3"],
        ])
        func `the matrix is the same bytes on any number of ranks`(options: [String]) throws {
            let scratch = try Scratch()
            var expected: Data?
            for (ranks, threads, memory) in [(nil, 2, "1GiB"), (3, 1, "20MiB"), (7, 1, "8MiB")] as [(Int?, Int, String)]
            {
                let path = scratch("kernel-\(ranks ?? 1).npy")
                let outcome = try Program.run(
                    ["kernel", fashion] + options + ["--out", path, "--threads", "\(threads)", "--memory", memory],
                    ranks: ranks)
                try #require(outcome.exitCode == 0, "\(outcome.error)")
                let written = try bytes(path)
                #expect(expected ?? written == written)
                expected = written
                #expect(outcome.output.contains("(\(options[1])) written to "))
            }
            #expect(Set(try FileManager.default.contentsOfDirectory(atPath: scratch.path)).count == 3)
        }

        @Test func `numpy opens the matrix, and the graph holds its largest`() throws {
            let scratch = try Scratch()
            for arguments in [
                ["--out", scratch("kernel.npy"), "--pairs", "train-train"],
                ["--out", scratch("graph"), "--pairs", "train-train", "--neighbors-only", "--k", "7"],
                [
                    "--out", scratch("local"), "--pairs", "train-train", "--neighbors-only", "--k", "7", "--scaling",
                    "local", "--scaling-k", "5",
                ],
            ] {
                let outcome = try Program.run(["kernel", fashion] + arguments, ranks: 2)
                try #require(outcome.exitCode == 0, "\(outcome.error)")
            }
            let python = try Python.run(
                """
                import sys, zipfile
                import numpy as np
                kernel = np.load(sys.argv[1] + "/kernel.npy", mmap_mode="r")
                assert kernel.dtype == np.float32 and (kernel == kernel.T).all()
                neighbors = np.load(sys.argv[1] + "/graph/neighbors.npy")
                similarities = np.load(sys.argv[1] + "/graph/similarities.npy")
                assert zipfile.ZipFile(sys.argv[1] + "/graph/graph.npz").testzip() is None
                graph = np.load(sys.argv[1] + "/graph/graph.npz")
                assert graph["format"].item() == b"csr" and tuple(graph["shape"]) == kernel.shape
                assert (graph["indices"].reshape(-1, 7) == neighbors).all()
                assert (graph["indptr"] == np.arange(len(kernel) + 1) * 7).all()
                assert (graph["data"].reshape(-1, 7) == 1 - similarities).all()
                others = np.array(kernel)
                np.fill_diagonal(others, -2)
                nearest = -np.sort(-others, axis=1)[:, :7]
                assert abs(nearest - similarities).max() < 1e-6
                assert (neighbors != np.arange(len(kernel))[:, None]).all()
                # The locally scaled kernel, and its distances.
                r = -np.sort(-others, axis=1)[:, :5].mean(1, dtype=float)
                scaled = 2 * others - r[:, None] - r[None, :]
                np.fill_diagonal(scaled, -9)
                similarities = np.load(sys.argv[1] + "/local/similarities.npy")
                assert abs(-np.sort(-scaled, axis=1)[:, :7] - similarities).max() < 1e-6
                graph = np.load(sys.argv[1] + "/local/graph.npz")
                assert (graph["data"].reshape(-1, 7) == 2 - similarities).all() and graph["data"].min() >= 0
                """, scratch.path)
            #expect(python.status == 0)
        }

        @Test(arguments: usually([nil], inAll: [2]) as [Int?])
        func `what cannot be written is refused in one line`(ranks: Int?) throws {
            let cases: [(options: [String], exitCode: Int32, mentions: String)] = [
                (["--out", "/nowhere/kernel.npy"], 73, "/nowhere/kernel.npy"),
                (["--out", "kernel.npy", "--class", "10"], 64, "--class 10"),
                (["--out", "graph", "--neighbors-only", "--class", "1"], 64, "--class"),
                (["--out", "graph", "--k", "3"], 64, "--neighbors-only"),
                (["--out", "graph", "--neighbors-only", "--k", "5000"], 64, "--k 5000"),
                (["--out", "kernel.npy", "--scaling", "local"], 64, "--neighbors-only"),
                (["--out", "graph", "--neighbors-only", "--scaling-k", "5"], 64, "--scaling"),
                (
                    ["--out", "graph", "--neighbors-only", "--scaling", "local", "--scaling-k", "2000"], 64,
                    "--scaling-k 2000: must be between 1 and the 1999 others"
                ),
            ]
            let scratch = try Scratch()
            for refused in cases {
                let options = refused.options.map { ["kernel.npy", "graph"].contains($0) ? scratch($0) : $0 }
                let outcome = try Program.run(["kernel", fashion] + options, ranks: ranks)
                #expect(outcome.exitCode == refused.exitCode, "\(outcome.error)")
                #expect(outcome.error.contains(refused.mentions), "\(outcome.error)")
            }
            #expect(!FileManager.default.fileExists(atPath: scratch("kernel.npy.partial")))
        }
    }
}
