import Foundation
import Testing
import TestSupport

/// Jobs and faults on a cluster. One test at a time: they share its nodes, and cut its links.
@Suite(
    .serialized, .lab,
    .enabled("needs root, what scripts/setup cluster installs, and swift test -c release") { try Lab.isPossible() })
struct ClusterTests {
    private let lab: Lab

    /// The first test finds no ensemble, and makes it and what one rank predicts from it.
    init() throws {
        lab = try #require(Lab.current)
        guard !exists("expected/summary.json") else { return }
        try lab.run(
            ["synthesize", "--runs", "200", "--test", "2500", "--train", "9000", "--classes", "10"]
                + ["--out", lab("ensemble")])
        try lab.run(["predict", lab("ensemble"), "--out", lab("expected"), "--k-max", "11"])
    }

    // MARK: Job scripts

    @Test(arguments: [(2, ["--stage"]), (3, ["--mpirun"]), (4, [])])
    func `predict gives what one rank does`(nodes: Int, options: [String]) throws {
        let out = "predict-\(nodes)"
        let job = try lab.submit(
            "predict", ["--nodes", "\(nodes)"], [lab("ensemble"), "--out", lab(out), "--k-max", "11"] + options)
        _ = try lab.success(of: job)
        #expect(job.log.contains("s on \(nodes) ranks"), "\(job.log)")
        #expect(job.log.contains("by \(options == ["--mpirun"] ? "mpirun" : "srun")"))
        #expect(job.log.contains("staged to") == (options == ["--stage"]))
        #expect(try lab.staged() == [])
        try expectSame(Self.results, in: out, as: "expected")
    }

    private static let training = ["--train-examples", "500", "--test-examples", "200", "--hidden", "16"]

    @Test func `every task of an array trains what one rank does`() throws {
        let options = Self.training + ["--epochs", "2", "--runs", "6"]
        let job = try lab.submit("train", ["--array", "1-2", "--nodes", "2"], options + ["--out", lab("array")])
        for task in 1...2 {
            _ = try lab.success(of: .init(number: "\(job.number)_\(task)", output: job.output))
            try lab.run(["train", "--out", lab("alone/\(task)"), "--seed", "\(task)"] + options)
            try expectSame(["logits.npy", "logits_train.npy"], in: "array/\(task)", as: "alone/\(task)")
        }
    }

    @Test func `the pipeline trains, predicts, evaluates and reports as one rank does`() throws {
        let options = Self.training + ["--epochs", "2", "--runs", "8"]
        let outcome = try lab.submitting(
            [Lab.path(ofJob: "pipeline.sh"), lab("pipeline"), "--nodes", "4", "--ntasks", "4", "--"] + options)
        try #require(outcome.exitCode == 0, "\(outcome.error)")
        for (name, number) in outcome.output.matches(of: #/(\w+) (\d+)[,;]/#).map({ ($0.1, String($0.2)) }) {
            _ = try lab.success(of: .init(number: number, output: lab("pipeline/logs/\(name)-\(number).out")))
        }
        let ensemble = lab("by-hand/ensemble")
        try lab.run(["train", "--out", ensemble] + options)
        try lab.run(["predict", ensemble, "--out", lab("by-hand/results")])
        try lab.run(["evaluate", ensemble, "--out", lab("by-hand/evaluation")])
        try lab.run(["report", ensemble, "--out", lab("by-hand/report.html")])
        let files = [
            "ensemble/logits.npy", "ensemble/logits_train.npy", "results/neighbors.npy", "results/predictions.csv",
            "evaluation/evaluation.csv", "report_files/suspects.csv", "report_files/targets_kernel.npy",
        ]
        try expectSame(files, in: "pipeline", as: "by-hand")
        #expect(exists("pipeline/report.html"))
    }

    @Test func `scaling measures every number of tasks`() throws {
        let job = try lab.submit(
            "scaling", ["--nodes", "4"], [lab("ensemble"), "--out", lab("scaling"), "--k-max", "11"])
        _ = try lab.success(of: job)
        try expectSame(["neighbors.npy", "similarities.npy"], in: "scaling/results", as: "expected")
        let lines = try String(contentsOfFile: lab("scaling/scaling.jsonl"), encoding: .utf8).split(separator: "\n")
        let measured = try lines.map { line in
            try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        }.map { "\($0["kind"] ?? "") \($0["ranks"] ?? "") \($0["nodes"] ?? "") \($0["runs"] ?? "")" }
        #expect(
            measured == [
                "strong 1 1 200", "strong 2 2 200", "strong 4 4 200", "weak 1 1 50", "weak 2 2 100", "weak 4 4 200",
            ])
    }

    @Test func `cifar10 takes labels from the data set, first for some runs and then for all`() throws {
        // As CIFAR-10 is: a label and 3,072 bytes of an image.
        func records(_ count: Int) -> Data {
            (0..<count).reduce(into: Data()) { $0 += [UInt8($1 % 10)] + Data(count: 3072) }
        }
        let words = "synthesize --runs 24 --test 100 --train 300 --classes 10 --out".split(separator: " ")
        try lab.run(words.map(String.init) + [lab("logits")])
        for name in ["labels.npy", "labels_train.npy"] {
            try FileManager.default.removeItem(atPath: lab("logits/\(name)"))
        }
        try FileManager.default.createDirectory(atPath: lab("cifar"), withIntermediateDirectories: true)
        try records(100).write(to: URL(fileURLWithPath: lab("cifar/test_batch.bin")))
        try records(300).write(to: URL(fileURLWithPath: lab("cifar/data_batch_1.bin")))

        let arguments = [lab("logits"), "--dataset", lab("cifar")]
        let job = try lab.submit("cifar10", ["--nodes", "2"], arguments + ["--first", "6", "--out", lab("cifar10")])
        _ = try lab.success(of: job)
        for (folder, options) in [("first", ["--runs", "6"]), ("all", [])] {
            try lab.run(["predict"] + arguments + ["--out", lab("cifar10-alone/\(folder)")] + options)
            try expectSame(Self.results, in: "cifar10/\(folder)", as: "cifar10-alone/\(folder)")
        }
    }

    @Test func `the guide's commands for a cluster run`() throws {
        try FileManager.default.createDirectory(atPath: lab("examples"), withIntermediateDirectories: true)
        let words = ["env", "-u", ParallelProcess.familyVariable, "/usr/bin/python3"]
        let outcome = try lab.run(
            on: "slurm",
            words + ["\(Fixtures.package)/scripts/examples", "--cluster", "--folder", lab("examples")],
            timeLimit: .seconds(600))
        #expect(
            outcome.exitCode == 0 && outcome.output.contains("examples: 4 ran"), "\(outcome.output)\(outcome.error)")
    }

    @Test func `what a job cannot do it says in one line`() throws {
        let ensemble = lab("ensemble")
        let wrong: [(job: String, arguments: [String], exitCode: Int, message: String)] = [
            ("predict", ["--out", lab("wrong")], 64, "predict: no ensemble is named"),
            ("predict", [lab("none"), "--out", lab("wrong")], 66, "predict: no such ensemble: \(lab("none"))"),
            ("evaluate", [ensemble], 64, "evaluate: --out is missing"),
            ("report", [ensemble, "--out"], 64, "report: --out wants a value"),
            ("train", [ensemble, "--out", lab("wrong")], 64, "train: options only, please, not: \(ensemble)"),
            ("cifar10", [ensemble, "--out", lab("wrong")], 64, "cifar10: --dataset is missing"),
            ("cifar10", [ensemble, "--out", lab("wrong"), "--dataset", lab("none")], 66, "cifar10: no such folder"),
            ("scaling", [lab("none"), "--out", lab("wrong")], 66, "scaling: no such ensemble"),
        ]
        let jobs = try wrong.map { try lab.submit($0.job, [], $0.arguments) }
        for (job, expected) in zip(jobs, wrong) {
            #expect(try lab.end(of: job).exitCode == expected.exitCode, "\(expected)")
            #expect(job.log.hasPrefix(expected.message) && job.log.split(separator: "\n").count == 1, "\(job.log)")
        }
        #expect(!exists("wrong"))
    }

    @Test func `a wrong option of the program ends the job with its exit code`() throws {
        let job = try lab.submit(
            "predict", ["--nodes", "2"], [lab("ensemble"), "--out", lab("wrong"), "--k-max", "many"])
        #expect(try lab.end(of: job).exitCode == 64)
        #expect(job.log.contains("'many' is invalid for '--k-max"), "\(job.log)")
        #expect(job.log.hasSuffix("predict: the program ended with exit code 64\n"), "\(job.log)")
    }

    // MARK: Jobs that are cut short

    /// Makes many small steps of a prediction, and keeps each.
    private static let smallSteps = ["--k-max", "11", "--memory", "44MiB", "--checkpoint-every", "0.2s"]

    private static let slowNodes = ["n2", "n3"]

    /// Lets no more than `rate` through to two of the nodes: of any three one is slow.
    private func slowNodes(_ rate: String) {
        for node in Self.slowNodes { lab.fault("link", node, "slow", rate) }
    }

    private func mendNodes(but lost: String? = nil) {
        for node in Self.slowNodes where node != lost { lab.fault("link", node, "mend") }
    }

    @Test func `a predict that is told of the time limit is requeued and goes on`() throws {
        // Slow enough, on any machine, not to be done before it is told.
        slowNodes("5mbit")
        defer { mendNodes() }
        let job = try lab.submit(
            "predict", ["--nodes", "4"], [lab("ensemble"), "--out", lab("limited")] + Self.smallSteps)
        _ = try lab.wait(for: job.number, within: .seconds(60)) { _ in hasCheckpoint("limited") }
        try lab.tellOfTimeLimit(job.number)
        _ = try lab.wait(for: job.number, within: .seconds(120)) { $0.restarts == 1 || $0.isOver }
        mendNodes()
        let end = try lab.success(of: job)
        #expect(end.restarts == 1)
        #expect(job.log.contains("stopped by SIGUSR1") && job.log.contains("rows are done"), "\(job.log)")
        #expect(job.log.contains("predict: stopped, and requeued to go on"), "\(job.log)")
        #expect(!job.log.contains("which is discarded"), "\(job.log)")
        try expectSame(Self.results, in: "limited", as: "expected")
    }

    @Test func `a training that is told of the time limit is requeued, and makes each run once`() throws {
        let options = Self.training + ["--epochs", "20", "--runs", "200"]
        let job = try lab.submit("train", ["--nodes", "2"], options + ["--out", lab("trained"), "--log", "json"])
        _ = try lab.wait(for: job.number, within: .seconds(60)) { _ in job.log.contains(#""event":"run""#) }
        try lab.tellOfTimeLimit(job.number)
        let end = try lab.success(of: job)
        #expect(end.restarts == 1, "\(job.log)")
        let runs = try job.log.split(separator: "\n").filter { $0.hasPrefix("{") }.map {
            try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
        }.compactMap { $0?["run"] as? Int }
        #expect(runs.sorted() == Array(0..<200))
        try lab.run(["train", "--out", lab("undisturbed")] + options)
        try expectSame(["logits.npy", "logits_train.npy"], in: "trained", as: "undisturbed")
    }

    @Test(arguments: [3, 4])
    func `a job that loses a node goes on, on another or once it is back`(nodes: Int) throws {
        slowNodes("5mbit")
        let out = "lost-\(nodes)"
        let job = try lab.submit(
            "predict", ["--nodes", "\(nodes)"], [lab("ensemble"), "--out", lab(out)] + Self.smallSteps)
        let begun = try lab.wait(for: job.number, within: .seconds(60)) { _ in hasCheckpoint(out) }
        let names = try lab.answer(from: "slurm", "scontrol", "show", "hostnames", begun.nodes)
        let lost = try String(#require(names.split(separator: "\n").last))
        lab.fault("node", lost, "lose")
        defer { lab.fault("node", lost, "mend") }
        mendNodes(but: lost)

        _ = try lab.wait(for: job.number, within: .seconds(120)) { $0.restarts == 1 || $0.isOver }
        if nodes == 4 { lab.fault("node", lost, "mend") }
        let end = try lab.success(of: job)
        #expect(end.restarts == 1, "\(job.log)")
        #expect(job.log.contains("Node failure on \(lost)"), "\(job.log)")
        #expect(!job.log.contains("which is discarded"), "\(job.log)")
        try expectSame(Self.results, in: out, as: "expected")
    }

    @Test func `a job that its watchdog ends is requeued and goes on`() throws {
        lab.fault("link", "n2", "slow", "5mbit")
        defer { lab.fault("link", "n2", "mend") }
        let job = try lab.submit(
            "predict", ["--nodes", "3", "--nodelist", "n[1-3]"],
            [lab("ensemble"), "--out", lab("hung"), "--watchdog", "10s"] + Self.smallSteps)
        _ = try lab.wait(for: job.number, within: .seconds(60)) { _ in hasCheckpoint("hung") }
        let rank = try #require(lab.stopRank(on: "n3"))
        lab.fault("link", "n2", "mend")
        let end = try lab.success(of: job)
        #expect(end.restarts == 1)
        #expect(job.log.contains("rank \(rank) on n3 has been silent"), "\(job.log)")
        #expect(!job.log.contains("which is discarded"), "\(job.log)")
        try expectSame(Self.results, in: "hung", as: "expected")
    }

    // MARK: Hosts over TCP

    /// Predicts on six ranks on the hosts a, b and c, the link of c being slow, and has something happen when there is
    /// a checkpoint.
    private func predictOnHosts(
        _ out: String, _ options: [String] = [], fault: (() -> Void)? = nil
    ) throws -> ParallelProcess.Outcome {
        lab.fault("link", "c", "slow", "5mbit")
        defer { lab.fault("link", "c", "mend") }
        return try lab.run(
            on: "hosts",
            ["mpirun", "-n", "6", "ensemble-kernel-mpi", "predict", lab("ensemble"), "--out", lab(out)]
                + Self.smallSteps + options, timeLimit: .seconds(120)
        ) {
            guard let fault else { return true }
            guard hasCheckpoint(out) else { return false }
            fault()
            return true
        }
    }

    /// Goes on with a job that has failed, and expects what one rank writes.
    private func expectRecovery(_ out: String) throws {
        #expect(!exists("\(out)/neighbors.npy") && hasCheckpoint(out))
        let again = try predictOnHosts(out, ["--resume"])
        #expect(again.exitCode == 0, "\(again.error)")
        try expectSame(Self.results, in: out, as: "expected")
    }

    @Test func `six ranks on three hosts, one of them slow, give what one rank does`() throws {
        let outcome = try predictOnHosts("slow")
        #expect(outcome.exitCode == 0, "\(outcome.error)")
        #expect(outcome.output.contains("s on 6 ranks"), "\(outcome.output)")
        try expectSame(Self.results, in: "slow", as: "expected")
    }

    @Test func `a link that is cut for three seconds is waited for`() throws {
        var wasUnfinished = false
        let outcome = try predictOnHosts("cut-briefly") {
            lab.fault("link", "b", "cut")
            sleep(3)
            wasUnfinished = hasCheckpoint("cut-briefly")
            lab.fault("link", "b", "mend")
        }
        #expect(wasUnfinished)
        #expect(outcome.exitCode == 0, "\(outcome.error)")
        try expectSame(Self.results, in: "cut-briefly", as: "expected")
    }

    @Test func `a link that is cut for good ends the job on all hosts, and the next one goes on`() throws {
        defer { lab.fault("link", "b", "mend") }
        var cut = ContinuousClock.now
        let outcome = try predictOnHosts("cut", ["--watchdog", "5s"]) {
            cut = .now
            lab.fault("link", "b", "cut")
        }
        // The watchdog's 5 s, and 13 until TCP tells mpirun that b is out of reach; the rest is patience.
        #expect(ContinuousClock.now - cut < .seconds(60))
        #expect(outcome.exitCode == 71, "\(outcome.error)")
        #expect(outcome.messages.contains { $0.contains(#/rank [0-5] on b has been silent/#) }, "\(outcome.error)")
        while ContinuousClock.now - cut < .seconds(60), try !lab.ranks(on: "b").isEmpty { usleep(200_000) }
        for host in ["a", "b", "c"] { #expect(try lab.ranks(on: host) == []) }
        lab.fault("link", "b", "mend")
        try expectRecovery("cut")
    }

    @Test func `a rank that is stopped on another host is named with it`() throws {
        var rank: Int?
        var stop = ContinuousClock.now
        let outcome = try predictOnHosts("stopped", ["--watchdog", "5s"]) {
            stop = .now
            rank = lab.stopRank(on: "b")
        }
        #expect(ContinuousClock.now - stop < .seconds(60))
        #expect(outcome.exitCode == 71, "\(outcome.error)")
        let name = try "rank \(#require(rank)) on b"
        #expect(
            outcome.messages.count == 1 && outcome.messages[0].contains("\(name) has been silent"), "\(outcome.error)")
        try expectRecovery("stopped")
    }

    // MARK: Files

    private static let results = ["neighbors.npy", "similarities.npy", "predictions.csv"]

    private func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: lab(name)) }

    /// Whether a prediction into a folder has saved what is done.
    private func hasCheckpoint(_ folder: String) -> Bool {
        let segments = try? FileManager.default.contentsOfDirectory(atPath: lab("\(folder)/checkpoint"))
        return segments?.contains { !$0.hasSuffix("partial") } == true
    }

    private func expectSame(
        _ names: [String], in folder: String, as other: String, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        for name in names {
            let bytes = try Data(contentsOf: URL(fileURLWithPath: lab("\(folder)/\(name)")))
            let expected = try Data(contentsOf: URL(fileURLWithPath: lab("\(other)/\(name)")))
            #expect(bytes == expected, "\(folder)/\(name)", sourceLocation: sourceLocation)
        }
    }
}
