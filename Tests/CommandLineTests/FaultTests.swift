import Foundation
import Testing
import TestSupport

extension CommandLineTests {
    @Suite(
        .enabled(if: Program.isOpenMPI, "MPICH's launcher ends jobs in its own way"),
        .ensemble(runs: 200, test: 2500, train: 9000))
    struct FaultTests {
        private static let predict = ["--memory", "44MiB", "--k-max", "11", "--checkpoint-every", "0.05s"]

        /// Predicts on three ranks, and does something to the job once there is a checkpoint.
        private func predict(
            _ scratch: Scratch, _ options: [String] = [], signal: Int32 = 0, to rank: Int? = nil,
            doing fault: @escaping @Sendable () -> Void = {}
        ) throws -> ParallelProcess.Outcome {
            let checkpoint = scratch("out/checkpoint")
            return try Program.run(
                ["predict", scratch("ensemble"), "--out", scratch("out"), "--grid", "1x3"] + Self.predict + options,
                ranks: 3, timeLimit: .seconds(60),
                interruption: .init(signal, rank: rank) {
                    let segments = try? FileManager.default.contentsOfDirectory(atPath: checkpoint)
                    guard segments?.contains(where: { !$0.hasSuffix("partial") }) == true else { return false }
                    fault()
                    return true
                })
        }

        /// A folder with a copy of the ensemble, to do anything to.
        private func prepared() throws -> Scratch {
            let scratch = try Scratch()
            try FileManager.default.copyItem(
                atPath: #require(SharedEnsemble.current).path, toPath: scratch("ensemble"))
            return scratch
        }

        /// What nobody disturbed wrote.
        private func expected(_ name: String) throws -> Data {
            try Data(contentsOf: URL(fileURLWithPath: #require(SharedEnsemble.current).results + "/" + name))
        }

        /// Goes on with a job that has failed, and expects what an undisturbed one writes.
        private func expectRecovery(_ scratch: Scratch) throws {
            #expect(!FileManager.default.fileExists(atPath: scratch("out/neighbors.npy")))
            #expect(try !FileManager.default.contentsOfDirectory(atPath: scratch("out/checkpoint")).isEmpty)
            let again = try Program.run(
                ["predict", scratch("ensemble"), "--out", scratch("out"), "--resume"] + Self.predict, ranks: 2)
            #expect(again.exitCode == 0, "\(again.error)")
            try expectSame(scratch)
        }

        private func expectSame(_ scratch: Scratch) throws {
            for name in ["neighbors.npy", "similarities.npy", "predictions.csv"] {
                #expect(
                    try Data(contentsOf: URL(fileURLWithPath: scratch("out/\(name)"))) == expected(name), "\(name)")
            }
        }

        @Test(arguments: usually([1], inAll: [0]))
        func `a rank that is stopped is named, and the job ended`(rank: Int) throws {
            let scratch = try prepared()
            let start = ContinuousClock.now
            let outcome = try predict(scratch, ["--watchdog", "2s"], signal: SIGSTOP, to: rank)
            #expect(ContinuousClock.now - start < .seconds(20))
            #expect(outcome.exitCode == 71, "\(outcome.error)")
            let host = ProcessInfo.processInfo.hostName
            #expect(
                outcome.messages.count == 1 && outcome.messages[0].contains("rank \(rank) on \(host) has been silent"),
                "\(outcome.error)")
            try expectRecovery(scratch)
        }

        @Test(arguments: usually([0], inAll: [2]))
        func `a rank that is killed ends the job, which can be gone on with`(rank: Int) throws {
            let scratch = try prepared()
            let outcome = try predict(scratch, signal: SIGKILL, to: rank)
            #expect(outcome.exitCode != 0)
            try expectRecovery(scratch)
        }

        @Test func `a file that is cut short under a job ends it with its name`() throws {
            let scratch = try prepared()
            let (file, copy) = (scratch("ensemble/logits_train.npy"), scratch("copy"))
            try FileManager.default.copyItem(atPath: file, toPath: copy)
            let outcome = try predict(scratch) { truncate(file, 1_000) }
            #expect(outcome.exitCode == 74, "\(outcome.error)")
            // A rank says so that touches what is gone; all do if none has before they look at the end.
            #expect(
                outcome.messages.count >= 1
                    && outcome.messages.allSatisfy {
                        $0.contains(file) && ($0.contains("rank") || $0.contains("has changed"))
                    }, "\(outcome.error)")
            try FileManager.default.removeItem(atPath: file)
            try FileManager.default.moveItem(atPath: copy, toPath: file)
            try expectRecovery(scratch)
        }

        @Test func `a file that changes under a job makes no result`() throws {
            let scratch = try prepared()
            let file = scratch("ensemble/logits.npy")
            let outcome = try predict(scratch) { utimes(file, nil) }
            #expect(outcome.exitCode == 74, "\(outcome.error)")
            #expect(
                outcome.messages.count == 1 && outcome.messages[0].contains("\(file): has changed"), "\(outcome.error)")
            // It holds what it held.
            try expectRecovery(scratch)
        }

        @Test func `a file that is removed under a job is read to its end`() throws {
            let scratch = try prepared()
            let file = scratch("ensemble/logits_train.npy")
            let outcome = try predict(scratch) { unlink(file) }
            #expect(outcome.exitCode == 0, "\(outcome.error)")
            try expectSame(scratch)
        }

        /// Predicts on two ranks in a folder, of which the second first does something to itself.
        private func predict(
            in scratch: Scratch, _ options: [String] = [], onSecondRank preparation: String
        ) throws -> ParallelProcess.Outcome {
            let start = """
                cd \(scratch.path) && if [ $OMPI_COMM_WORLD_RANK = 1 ]; then \(preparation); fi && exec "$0" "$@"
                """
            let arguments = ["predict", "ensemble", "--out", "out"] + Self.predict + options
            return try ParallelProcess.run(
                ranks: 2, executable: "/bin/sh",
                arguments: ["-c", start, ParallelProcess.path(of: "ensemble-kernel-mpi")] + arguments,
                timeLimit: .seconds(60))
        }

        @Test func `what one rank does not find is said with its host`() throws {
            let scratch = try prepared()
            try FileManager.default.createDirectory(atPath: scratch("elsewhere"), withIntermediateDirectories: true)
            let outcome = try predict(in: scratch, onSecondRank: "cd elsewhere")
            #expect(outcome.exitCode == 66, "\(outcome.error)")
            let place = "rank 1 on \(ProcessInfo.processInfo.hostName)"
            #expect(
                outcome.messages.count == 1 && outcome.messages[0].contains("\(place): ensemble: "), "\(outcome.error)")
        }

        @Test(arguments: ["labels.npy", "logits_train.npy"])
        func `ranks that see different files end the job`(name: String) throws {
            let scratch = try Scratch()
            var ensemble = RandomEnsemble(runs: 4, test: 40, train: 60, classes: 3)
            try ensemble.write(to: scratch("ensemble"))
            if name == "labels.npy" {
                ensemble.labels[7] = (ensemble.labels[7] + 1) % 3
            } else {
                ensemble.trainLogits[0] += 1
            }
            try ensemble.write(to: scratch("outdated/ensemble"))
            let outcome = try predict(in: scratch, onSecondRank: "cd outdated")
            #expect(outcome.exitCode == 65, "\(outcome.error)")
            let place = "rank 1 on \(ProcessInfo.processInfo.hostName) sees "
            let what =
                name == "labels.npy"
                ? "\(place)different test labels than" : "ensemble/\(name): \(place)a different file"
            #expect(outcome.messages.count { $0.contains(what) } == 1, "\(outcome.error)")
        }

        @Test func `a rank that gets no memory ends the job, which can be gone on with`() throws {
            let scratch = try prepared()
            // From enough to what is too little for the job. With less still, Open MPI's own start fails, and may hang.
            for megabytes in stride(from: 1_000, through: 300, by: -40) {
                let outcome = try predict(in: scratch, ["--resume"], onSecondRank: "ulimit -v \(megabytes * 1_000)")
                guard outcome.exitCode != 0 else {
                    try FileManager.default.removeItem(atPath: scratch("out"))
                    continue
                }
                let message = #/rank 1 on .*(: Cannot allocate memory|: out of memory: .* more are needed)/#
                #expect(outcome.error.contains(message), "\(megabytes): \(outcome.error)")
                #expect(!FileManager.default.fileExists(atPath: scratch("out/neighbors.npy")))
                let again = try predict(in: scratch, ["--resume"], onSecondRank: "true")
                #expect(again.exitCode == 0, "\(again.error)")
                return try expectSame(scratch)
            }
            Issue.record("the job did with 300 MB")
        }

        /// Root may mount a small disk of memory and fill it.
        private static let canMount = geteuid() == 0 && (try? Disk(megabytes: 1)) != nil

        @Test(.enabled(if: canMount, "mounting a small disk needs root"))
        func `a full disk ends a job, whose checkpoint is good once there is room`() throws {
            let scratch = try prepared()
            let disk = try Disk(megabytes: 12)
            try FileManager.default.createSymbolicLink(atPath: scratch("out"), withDestinationPath: disk.path)
            let filler = "\(disk.path)/filler"
            let outcome = try predict(scratch) {
                let descriptor = open(filler, O_WRONLY | O_CREAT, 0o600)
                let block = [UInt8](repeating: 1, count: 4096)
                while write(descriptor, block, block.count) > 0 {}
                close(descriptor)
            }
            #expect(outcome.exitCode == 73, "\(outcome.error)")
            #expect(outcome.messages.count == 1 && outcome.messages[0].contains(scratch("out")), "\(outcome.error)")
            try FileManager.default.removeItem(atPath: filler)
            try expectRecovery(scratch)
        }
    }
}
