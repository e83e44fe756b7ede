import ArrayFiles
import Foundation
import Testing
import TestSupport

extension CommandLineTests {
    @Suite struct EvaluateTests {
        private let fashion = Fixtures.fashion
        private static let files = [
            "evaluation.json", "evaluation.csv", "error_detection.csv", "classes.csv", "confusions.csv",
            "risk_by_coverage.csv", "error-by-runs.svg", "likelihood-by-runs.svg", "risk-by-coverage.svg",
            "reliability.svg",
        ]

        /// What a run of the program with some ranks and options wrote.
        private func written(
            _ options: [String], files: [String] = Self.files, ranks: Int?
        ) throws -> [Data] {
            let scratch = try Scratch()
            let outcome = try Program.run(["evaluate"] + options + ["--out", scratch("out")], ranks: ranks)
            try #require(outcome.exitCode == 0, "\(outcome.error)")
            let found = try FileManager.default.contentsOfDirectory(atPath: scratch("out"))
            #expect(Set(found) == Set(files), "nothing else is written")
            return try files.map { try Data(contentsOf: URL(fileURLWithPath: scratch("out/\($0)"))) }
        }

        @Test func `every file is the same bytes on any number of ranks and threads and with any memory`() throws {
            let options = [fashion, "--against", fashion, "--cascade", "--subsets", "4"]
            let files = Self.files + ["deep-members-by-runs.svg", "cascade.csv", "cascade.svg"]
            let expected = try written(options + ["--threads", "1"], files: files, ranks: nil)
            let ways = usually(
                [(1, ["--threads", "2"]), (2, []), (3, ["--screen", "float32"])],
                inAll: [(4, []), (7, []), (16, ["--threads", "1"])])
            for (ranks, more) in ways as [(Int, [String])] {
                #expect(try written(options + more, files: files, ranks: ranks) == expected, "\(ranks) ranks")
            }
            let local = options + ["--scaling", "local", "--scaling-k", "7", "--sizes", "3,64"]
            let limited = try written(local + ["--memory", "45MiB"], files: files, ranks: 3)
            #expect(try written(local, files: files, ranks: nil) == limited)
            let small = try written(options + ["--no-kernel", "--memory", "4MiB"], files: files, ranks: 3)
            #expect(try written(options + ["--no-kernel"], files: files, ranks: 1) == small)
        }

        @Test func `other distributions are told from the test examples, the same on any ranks`() throws {
            let scratch = try Scratch()
            let pool = RandomEnsemble(runs: 9, test: 30, train: 40, classes: 3)
            try pool.write(to: scratch("pool"))
            // Labels of another task, and training logits that nobody needs.
            let other = RandomEnsemble(runs: 9, test: 17, train: 5, classes: 3, seed: 8)
            try other.write(to: scratch("other, \"far\""))
            try NPY.write((0..<17).map { Int64($0 + 90) }, shape: [17], to: scratch("other, \"far\"/labels.npy"))
            let options = [
                scratch("pool"), "--ood", scratch("other, \"far\""), scratch("pool"), "--scaling", "local",
                "--sizes", "2,7", "--conformal", "0.2", "--calibrate", "vector,isotonic,vector", "--test",
                scratch("shifted"), "--cascade", "--cascade-runs", "2,4,7", "--cascade-score", "largest-logit",
                "--risk",
                "0.6", "--settled", "0.05",
            ]
            try RandomEnsemble(runs: 9, test: 21, train: 3, classes: 3, seed: 6).write(to: scratch("shifted"))
            let tables = [
                "out_of_distribution.csv", "conformal.csv", "test_sets.csv", "calibration.csv", "cascade.csv",
                "cascade.svg", "settled.csv", "settled.svg",
            ]
            let files = Self.files + tables
            let expected = try written(options, files: files, ranks: nil)
            for (ranks, more) in [(2, []), (5, ["--threads", "2"])] as [(Int, [String])] {
                #expect(try written(options + more, files: files, ranks: ranks) == expected, "\(ranks) ranks")
            }
            let evaluation = try JSONSerialization.jsonObject(with: expected[0]) as? [String: Any]
            let conformal = try #require(evaluation?["conformal"] as? [String: Any])
            #expect(conformal["error"] as? Double == 0.2 && (conformal["sets"] as? [Any])?.count == 12)
            #expect(String(decoding: expected[11], as: UTF8.self).split(separator: "\n").count == 13)
            let calibration = try #require(evaluation?["calibration"] as? [String: Any])
            let calibrated = try #require(calibration["results"] as? [[String: Any]])
            #expect(
                calibration["runs"] as? Int == 7 && calibrated.count == 12
                    && calibrated.prefix(3).map { $0["calibrator"] as? String } == ["none", "vector", "isotonic"])
            #expect(String(decoding: expected[13], as: UTF8.self).split(separator: "\n").count == 13)
            let risks = String(decoding: expected[5], as: UTF8.self).split(separator: "\n")
            #expect(risks.count == 101 && risks[0].hasPrefix("coverage,confidence,") && risks[100].hasPrefix("1.0,"))
            let detection = try #require(evaluation?["error_detection"] as? [[String: Any]])
            for score in detection {
                let curve = try #require(score["risk_by_coverage"] as? [Double])
                let result = try #require(score["result"] as? [String: Double])
                #expect(curve.count == 100 && curve[79] == result["risk_at_80_percent_coverage"])
                #expect(curve[99] == (detection[0]["risk_by_coverage"] as? [Double])?[99])
            }
            let reliability = try #require(evaluation?["reliability"] as? [String: Any])
            let bins = try #require(reliability["bins"] as? [[String: Double]])
            #expect(bins.count == 15 && bins.reduce(0) { $0 + $1["answers"]! } == 30)
            for (name, chart) in zip(files, expected) where name.hasSuffix(".svg") {
                let svg = String(decoding: chart, as: UTF8.self)
                #expect(svg.hasPrefix("<svg") && !svg.contains(/[ ",-](nan|inf)[ ",]/), "\(name)")
                #expect(svg.hasSuffix("</svg>\n"), "\(name)")
            }
            let tests = try #require(evaluation?["test_sets"] as? [[String: Any]])
            #expect(tests.map { $0["examples"] as? Int } == [21] && tests.map { $0["runs"] as? Int } == [7])
            #expect(
                (tests[0]["predictors"] as? [[String: Any]])?.map { $0["predictor"] as? String } == [
                    "average_of_probabilities", "average_of_logits", "kernel", "product",
                ])
            #expect(String(decoding: expected[12], as: UTF8.self).split(separator: "\n").count == 5)
            let cascade = try #require(evaluation?["cascade"] as? [String: Any])
            let stages = try #require(cascade["stages"] as? [[String: Any]])
            #expect(
                stages.map { $0["runs"] as? Int } == [2, 4, 7] && stages.map { $0["cost"] as? Double } == [2, 2, 3])
            let result = try #require(cascade["result"] as? [String: Any])
            #expect(result["target_risk"] as? Double == 0.6 && result["coverage"] == nil)
            let always = try #require(result["always"] as? [String: Any])
            #expect(always["cost"] as? Double == 7 && always["low"] == nil)
            let others = try #require(always["outliers"] as? [[String: Any]])
            #expect(others.map { $0["cost"] as? Double } == [7, 7])
            #expect(others.allSatisfy { $0["passed"] as? [Double] == [1, 1] })
            let settled = try #require(evaluation?["settled"] as? [String: Any])
            let ofSizes = try #require(settled["sizes"] as? [[String: Double]])
            #expect(ofSizes.map { $0["runs"] } == [1, 2, 5, 7] && settled["runs"] as? Int == 7)
            #expect(ofSizes[3]["agreement"] == 1 && ofSizes[3]["settled"] == 1)
            // One run votes as often for the winner as it has votes.
            let votes = String(decoding: expected[16], as: UTF8.self).split(separator: "\n").map {
                $0.split(separator: ",").map(String.init)
            }
            #expect(votes.count == 31 && votes[0] == ["example", "prediction", "votes", "runs"])
            let share = votes.dropFirst().reduce(0) { $0 + (Double($1[2]) ?? .nan) } / (30 * 7)
            #expect(abs(ofSizes[0]["agreement"]! - share) < 1e-9)
            #expect(votes.dropFirst().map { Int($0[3]) ?? 0 }.max() == settled["most"] as? Int)
            let lines = String(decoding: expected[14], as: UTF8.self).split(separator: "\n")
            #expect(lines.count == 1 + 21 * 3 && lines[0] == "cascade,share,set,cost,accepted,risk,passed_1,passed_2")
            let sets = try #require(evaluation?["out_of_distribution"] as? [[String: Any]])
            #expect(sets.map { $0["examples"] as? Int } == [17, 30] && sets.map { $0["runs"] as? Int } == [7, 7])
            let scores = try sets.map { try #require($0["scores"] as? [[String: Any]]) }
            #expect(scores[0].count == 9 && scores[0].contains { $0["score"] as? String == "scaled_similarity" })
            // The same examples cannot be told apart.
            #expect(scores[1].allSatisfy { ($0["result"] as? [String: Double])?["auroc"] == 0.5 })
            let rows = String(decoding: expected[10], as: UTF8.self).split(separator: "\n")
            #expect(rows[0] == "set,examples,runs,score,auroc,auroc_standard_error,aupr,fpr_at_95_percent_recall")
            #expect(rows.count == 19 && rows[1].contains("other, \"\"far\"\"\",17,7,confidence,"))
        }

        @Test(arguments: [1, 3]) func `runs that are all the same have charts`(runs: Int) throws {
            let scratch = try Scratch()
            var ensemble = RandomEnsemble(runs: runs, test: 30, train: 8, classes: 3)
            ensemble.logits = (0..<runs).flatMap { _ in ensemble.logits.prefix(90) }
            try ensemble.write(to: scratch("pool"))
            let outcome = try Program.run(
                ["evaluate", scratch("pool"), "--no-kernel", "--against", scratch("pool"), "-o", scratch("out")],
                ranks: 2)
            #expect(outcome.exitCode == 0, "\(outcome.error)")
            for name in ["error-by-runs", "likelihood-by-runs", "deep-members-by-runs", "risk-by-coverage"] {
                let svg = try String(contentsOfFile: scratch("out/\(name).svg"), encoding: .utf8)
                #expect(svg.contains("average of probabilities") || name == "risk-by-coverage")
                // No label of a tick is longer than its margin.
                #expect(!svg.contains(/>[0-9.]{8,}</), "\(name)")
            }
        }

        @Test func `a table of other distributions does not outlive them`() throws {
            let scratch = try Scratch()
            try RandomEnsemble(runs: 4, test: 400, train: 8, classes: 3).write(to: scratch("pool"))
            let requested = [
                "--ood", scratch("pool"), "--test", scratch("pool"), "--conformal", "0.1", "--calibrate", "all",
                "--against", scratch("pool"),
            ]
            for (options, isThere) in [(requested, true), ([], false)] {
                let outcome = try Program.run(
                    ["evaluate", scratch("pool"), "--out", scratch("out")] + options, ranks: nil)
                #expect(outcome.exitCode == 0 && outcome.output.contains("other distributions") == isThere)
                // Runs that disagree are a mistake in the pools and in test sets, but not on other distributions.
                let warnings = outcome.messages.count { $0.contains("test examples, no more than by chance") }
                #expect(warnings == (isThere ? 3 : 1))
                for name in ["out_of_distribution", "test_sets", "conformal", "calibration"] {
                    #expect(FileManager.default.fileExists(atPath: scratch("out/\(name).csv")) == isThere, "\(name)")
                }
                let chart = scratch("out/deep-members-by-runs.svg")
                #expect(FileManager.default.fileExists(atPath: chart) == isThere)
            }
        }

        @Test(arguments: [(3, true), (2, false), (5, false)])
        func `class names are those of training, if there is one for each class`(count: Int, areShown: Bool) throws {
            let scratch = try Scratch()
            try RandomEnsemble(runs: 4, test: 30, train: 8, classes: 3).write(to: scratch("pool"))
            let names = (0..<count).map { "\"animal, \($0)\"" }.joined(separator: ", ")
            try scratch(
                "pool/ensemble.json", holding: Data(#"{"class_names": [\#(names)], "runs": [{}, {}, {}, {}]}"#.utf8))
            let outcome = try Program.run("evaluate", scratch("pool"), "--out", scratch("out"), ranks: 2)
            try #require(outcome.exitCode == 0, "\(outcome.error)")
            let table = try String(contentsOfFile: scratch("out/classes.csv"), encoding: .utf8).split(separator: "\n")
            #expect(table.count == 4 && table[1].hasPrefix(areShown ? "0,\"animal, 0\"," : "0,,"))
        }

        @Test func `what is said of the ensemble's own files is not asked of other sets`() throws {
            let scratch = try Scratch()
            let pool = RandomEnsemble(runs: 5, test: 30, train: 40, classes: 3)
            try pool.write(to: scratch("pool"))
            for (name, renamed) in [("logits_train", "far_train"), ("labels", "y"), ("labels_train", "y_train")] {
                try FileManager.default.moveItem(
                    atPath: scratch("pool/\(name).npy"), toPath: scratch("pool/\(renamed).npy"))
            }
            try RandomEnsemble(runs: 5, test: 9, train: 4, classes: 3, seed: 2).write(to: scratch("other"))
            // Nobody reads these labels, nor can.
            try Data("no labels".utf8).write(to: URL(fileURLWithPath: scratch("other/labels.npy")))
            let outcome = try Program.run(
                "evaluate", scratch("pool"), "--logits-train", "far_train", "--labels", scratch("pool/y.npy"),
                "--labels-train", scratch("pool/y_train.npy"), "--ood", scratch("other"))
            #expect(outcome.exitCode == 0, "\(outcome.error)")
            #expect(outcome.output.contains("similarity"))
        }

        @Test func `the files and the tables tell the same`() throws {
            let scratch = try Scratch()
            let outcome = try Program.run(
                "evaluate", fashion, "--out", scratch("out"), "--sizes", "5,64,5", "--subsets", "3", "--cascade",
                "--cascade-runs", "4", "--member-costs", "2,5", "--coverage", "0.5", ranks: 2)
            try #require(outcome.exitCode == 0, "\(outcome.error)")
            let evaluation = try json(scratch("out/evaluation.json"))
            let sizes = try #require(evaluation["sizes"] as? [[String: Any]])
            #expect(sizes.map { $0["runs"] as? Int } == [5, 64] && sizes.map { $0["subsets"] as? Int } == [3, 1])
            let mean = try #require((sizes[0]["average_of_logits"] as? [String: Any])?["mean"] as? [String: Double])
            let table = try String(contentsOfFile: scratch("out/evaluation.csv"), encoding: .utf8)
                .split(separator: "\n").map {
                    $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
                }
            #expect(table.count == 1 + 4 * 2 && table.allSatisfy { $0.count == table[0].count })
            let row = try #require(table.first { $0[0] == "average_of_logits" && $0[1] == "5" })
            for (name, value) in mean {
                let field = Double(row[try #require(table[0].firstIndex(of: name))]) ?? .nan
                #expect(abs(field - value) <= 1e-15 * abs(value), "\(name)")
            }
            #expect(row[try #require(table[0].firstIndex(of: "deep_ensemble_equivalent"))] == "")
            let error = String(format: "%.2f", 100 * (mean["error"] ?? .nan))
            #expect(
                outcome.output.split(separator: "\n").contains {
                    $0.contains("average of logits") && $0.contains(error)
                })

            let cascade = try #require((evaluation["cascade"] as? [String: Any])?["result"] as? [String: Any])
            #expect((cascade["always"] as? [String: Double])?["cost"] == 7)
            #expect(cascade["coverage"] as? Double == 0.5)
            #expect(outcome.output.contains("cascade, 1 and 4 runs"))
            #expect(outcome.output.contains("tables (.csv) and charts (.svg) written to \(scratch("out"))"))

            let printed = try Program.run("evaluate", fashion, "--sizes", "64", "--format", "json", "--no-kernel")
            let object = try JSONSerialization.jsonObject(with: Data(printed.output.utf8)) as? [String: Any]
            #expect(object?["command"] as? String == "evaluate" && object?["kernel"] == nil)
        }

        @Test func `a trained ensemble has its method, chains and epochs`() throws {
            let scratch = try Scratch()
            let training = ["--hidden", "4", "--train-examples", "200", "--test-examples", "100", "--epochs", "1"]
            for arguments in [
                [
                    "--method", "snapshot", "--runs", "6", "--samples", "3", "--cycle-epochs", "2", "--out",
                    scratch("snap"),
                ],
                ["--runs", "6", "--out", scratch("deep")],
            ] {
                let outcome = try Program.run(["train"] + training + arguments, ranks: 2)
                try #require(outcome.exitCode == 0, "\(outcome.error)")
            }
            let outcome = try Program.run(
                "evaluate", scratch("snap"), "--against", scratch("deep"), "--format", "json", ranks: 3)
            try #require(outcome.exitCode == 0, "\(outcome.error)")
            let evaluation = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any]
            let pool = try #require(evaluation?["ensemble"] as? [String: Any])
            #expect(pool["methods"] as? [String] == ["snapshot"] && pool["chains"] as? Int == 2)
            let sizes = try #require(evaluation?["sizes"] as? [[String: Any]])
            // Ensembles of 1, 2, 5 and 6 runs: cycles of two epochs each.
            #expect(sizes.map { $0["cost_epochs"] as? Double } == [2, 4, 10, 12])
            #expect(outcome.messages.isEmpty)

            let other = try Program.run("evaluate", scratch("deep"), "--against", scratch("snap"))
            #expect(other.exitCode == 0)
            #expect(other.messages.count == 1 && other.messages[0].contains("not a deep ensemble"), "\(other.error)")
        }

        @Test func `the table of all kinds of ensembles has a row a size`() throws {
            let scratch = try Scratch()
            let outcome = try ParallelProcess.run(
                script: "\(Fixtures.package)/scripts/ensemble-table",
                arguments: [
                    "--methods", "dropout", "--chains", "2", "--samples", "1,3", "--train-examples", "200", "--hidden",
                    "4", "--epochs", "1", "--out", scratch("table"),
                ], timeLimit: .seconds(120))
            try #require(outcome.exitCode == 0, "\(outcome.error)")
            let rows = try String(contentsOfFile: scratch("table/table.csv"), encoding: .utf8).split(separator: "\n")
                .map { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }
            #expect(
                rows.dropFirst().map { "\($0[0]) \($0[1])" } == [
                    "deep 1", "deep 3", "kernel of deep 3", "deep x kernel 3", "local kernel of deep 3",
                    "deep x local kernel 3", "dropout 1", "dropout 3",
                ])
            let epochs = try #require(rows[0].firstIndex(of: "epochs"))
            #expect(rows.dropFirst().map { Double($0[epochs]) } == [1, 3, 3, 3, 3, 3, 1, 1])
            #expect(outcome.output.contains("| kernel of deep       |") && outcome.output.contains("deep members, 3"))
            #expect(outcome.output.contains("runs, 24") && outcome.output.contains(/\| dropout +\| +6 \|/))
        }

        /// What cannot be evaluated, and what the one line about it says.
        static let refusals: [BadInputTests.Damage] = [
            BadInputTests.Damage("no labels", 65, "logits.npy", "no labels for the test examples", "--labels") {
                folder in
                try RandomEnsemble(runs: 4, test: 6, train: 8, classes: 3).write(to: folder, labels: false)
                return [folder]
            },
            BadInputTests.Damage("no test logits", 65, "no logits of the test examples") { folder in
                try RandomEnsemble(runs: 4, test: 6, train: 8, classes: 3).write(to: folder)
                try FileManager.default.removeItem(atPath: "\(folder)/logits.npy")
                return [folder]
            },
            BadInputTests.Damage("a logit that is not finite", 65, "logits.npy[2, 4, 1]") { folder in
                var ensemble = RandomEnsemble(runs: 4, test: 6, train: 8, classes: 3)
                ensemble.logits[2 * 18 + 4 * 3 + 1] = .nan
                try ensemble.write(to: folder)
                return [folder]
            },
            .options("--sizes", "2,5", mentions: "--sizes 5", "4 runs"),
            .options("--sizes", "2,,3", mentions: "2,,3", "--sizes"),
            .options("--subsets", "0", mentions: "--subsets 0"),
            .options("--subsets", "1000000000", mentions: "--subsets 1000000000"),
            BadInputTests.Damage("one example for a cascade", 65, "1 example", "cascade") { folder in
                try RandomEnsemble(runs: 4, test: 1, train: 8, classes: 3).write(to: folder)
                return [folder, "--cascade"]
            },
            BadInputTests.Damage("a logit beyond all bounds", 65, "logits.npy[1, 0, 2]", "beyond 1e100") { folder in
                let ensemble = RandomEnsemble(runs: 2, test: 1, train: 8, classes: 3)
                try ensemble.write(to: folder)
                try NPY.write([1, 2, 3, 4, 5, -1e101], shape: [2, 1, 3], to: "\(folder)/logits.npy")
                return [folder]
            },
            BadInputTests.Damage("a bad logit of a run that no ensemble has", 65, "logits.npy[3, 0, 0]") { folder in
                var ensemble = RandomEnsemble(runs: 4, test: 6, train: 8, classes: 3)
                ensemble.logits[3 * 18] = .nan
                try ensemble.write(to: folder)
                return [folder, "--sizes", "1", "--subsets", "1"]
            },
            .options("--cascade", "--cascade-runs", "5", mentions: "--cascade-runs 5", "the 4 runs"),
            .options("--cascade", "--cascade-runs", "4,1", mentions: "--cascade-runs 4,1:", "ascending order"),
            .options("--cascade", "--cascade-runs", "4,4", mentions: "--cascade-runs 4,4:", "ascending order"),
            .options("--cascade", "--member-costs", "1", mentions: "--member-costs 1", "two costs"),
            .options("--cascade", "--member-costs", "1,1e308", mentions: "--member-costs 1,1e308"),
            .options("--coverage", "0.5", mentions: "--coverage", "--cascade"),
            .options("--cascade", "--cascade-runs", "1", mentions: "--cascade-runs 1:", "ascending order"),
            .options("--cascade", "--cascade-runs", "0,2", mentions: "--cascade-runs 0,2:", "ascending order"),
            .options("--cascade", "--cascade-runs", "1,2,4", "--member-costs", "1,3", mentions: "1,3", "3 costs"),
            .options("--cascade", "--coverage", "0.5", "--risk", "0.1", mentions: "--coverage and --risk"),
            .options("--cascade", "--risk", "1", mentions: "--risk 1", "below 1"),
            .options("--cascade", "--cascade-score", "vote", mentions: "--cascade-score", "vote"),
            .options("--cascade", "--cascade-score", "agreement", mentions: "agreement", "--cascade-runs 2,4"),
            BadInputTests.Damage(
                "one logit for a cascade by energy", 64, "--cascade-score energy", "use confidence or entropy"
            ) { folder in
                try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
                try NPY.write((0..<24).map { Float($0 % 7) - 3 }, shape: [4, 6, 1], to: "\(folder)/logits.npy")
                try NPY.write([0, 1, 0, 1, 1, 0], shape: [6], to: "\(folder)/labels.npy")
                return [folder, "--cascade", "--cascade-score", "energy"]
            },
            .options("--cascade", "--coverage", "1.5", mentions: "--coverage 1.5"),
            .options("--conformal", "1", mentions: "--conformal 1", "below 1"),
            .options("--budgets", "3", mentions: "--budgets", "cost_epochs"),
            .options("--settled", "1", mentions: "--settled 1", "below 1"),
            .options("--calibrate", "temperature,platt", mentions: "--calibrate", "temperature,platt"),
            .options("--memory", "1KiB", mentions: "--memory 1 KiB", "at least"),
            BadInputTests.Damage("a test set without labels", 65, "other", "no labels for the test examples") {
                folder in
                try RandomEnsemble(runs: 4, test: 6, train: 8, classes: 3).write(to: "\(folder)/pool")
                try RandomEnsemble(runs: 4, test: 6, train: 8, classes: 3).write(to: "\(folder)/other", labels: false)
                return ["\(folder)/pool", "--test", "\(folder)/other"]
            },
            beside("--test", "a test set of other runs", "other", "5 runs", "has 4") {
                RandomEnsemble(runs: 5, test: 6, train: 8, classes: 3)
            },
            BadInputTests.Damage("one logit of two classes, and two", 65, "has 2 logits", "has 1 logit") { folder in
                try RandomEnsemble(runs: 4, test: 6, train: 8, classes: 2).write(to: "\(folder)/other")
                let pool = "\(folder)/pool"
                try FileManager.default.createDirectory(atPath: pool, withIntermediateDirectories: true)
                try NPY.write((0..<24).map { Float($0 % 5) - 2 }, shape: [4, 6, 1], to: "\(pool)/logits.npy")
                try NPY.write([0, 1, 0, 1, 0, 1] as [Int64], shape: [6], to: "\(pool)/labels.npy")
                return [pool, "--ood", "\(folder)/other"]
            },
            BadInputTests.Damage("one example for conformal sets", 65, "1 example", "conformal sets") { folder in
                try RandomEnsemble(runs: 4, test: 1, train: 8, classes: 3).write(to: folder)
                return [folder, "--conformal", "0.1"]
            },
            beside("--ood", "other runs", "5 runs", "has 4") { RandomEnsemble(runs: 5, test: 7, train: 8, classes: 3) },
            beside("--ood", "other outputs", "4 classes", "and 3:") {
                RandomEnsemble(runs: 4, test: 6, train: 8, classes: 4)
            },
            BadInputTests.Damage("only training logits to tell apart", 65, "only logits of training", "rename") {
                folder in
                try RandomEnsemble(runs: 4, test: 6, train: 8, classes: 3).write(to: "\(folder)/pool")
                try RandomEnsemble(runs: 4, test: 6, train: 8, classes: 3).write(to: "\(folder)/other")
                try FileManager.default.removeItem(atPath: "\(folder)/other/logits.npy")
                return ["\(folder)/pool", "--ood", "\(folder)/other"]
            },
            beside("--against", "other examples", "7 examples", "6") {
                RandomEnsemble(runs: 4, test: 7, train: 8, classes: 3)
            },
            beside("--against", "other classes", "4 classes", "3") {
                RandomEnsemble(runs: 4, test: 6, train: 8, classes: 4)
            },
            beside("--against", "other labels", "test example 5", "label 0", "2") {
                var ensemble = RandomEnsemble(runs: 4, test: 6, train: 8, classes: 3)
                ensemble.labels[5] = 0
                return ensemble
            },
            BadInputTests.Damage("no deep ensemble there", 66, "nowhere", "no such") { folder in
                try RandomEnsemble(runs: 4, test: 6, train: 8, classes: 3).write(to: folder)
                return [folder, "--against", "\(folder)/nowhere"]
            },
            BadInputTests.Damage("an output folder that cannot be made", 73, "out") { folder in
                try RandomEnsemble(runs: 4, test: 6, train: 8, classes: 3).write(to: folder)
                try Data().write(to: URL(fileURLWithPath: "\(folder)/out"))
                return [folder, "--out", "\(folder)/out/below"]
            },
        ]

        /// A pool of 4 runs of 6 examples and 3 classes, beside which `option` names another ensemble.
        private static func beside(
            _ option: String, _ description: String, _ mentions: String...,
            other: @escaping @Sendable () throws -> RandomEnsemble
        ) -> BadInputTests.Damage {
            BadInputTests.Damage(description, 65, mentions) { folder in
                try RandomEnsemble(runs: 4, test: 6, train: 8, classes: 3).write(to: "\(folder)/pool")
                try other().write(to: "\(folder)/other")
                return ["\(folder)/pool", option, "\(folder)/other"]
            }
        }

        @Test(arguments: refusals)
        func `what cannot be evaluated is refused in one line`(refusal: BadInputTests.Damage) throws {
            try refusal.expectRefusal(by: "evaluate", ranks: nil)
        }

        @Test(
            arguments: refusals.tried {
                ["no labels", "a logit that is not finite", "other labels"].contains($0.testDescription)
            })
        func `several ranks refuse it in one line`(refusal: BadInputTests.Damage) throws {
            try refusal.expectRefusal(by: "evaluate", ranks: 3)
        }
    }
}
