import Foundation
import Testing
import TestSupport

extension CommandLineTests {
    @Suite struct LaunchTests {
        @Test(arguments: [nil, 3] as [Int?])
        func `help and version are printed once`(ranks: Int?) throws {
            let help = try Program.run("--help", ranks: ranks)
            #expect(help.exitCode == 0)
            #expect(help.output.components(separatedBy: "SUBCOMMANDS").count == 2)
            let version = try Program.run("--version", ranks: ranks)
            #expect(version.exitCode == 0)
            #expect(version.output == "0.1.0\n")
        }

        private static let hasAVX2 =
            (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8))?.contains(" avx2") == true

        @Test(.enabled(if: hasAVX2, "a processor without AVX2 has no better kernels"), arguments: [nil, 3] as [Int?])
        func `OpenBLAS runs no old kernels on a newer processor, unless it is told to`(ranks: Int?) throws {
            func cores(_ environment: [String: String]) throws -> [Substring] {
                let outcome = try ParallelProcess.run(
                    ranks: ranks, executable: "ensemble-kernel-mpi", arguments: ["--version"],
                    environment: environment.merging(["OPENBLAS_VERBOSE": "2"]) { $1 }, timeLimit: .seconds(60))
                #expect(outcome.exitCode == 0 && outcome.output.contains("0.1.0"))
                return (outcome.output + outcome.error).split(separator: "\n").filter { $0.hasPrefix("Core: ") }
            }
            // A start with the old kernels may come first, in every rank.
            let last = try cores([:]).filter { $0 != "Core: Prescott" }
            #expect(last.count == ranks ?? 1)
            #expect(try cores(["OPENBLAS_CORETYPE": "Prescott"]).allSatisfy { $0 == "Core: Prescott" })
        }

        private static let loadsMPI = ProcessInfo.processInfo.environment["ENSEMBLE_KERNEL_RELEASE"] != nil

        @Test(
            .enabled(if: loadsMPI, "this build is linked to an MPI library"),
            arguments: [
                (["ENSEMBLE_KERNEL_MPI": "lam"], "ENSEMBLE_KERNEL_MPI=lam is unknown: openmpi, mpich, alone, or"),
                (
                    ["ENSEMBLE_KERNEL_MPI": "/none/mpi.so"],
                    "ENSEMBLE_KERNEL_MPI=/none/mpi.so cannot be used: /none/mpi.so"
                ),
                (["SLURM_STEP_NUM_TASKS": "4", "SLURM_PROCID": "1"], "srun started 4 processes that know nothing of"),
                (["PMI_RANK": "0"], "a launcher of MPICH started this process, but its library cannot be loaded"),
                (["OMPI_COMM_WORLD_SIZE": "1"], "a launcher of Open MPI started this process, but its library cannot"),
            ])
        func `without the MPI library of its launcher the program says what to do`(
            environment: [String: String], words: String
        ) throws {
            // A copy, which has nothing beside it to load. Made by another process: one that this process has open for
            // writing, and so any that it starts meanwhile, cannot be executed.
            let scratch = try Scratch()
            let program = scratch("bin/ensemble-kernel-mpi")
            try FileManager.default.createDirectory(atPath: scratch("bin"), withIntermediateDirectories: false)
            let copy = ["cp", ParallelProcess.path(of: "ensemble-kernel-mpi"), program]
            #expect(try ParallelProcess.run(copy, timeLimit: .seconds(60)).exitCode == 0)
            let outcome = try ParallelProcess.run(
                [program, "--version"], environment: environment, timeLimit: .seconds(60))
            #expect(outcome.exitCode == 71 && outcome.output == "")
            #expect(outcome.messages.count == 1 && outcome.messages[0].contains(words), "\(outcome.error)")
        }

        @Test(
            arguments: usually(
                [["predict", "--nonsense"], ["train"]], inAll: [["predict"], ["predict", "x", "--transform", "exp"]]))
        func `wrong arguments are said once, with exit code 64`(arguments: [String]) throws {
            let outcome = try Program.run(arguments, ranks: 3)
            #expect(outcome.exitCode == 64)
            #expect(outcome.messages.count == 1 && outcome.error.hasPrefix("ensemble-kernel-mpi: "), "\(outcome.error)")
            #expect(outcome.output == "")
        }

        @Test(
            arguments: [
                ("predcit", "unknown command 'predcit'. Did you mean 'predict'?"),
                ("help reprot", "unknown command 'reprot'. Did you mean 'report'?"),
                ("frobnicate x", "The commands are demo, inspect, predict"),
                ("\(Fixtures.fashion) --out x", "type: ensemble-kernel-mpi predict \(Fixtures.fashion)"),
            ])
        func `a word that is not a command is refused, with what to type instead`(line: String, advice: String) throws {
            let outcome = try Program.run(line.split(separator: " ").map(String.init), ranks: nil)
            #expect(outcome.exitCode == 64 && outcome.output == "")
            #expect(outcome.messages.count == 1 && outcome.messages[0].contains(advice), "\(outcome.error)")
        }

        @Test func `options have short names`() throws {
            let scratch = try Scratch()
            let short = try Program.run(
                ["predict", Fixtures.fashion, "-k5", "-j", "2", "-o", scratch("short")], ranks: nil)
            let long = try Program.run(
                ["predict", Fixtures.fashion, "--k", "5", "--threads", "2", "--out", scratch("long")], ranks: nil)
            try #require(short.exitCode == 0 && long.exitCode == 0, "\(short.error)\(long.error)")
            #expect(try Results(scratch("short")).number("accuracy", "kernel_majority", "k") == 5)
            #expect(
                try Data(contentsOf: URL(fileURLWithPath: scratch("short/predictions.csv")))
                    == Data(contentsOf: URL(fileURLWithPath: scratch("long/predictions.csv"))))
        }

        @Test func `inspect lists the tensors of files as text and as JSON`() throws {
            let path = "\(Fixtures.fashion)/log.pt"
            let text = try Program.run("inspect", path, ranks: 2)
            #expect(text.exitCode == 0)
            #expect(text.output.contains("(64, 2000, 10)") && text.output.contains("float16"))
            let json = try Program.run("inspect", path, "--format", "json")
            let object = try JSONSerialization.jsonObject(with: Data(json.output.utf8))
            let rows = try #require(
                (object as? [String: Any])?["rows"] as? [[String: Any]] ?? object as? [[String: Any]])
            let logits = try #require(rows.first { $0["name"] as? String == "logits" })
            #expect(logits["shape"] as? [Int] == [64, 500, 10] && logits["bytes"] as? Int == 640_000)
        }

        @Test func `inspect --verify finds a changed bit in a member that is stored`() throws {
            let scratch = try Scratch()
            var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: Fixtures.arrayFile("stored.npz"))))
            let whole = try scratch("whole.npz", holding: bytes)
            bytes[300] ^= 1
            let damaged = try scratch("damaged.npz", holding: bytes)
            #expect(try Program.run("inspect", scratch.path).exitCode == 0)
            let folder = try Program.run("inspect", "--verify", scratch.path)
            #expect(folder.exitCode == 65)
            #expect(folder.output.contains("damaged.npz: is damaged: its CRC-32 does not match"))
            #expect(folder.messages.count == 1 && folder.messages[0].contains("1 of 2 files"))
            let alone = try Program.run("inspect", "--verify", damaged)
            #expect(alone.exitCode == 65 && alone.error.contains("member 'logits.npy'"))
            let sound = try Program.run("inspect", "--verify", "--format", "json", whole)
            let object = try JSONSerialization.jsonObject(with: Data(sound.output.utf8)) as? [String: Any]
            #expect(
                object?["verified"] as? [String: Int]
                    == ["files": 1, "bytes": bytes.count, "checksums": 1, "damaged": 0])
        }

        @Test(arguments: [350_000, 450_000, 480_000, 500_000, 600_000])
        func `a job in too little address space ends, with its result or with a line that says what is missing`(
            kibibytes: Int
        ) throws {
            let outcome = try ParallelProcess.run(
                [
                    "bash", "-c", "ulimit -v \(kibibytes); exec \"$0\" predict \"$1\" --threads 2",
                    ParallelProcess.path(of: "ensemble-kernel-mpi"), Fixtures.fashion,
                ], environment: ["OPENBLAS_NUM_THREADS": "1"], timeLimit: .seconds(60))
            // That it ends is what matters. MPI itself needs some of it, and has words of its own.
            guard outcome.error.contains("runs from") else { return }
            #expect([0, 64, 71, 74].contains(outcome.exitCode), "\(outcome.error)")
            if outcome.exitCode == 0 { #expect(outcome.output.contains("nearest")) }
        }

        @Test(arguments: [nil, 3] as [Int?])
        func `inspect of a missing file says so once`(ranks: Int?) throws {
            let outcome = try Program.run("inspect", "nowhere.npy", ranks: ranks)
            #expect(outcome.exitCode == 66)
            #expect(outcome.messages.count == 1 && outcome.messages[0].contains("nowhere.npy"))
        }

        private static let cores = ProcessInfo.processInfo.processorCount

        @Test(
            .enabled(if: Program.isOpenMPI && 2...8 ~= cores, "says what Open MPI does, on a machine of a few cores"),
            arguments: [
                (["taskset", "-c", "0", "mpirun.openmpi", "-n", "2"], [], "bound to one"),
                (["mpirun.openmpi", "-n", "2"], ["--threads", "9"], "--threads 9"),
                (
                    [
                        "OMPI_MCA_mpi_yield_when_idle=0", "mpirun.openmpi", "--host", "localhost:99", "-n",
                        "\(cores + 1)",
                    ], [], "do not yield"
                ), (["mpirun.openmpi", "-n", "\(cores + 1)"], ["--grid", "1x\(cores + 1)"], nil as String?),
            ])
        func `launches that waste the machine are warned of`(
            launch: [String], options: [String], warning: String?
        ) throws {
            let outcome = try ParallelProcess.run(
                script: "env",
                arguments: launch + ["ensemble-kernel-mpi", "predict", Fixtures.fashion] + options,
                timeLimit: .seconds(120))
            #expect(outcome.exitCode == 0, "\(outcome.error)")
            let found = outcome.messages.filter { !$0.contains("idle") || $0.contains("yield") }
            if let warning {
                #expect(found.count == 1 && found[0].contains(warning), "\(outcome.error)")
            } else {
                #expect(found == [])
            }
        }

        @Test func `the log tells of every rank, and the table of phases of the slowest and the fastest`() throws {
            let outcome = try Program.run(
                "predict", Fixtures.fashion, "--grid", "1x3", "--log", "json", "--phases",
                "--separate-waiting", ranks: 3)
            #expect(outcome.exitCode == 0, "\(outcome.error)")
            let events = try outcome.error.split(separator: "\n").filter { $0.hasPrefix("{") }.map {
                try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
            }
            for event in ["start", "rank_activity", "end"] {
                let ranks = events.filter { $0["event"] as? String == event }.compactMap { $0["rank"] as? Int }
                #expect(ranks.sorted() == [0, 1, 2], "\(event)")
            }
            for activity in events where activity["event"] as? String == "rank_activity" {
                let waiting = try #require(activity["waiting_seconds"] as? Double)
                let inMPI = try #require(activity["mpi_seconds"] as? Double)
                #expect(
                    waiting > 0 && waiting < inMPI && activity["host"] as? String == ProcessInfo.processInfo.hostName)
                #expect((activity["bytes_communicated"] as? Int ?? 0) > 0 && (activity["mpi_calls"] as? Int ?? 0) > 10)
            }
            for word in ["slowest", "fastest", "product", "of which in MPI"] {
                #expect(outcome.output.contains(word), "\(word)")
            }
        }
    }
}
