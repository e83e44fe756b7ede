import Foundation
import Testing
import TestSupport

extension CommandLineTests {
    /// Files as people save the outputs of their runs, made by Inputs/make_inputs.py: what is read gives the same bytes
    /// as the plain layout, what is refused gets one line that says what there is and what to type.
    @Suite(.inputs) struct InputLayoutTests {
        @Test(arguments: InputCase.all)
        func `files as people have them are read as they are meant`(_ tried: InputCase) throws {
            try expectWhatIsMeant(tried, ranks: nil)
        }

        @Test(arguments: InputCase.all.enumerated().filter { TestAmount.isAll || $0.offset % 8 == 0 }.map(\.element))
        func `several ranks read them in the same way`(_ tried: InputCase) throws {
            try expectWhatIsMeant(tried, ranks: 3)
        }

        private func expectWhatIsMeant(_ tried: InputCase, ranks: Int?) throws {
            let inputs = try #require(InputFolders.current)
            let scratch = try Scratch()
            let outcome = try inputs.run(tried, ranks: ranks, out: scratch("out"))
            #expect(outcome.exitCode == tried.exit, "\(outcome.error)")
            for words in tried.says { #expect(outcome.error.contains(words), "\(outcome.error)") }
            for words in tried.prints ?? [] { #expect(outcome.output.contains(words), "\(outcome.output)") }
            guard let like = tried.like, outcome.exitCode == 0 else { return }
            for file in ["neighbors.npy", "similarities.npy", "predictions.csv"] {
                let found = FileManager.default.contents(atPath: "\(scratch("out"))/\(file)")
                let wanted = FileManager.default.contents(atPath: "\(try inputs.results(like: like))/\(file)")
                #expect(found != nil && found == wanted, "\(file) is not that of \(like)")
            }
        }
    }
}

/// A command on some files, and what it should do: an entry of cases.json.
struct InputCase: Decodable, Sendable, CustomTestStringConvertible {
    let `case`: String
    let arguments: [String]
    let exit: Int32
    /// The case whose results are to be the same; nil where results are not compared.
    let like: String?
    /// Words on standard error.
    let says: [String]
    /// Words on standard output.
    let prints: [String]?

    var testDescription: String { "\(`case`): \(arguments.joined(separator: " "))" }

    /// All cases, as kept beside the files.
    static let all: [InputCase] = {
        let path = "\(Fixtures.package)/Tests/CommandLineTests/Inputs/cases.json"
        guard let json = FileManager.default.contents(atPath: path) else { return [] }
        return (try? JSONDecoder().decode([InputCase].self, from: json)) ?? []
    }()
}

/// The files of all cases: made anew where Python has numpy, PyTorch and safetensors, else those that are kept.
final class InputFolders: Sendable {
    /// The files while the tests run.
    @TaskLocal static var current: InputFolders?

    private let scratch: Scratch

    fileprivate init() throws {
        scratch = try Scratch()
        let folder = "\(Fixtures.package)/Tests/CommandLineTests/Inputs"
        let made = try Python.run(
            """
            import runpy, sys
            try:
                import numpy, torch, safetensors
            except ImportError:
                sys.exit(3)
            sys.argv = sys.argv[1:]
            runpy.run_path(sys.argv[0], run_name="__main__")
            """, "\(folder)/make_inputs.py", scratch("inputs"))
        if made.status == 3 {
            let kept = try Python.run(
                "import sys, tarfile; tarfile.open(sys.argv[1]).extractall(sys.argv[2])", "\(folder)/kept.tar.xz",
                scratch("inputs"))
            try #require(kept.status == 0)
        } else {
            try #require(made.status == 0)
            let cases = FileManager.default.contents(atPath: scratch("inputs/cases.json"))
            try #require(
                cases == FileManager.default.contents(atPath: "\(folder)/cases.json"), "cases.json is outdated")
        }
        for like in Set(InputCase.all.compactMap(\.like)) {
            let outcome = try ParallelProcess.run(
                ranks: nil, executable: "ensemble-kernel-mpi",
                arguments: ["predict", "ens", "--out", scratch("results-\(like)")], folder: scratch("inputs/\(like)"),
                timeLimit: .seconds(60))
            try #require(outcome.exitCode == 0, "\(outcome.error)")
        }
    }

    /// The results of "predict ens" in the folder of a case.
    func results(like name: String) throws -> String { scratch("results-\(name)") }

    /// Runs the command of a case in its folder. Commands that write a folder write `out`.
    func run(_ tried: InputCase, ranks: Int?, out: String) throws -> ParallelProcess.Outcome {
        let writes = ["predict", "evaluate"].contains(tried.arguments[0])
        return try ParallelProcess.run(
            ranks: ranks, executable: "ensemble-kernel-mpi",
            arguments: tried.arguments + (writes ? ["--out", out] : []),
            folder: scratch("inputs/\(tried.case)"), timeLimit: .seconds(60))
    }
}

/// Makes the files before the tests of a suite, and removes them after.
struct InputFoldersTrait: SuiteTrait, TestScoping {
    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        try await InputFolders.$current.withValue(try InputFolders(), operation: function)
    }
}

extension Trait where Self == InputFoldersTrait {
    /// The files of all cases in `InputFolders.current`.
    static var inputs: Self { Self() }
}
