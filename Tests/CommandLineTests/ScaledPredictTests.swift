import Foundation
import Testing
import TestSupport

extension CommandLineTests {
    /// `predict --scaling local`, what goes with it, and its control.
    @Suite struct ScaledPredictTests {
        private let fashion = Fixtures.fashion

        @Test func `the locally scaled kernel has the neighbors of its definition, the same bytes on any grid`() throws
        {
            let scratch = try Scratch()
            for pairs in ["test-train", "train-train", "test-test"] {
                let outcome = try Program.run("kernel", fashion, "--pairs", pairs, "--out", scratch("\(pairs).npy"))
                try #require(outcome.exitCode == 0, "\(outcome.error)")
            }
            var expected: [Data] = []
            for (ranks, options) in usually(
                [(nil, ["--threads", "2"]), (2, ["--grid", "2x1"]), (3, ["--grid", "1x3", "--memory", "45MiB"])],
                inAll: [(3, ["--screen", "float32"]), (4, ["--grid", "2x2"]), (7, ["--grid", "7x1"])])
                as [(Int?, [String])]
            {
                let outcome = try Program.run(
                    ["predict", fashion, "--scaling", "local", "--combine", "--joint", "--ties", "nearest"]
                        + ["--select", "loo", "--out", scratch("out")] + options,
                    ranks: ranks)
                try #require(outcome.exitCode == 0, "\(outcome.error)")
                let written = try ["neighbors.npy", "similarities.npy", "predictions.csv"].map {
                    try Data(contentsOf: URL(fileURLWithPath: scratch("out/\($0)")))
                }
                if expected.isEmpty { expected = written }
                #expect(written == expected, "\(options)")
                #expect(outcome.output.contains("kernel, 20 nearest, local scaling, weights (1 + S)^4"))
                #expect(outcome.output.contains("ensemble x kernel, 20 nearest, local scaling"))
            }
            let python = try Python.run(
                """
                import csv, json, sys, zipfile
                import numpy as np
                folder, fashion = sys.argv[1:]
                kernel, own, among_test = (
                    np.load(f"{folder}/{name}.npy").astype(float)
                    for name in ("test-train", "train-train", "test-test"))
                np.fill_diagonal(own, -np.inf)
                np.fill_diagonal(among_test, -np.inf)
                of_test, of_train = (np.sort(k, 1)[:, -10:].mean(1) for k in (kernel, own))
                scaled = 2 * kernel - of_test[:, None] - of_train[None, :]
                order = np.argsort(-scaled, 1, kind="stable")
                s = np.take_along_axis(scaled, order, 1)
                neighbors, similarities = (
                    np.load(f"{folder}/out/{name}.npy") for name in ("neighbors", "similarities"))
                k = neighbors.shape[1]
                assert k == 101 and abs(s[:, :k] - similarities).max() < 1e-6
                gap = np.minimum(np.diff(-s[:, :k], axis=1, prepend=-np.inf), s[:, :k] - s[:, 1:k + 1])
                different = neighbors != order[:, :k]
                assert not different[gap > 1e-6].any() and different.mean() < 0.01
                labels, train = np.load(f"{fashion}/labels.npy"), np.load(f"{fashion}/labels_train.npy")
                shares = np.stack([
                    (np.maximum(1 + s[:, :20], 0) ** 4 * (train[order[:, :20]] == c)).sum(1) for c in range(10)], 1)
                rows = list(csv.DictReader(open(f"{folder}/out/predictions.csv")))
                assert [int(row["kernel_local"]) for row in rows] == shares.argmax(1).tolist()
                summary = json.load(open(f"{folder}/out/summary.json"))
                assert summary["scaling"] == {"method": "local", "k": 10}
                average = np.array([int(row["ensemble"]) for row in rows]) == labels

                def expect(name, predicted, **vote):
                    found = summary["accuracy"][name]
                    rounds = found.pop("rounds", None)
                    difference = (predicted == labels).astype(int) - average
                    less = found.pop("less_ensemble_logits")
                    assert found == {**vote, "k": 20, "power": 4, "accuracy": (predicted == labels).mean()}
                    assert abs(less["mean"] - difference.mean()) < 1e-12
                    assert abs(less["standard_error"] - difference.std(ddof=1) / np.sqrt(len(labels))) < 1e-12
                    return rounds

                expect("kernel_local", shares.argmax(1))
                # Tried on the training examples, of which each is predicted by the others.
                scaled = 2 * own - of_train[:, None] - of_train[None, :]
                nearest = np.argsort(-scaled, 1, kind="stable")[:, :20]
                weights = np.maximum(1 + np.take_along_axis(scaled, nearest, 1), 0) ** 4
                votes = np.stack([(weights * (train[nearest] == c)).sum(1) for c in range(10)], 1)
                candidates = summary["selection"]["candidates"]
                loo = (votes.argmax(1) == train).mean()
                assert candidates[-1] == {"accuracy": loo, "k": 20, "power": 4, "scaling": "local"}
                # Better than all by K, on these runs.
                assert summary["selection"]["chosen"] == candidates[-1] == max(candidates, key=lambda c: c["accuracy"])
                assert len(candidates) == 6 * 13 + 1
                assert [row["kernel_selected"] for row in rows] == [row["kernel_local"] for row in rows]
                assert summary["selection"]["accuracy"] == (shares.argmax(1) == labels).mean()
                # Of the three nearest by K, two agree or the first decides.
                three = train[np.argsort(-kernel, 1, kind="stable")[:, :3]]
                majority = np.where(three[:, 1] == three[:, 2], three[:, 1], three[:, 0])
                assert [int(row["kernel_majority"]) for row in rows] == majority.tolist()
                assert summary["accuracy"]["kernel_majority"]["ties"] == "nearest"
                # The product of experts: the votes have one more, spread over all classes.
                stored = zipfile.ZipFile(f"{fashion}/log.pt").read("log/data/1")
                logits = np.frombuffer(stored, np.float16).astype(float).reshape(64, 500, 10)
                mean = (np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)).mean(0)
                product = mean * (shares + shares.sum(1, keepdims=True) / 200)
                assert [int(row["product"]) for row in rows] == product.argmax(1).tolist()
                expect("product", product.argmax(1), scaling="local")
                # The joint vote, solved at once: of all other examples the nearest, scaled by those.
                joined = np.hstack([kernel, among_test])
                r_test, r_train = (
                    np.sort(k, 1)[:, -10:].mean(1) for k in (joined, np.hstack([own, kernel.T])))
                scaled = 2 * joined - r_test[:, None] - np.concatenate([r_train, r_test])
                weights = np.maximum(1 + scaled, 0) ** 4
                np.put_along_axis(weights, np.argsort(-scaled, 1, kind="stable")[:, 20:], 0, 1)
                weights /= weights.sum(1, keepdims=True)
                joint = np.linalg.solve(
                    np.eye(500) - weights[:, 2000:], weights[:, :2000] @ np.eye(10)[train])
                top = np.sort(joint, 1)
                found = np.array([int(row["kernel_joint"]) for row in rows])
                different = found != joint.argmax(1)
                assert different.sum() < 3 and (top[different, -1] - top[different, -2] < 1e-4).all()
                assert (found != shares.argmax(1)).any() and 5 < expect("kernel_joint", found) < 200
                # The votes by the kernel itself are what they are without it.
                plain = json.load(open(f"{fashion}/expected.json"))
                assert summary["accuracy"]["kernel_weighted"]["accuracy"] == plain["kernel_weighted"]
                """, scratch.path, fashion)
            #expect(python.status == 0, "\(python)")
        }

        @Test func `a control needs images`() throws {
            let outcome = try Program.run("predict", fashion, "--controls", ranks: 2)
            #expect(outcome.exitCode == 65 && outcome.output == "")
            #expect(outcome.error.contains("no images of the test and the training examples, which --controls need"))
            #expect(outcome.error.contains("put images.npy and images_train.npy"))
        }
    }
}
