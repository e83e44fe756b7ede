"""evaluate, select_runs, sweep and report: the files of the program as dictionaries and tables."""

import csv
import json
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest
from conftest import RUNS, TEST, read_json, run_program
from ensemble_kernel import EnsembleKernelError, FileError, Runs, evaluate, load_runs, report, select_runs, sweep
from sklearn.metrics import (
    average_precision_score,
    confusion_matrix,
    precision_recall_fscore_support,
    roc_auc_score,
    roc_curve,
    top_k_accuracy_score,
)


def without_times(value):
    """What a command computes, without how long it took and where its files are."""
    if isinstance(value, dict):
        left_out = ("seconds", "sources", "reading", "peak_memory_bytes", "rank_activity")
        return {key: without_times(item) for key, item in value.items() if key not in left_out}
    return [without_times(item) for item in value] if isinstance(value, list) else value


def check_table(found, path):
    columns = found if isinstance(found, dict) else found.to_dict("list")
    with open(path) as file:
        header, *rows = csv.reader(file)
    assert list(columns) == header
    for name, cells in zip(header, zip(*rows, strict=True), strict=True):
        for value, cell in zip(columns[name], cells, strict=True):
            assert (value == cell) if isinstance(value, str) else (value == float(cell)) if cell else np.isnan(value)


def test_evaluate_is_the_file(arrays, ensemble, tmp_path):
    run_program("evaluate", arrays, "--sizes", "1,4,24", "-o", tmp_path / "out")
    expected = without_times(read_json(tmp_path / "out/evaluation.json"))
    parts = {"train": ensemble.train, "y_train": ensemble.y_train}
    for runs, y, others in (
        (load_runs(arrays), None, {}),
        (arrays, ensemble.y_test, {"y_train": list(ensemble.y_train)}),
        (ensemble.test, ensemble.y_test, parts),
        (Runs(list(ensemble.test), list(ensemble.train)), ensemble.y_test.astype(float), parts),
    ):
        found = evaluate(runs, y, **others, sizes=[1, 4, 24])
        assert without_times(found) == expected
        check_table(found.to_frame(), tmp_path / "out/evaluation.csv")


@pytest.mark.parametrize(
    ("parameters", "options"),
    [
        (
            {"kernel": False, "cascade": True, "conformal": 0.2, "random_state": 3, "subsets": 2},
            "--no-kernel --cascade --conformal 0.2 --seed 3 --subsets 2",
        ),
        (
            {
                "cascade": True,
                "cascade_runs": [2, 4, 9],
                "cascade_score": "mutual_information",
                "member_costs": (1, 2.5, 3),
                "risk": 0.05,
            },
            "--cascade --cascade-runs 2,4,9 --cascade-score mutual-information --member-costs 1,2.5,3 --risk 0.05",
        ),
        ({"cascade": True, "cascade_runs": 7, "coverage": 0.5}, "--cascade --cascade-runs 7 --coverage 0.5"),
        ({"settled": 0.05}, "--settled 0.05"),
        ({"calibrators": "all"}, "--calibrate all"),
        ({"calibrators": ["beta", "temperature"]}, "--calibrate beta,temperature"),
        ({"n_neighbors": 15, "power": 2, "logit_transform": "raw"}, "--weighted-k 15 --power 2 --transform raw"),
        ({"scaling": "local", "scaling_neighbors": 4}, "--scaling local --scaling-k 4"),
    ],
)
def test_evaluate_has_options(arrays, tmp_path, parameters, options):
    run_program("evaluate", arrays, "--against", arrays, *options.split(), "-o", tmp_path / "out")
    found = evaluate(arrays, against=arrays, **parameters)
    assert without_times(found) == without_times(read_json(tmp_path / "out/evaluation.json"))


@pytest.mark.parametrize("costs", [3.0, [], [1, None], "1,3", [1, -1], [1, float("inf")]])
def test_costs_are_numbers(arrays, costs):
    with pytest.raises(ValueError, match="member_costs must be a list of numbers of at least 0; got"):
        evaluate(arrays, cascade=True, member_costs=costs)


def test_ensembles_of_equal_cost_are_compared(arrays, tmp_path):
    pool = tmp_path / "pool"
    shutil.copytree(arrays, pool)
    with pytest.raises(EnsembleKernelError, match=r"budgets.*cost_epochs"):
        evaluate(pool, budgets=12)
    rows = [{"run": run, "chain": run, "cost_epochs": 4} for run in range(RUNS)]
    (pool / "ensemble.json").write_text(json.dumps({"runs": rows}))
    run_program("evaluate", pool, "--budgets", "3,12,21", "-o", tmp_path / "out")
    found = evaluate(pool, budgets=[12, 3, 21])
    assert without_times(found) == without_times(read_json(tmp_path / "out/evaluation.json"))
    assert [budget.get("ensembles", {}).get("runs") for budget in found["budgets"]] == [None, 3, 5]


def test_select_runs_is_the_file(arrays, ensemble, tmp_path):
    run_program("select", arrays, "--size", "3", "--cohesion", "-0.5", "--seed", "4", "-o", tmp_path / "out")
    expected = without_times(read_json(tmp_path / "out/selection.json"))
    for runs, y in ((arrays, None), (ensemble.test, ensemble.y_test), (load_runs(arrays), list(ensemble.y_test))):
        found = select_runs(runs, y, size=3, cohesion=-0.5, random_state=4)
        assert without_times(found) == expected
        check_table(found.to_frame(), tmp_path / "out/selection.csv")
    assert set(found.weights) == {"best", "greedy", "cohesive", "stacking", "bayes", "all"}
    (greedy,) = (choice for choice in found["choices"] if choice["method"] == "greedy")
    assert sorted(greedy["members"]) == list(np.flatnonzero(found.weights["greedy"]))
    for weights in found.weights.values():
        assert weights.shape == (RUNS,) and abs(weights.sum() - 1) < 1e-9
    with pytest.raises(ValueError, match="cohesion must be a number from -1000000 to 1000000; got 'much'"):
        select_runs(arrays, cohesion="much")


def test_tables_are_dictionaries_without_pandas(arrays, tmp_path, monkeypatch):
    run_program("evaluate", arrays, "--no-kernel", "-o", tmp_path / "out")
    monkeypatch.setitem(sys.modules, "pandas", None)
    found = evaluate(arrays, kernel=False).to_frame()
    assert isinstance(found, dict) and found["runs"].dtype == np.int64
    check_table(found, tmp_path / "out/evaluation.csv")


def test_sweep_is_the_file(arrays, ensemble, tmp_path):
    run_program("sweep", arrays, "--sizes", "4,24", "--scaling", "local", "--transform", "raw", "-o", tmp_path / "out")
    found = sweep(
        ensemble.test,
        ensemble.y_test,
        train=ensemble.train,
        y_train=ensemble.y_train,
        sizes=[4, RUNS],
        scaling="local",
        logit_transforms=["raw"],
    )
    assert without_times(found) == without_times(read_json(tmp_path / "out/sweep.json"))
    check_table(found.to_frame(), tmp_path / "out/sweep.csv")
    charts = {path.stem: path.read_text() for path in (tmp_path / "out").glob("*.svg")}
    assert found.charts == charts and "<svg" in found._repr_html_()


def test_scores_detect_errors_as_scikit_learn_has_it(ensemble, tmp_path):
    # These networks make no errors: some labels do.
    y = np.where(np.arange(TEST) % 7 < 2, (ensemble.y_test + 1) % 5, ensemble.y_test)
    logits = np.asarray(ensemble.test, float)
    found = evaluate(logits, y, train=ensemble.train, y_train=ensemble.y_train)
    logs = logits - np.log(np.exp(logits).sum(2, keepdims=True))
    average, means = np.exp(logs).mean(0), logits.mean(0)
    predicted = average.argmax(1)
    wrong = predicted != y

    def entropy(p):
        return -(p * np.log(p)).sum(-1)

    scores = {
        "confidence": average.max(1),
        "entropy": -entropy(average),
        "mutual_information": entropy(np.exp(logs)).mean(0) - entropy(average),
        "agreement": (logs.argmax(2) == predicted).mean(0),
        "largest_logit": means.max(1),
        "energy": np.log(np.exp(means).sum(1)),
    }
    measured = {one["score"]: one for one in found["error_detection"]}
    assert set(measured) == {*scores, "similarity", "vote"} and 0 < wrong.sum() < len(y)
    for score, certainty in scores.items():
        result = measured[score]["result"]
        assert measured[score]["runs"] == RUNS
        assert abs(result["auroc"] - roc_auc_score(wrong, -certainty)) < 1e-6
        assert abs(result["aupr"] - average_precision_score(wrong, -certainty)) < 1e-6
        if score == "agreement":
            continue
        risks = wrong[np.argsort(-certainty)].cumsum() / np.arange(1, len(y) + 1)
        best = np.sort(wrong).cumsum() / np.arange(1, len(y) + 1)
        assert abs(result["aurc"] - risks.mean()) < 1e-6
        assert abs(result["excess_aurc"] - (risks - best).mean()) < 1e-6
        allowed = np.flatnonzero(risks <= 0.05)
        assert result["coverage_at_5_percent_risk"] == (allowed[-1] + 1) / len(y) if len(allowed) else 0
        assert abs(result["risk_at_80_percent_coverage"] - risks[int(np.ceil(0.8 * len(y))) - 1]) < 1e-6


def test_classes_are_scored_as_scikit_learn_has_it(tmp_path):
    random = np.random.default_rng(2)
    runs, examples, classes = 6, 120, 9
    # The last class has no examples, and the one before is never predicted.
    y = np.arange(examples) % (classes - 1)
    logits = random.normal(0, 1, (runs, examples, classes))
    logits[:, np.arange(examples), y] += 1.2
    logits[:, :, classes - 2] -= 9
    found = evaluate(logits, y, kernel=False)
    average = np.exp(logits - np.log(np.exp(logits).sum(2, keepdims=True))).mean(0)
    predicted = average.argmax(1)
    by_class = found["by_class"]
    assert by_class["runs"] == runs
    scores = precision_recall_fscore_support(y, predicted, labels=range(classes), zero_division=np.nan)
    for c, metrics in enumerate(by_class["metrics"]):
        assert (metrics["examples"], metrics["predicted"]) == (scores[3][c], (predicted == c).sum())
        for key, score in zip(("precision", "recall", "f1"), scores[:3], strict=True):
            assert np.isnan(score[c]) if key not in metrics else abs(metrics[key] - score[c]) < 1e-12
    assert "recall" not in by_class["metrics"][-1] and "precision" not in by_class["metrics"][-2]
    matrix = confusion_matrix(y, predicted, labels=range(classes))
    np.fill_diagonal(matrix, 0)
    confusions = np.zeros_like(matrix)
    for entry in by_class["confusions"]:
        confusions[entry["label"], entry["predicted"]] = entry["count"]
    assert np.array_equal(confusions, matrix)
    counts = [entry["count"] for entry in by_class["confusions"]]
    assert counts == sorted(counts, reverse=True)
    accuracy = top_k_accuracy_score(y, average, k=5, labels=range(classes))
    whole = found["sizes"][-1]["average_of_probabilities"]["mean"]
    assert whole["top_5_error"] > 0 and abs(whole["top_5_error"] - (1 - accuracy)) < 1e-12


def test_tied_probabilities_are_the_same_error_everywhere(tmp_path):
    random = np.random.default_rng(1)
    probabilities = np.round(random.dirichlet(np.ones(4), (5, 600)), 1) + 0.1
    probabilities /= probabilities.sum(2, keepdims=True)
    np.save(tmp_path / "logits.npy", np.log(probabilities))
    np.save(tmp_path / "labels.npy", random.integers(0, 4, 600))
    found = evaluate(tmp_path, kernel=False)
    whole = found["sizes"][-1]["average_of_probabilities"]["mean"]
    correct = sum(metrics["correct"] for metrics in found["by_class"]["metrics"])
    assert abs(whole["error"] - (1 - correct / 600)) < 1e-12
    (confidence,) = (one["result"] for one in found["error_detection"] if one["score"] == "confidence")
    assert abs(confidence["aurc"] - (1 - whole["accuracy_under_rejection"])) < 1e-12


def test_classes_have_the_names_of_the_labels(ensemble):
    names = [f"class {number}" for number in range(ensemble.test.shape[2])]
    y = [names[label] for label in ensemble.y_test]
    found = evaluate(ensemble.test, y, class_names=names, kernel=False)
    assert found["by_class"]["names"] == names


def delong_error(positives, negatives):
    """The standard error of the AUROC by DeLong et al., 1988: of numbers that are the smaller for positives."""
    wins = (positives[:, None] < negatives) + 0.5 * (positives[:, None] == negatives)
    shares = wins.mean(1), wins.mean(0)
    return np.sqrt(sum(share.var(ddof=1) / len(share) for share in shares))


@pytest.mark.parametrize("scaling", [None, "local"])
def test_scores_tell_other_distributions_as_scikit_learn_has_it(arrays, ensemble, tmp_path, scaling):
    logits, train = (np.asarray(part, float) for part in (ensemble.test, ensemble.train))
    # The same inputs with other noise, in part on the wrong side.
    random = np.random.default_rng(4)
    other = (0.6 * logits + random.normal(0, 1, logits.shape))[:, : TEST // 2]
    np.save(tmp_path / "logits.npy", other)
    options = {} if scaling is None else {"scaling": scaling, "scaling_neighbors": 6}
    found = evaluate(arrays, ood={"noise": other, "file": tmp_path / "logits.npy"}, **options)
    noise, file = found["out_of_distribution"]
    assert (noise["name"], file["name"]) == ("noise", "file") and noise["scores"] == file["scores"]
    assert (noise["examples"], noise["runs"]) == (TEST // 2, RUNS)

    def log_softmax(x):
        return x - np.log(np.exp(x).sum(2, keepdims=True))

    def standardized(x):
        logs = log_softmax(x)
        z = (logs - logs.mean(0)) / logs.std(0, ddof=1)
        return z.transpose(1, 0, 2).reshape(x.shape[1], -1) / np.sqrt(x.shape[0] * x.shape[2])

    def nearest(kernel, count=1):
        return np.sort(kernel, 1)[:, -count:].mean(1)

    def entropy(p):
        return -(p * np.log(p)).sum(-1)

    z_train = standardized(train)
    among = z_train @ z_train.T
    np.fill_diagonal(among, -2)

    def scores(x):
        p = np.exp(log_softmax(x))
        average, kernel = p.mean(0), standardized(x) @ z_train.T
        result = {
            "confidence": average.max(1),
            "entropy": -entropy(average),
            "mutual_information": entropy(p).mean(0) - entropy(average),
            "agreement": (x.argmax(2) == average.argmax(1)).mean(0),
            "largest_logit": x.mean(0).max(1),
            "energy": np.log(np.exp(x.mean(0)).sum(1)),
            "similarity": nearest(kernel),
        }
        if scaling:
            result["scaled_similarity"] = nearest(2 * kernel - nearest(kernel, 6)[:, None] - nearest(among, 6))
        return result

    measured = {one["score"]: one["result"] for one in noise["scores"]}
    own, others = scores(logits), scores(other)
    assert set(measured) == {*own, "vote"}
    is_other = np.arange(TEST + TEST // 2) >= TEST
    for score, result in measured.items():
        if score == "vote":
            continue
        certainty = np.concatenate([own[score], others[score]])
        assert abs(result["auroc"] - roc_auc_score(is_other, -certainty)) < 1e-6
        assert abs(result["auroc_standard_error"] - delong_error(others[score], own[score])) < 1e-6
        assert abs(result["aupr"] - average_precision_score(is_other, -certainty)) < 1e-6
        false_positives, recall, _ = roc_curve(is_other, -certainty, drop_intermediate=False)
        assert abs(result["fpr_at_95_percent_recall"] - false_positives[recall >= 0.95].min()) < 1e-6


def test_other_test_sets_are_measured_as_if_they_were_the_own(arrays, ensemble, tmp_path):
    random = np.random.default_rng(3)
    shifted = np.asarray(ensemble.test, float) + random.normal(0, 2, ensemble.test.shape)
    y = np.where(np.arange(TEST) % 5 == 0, -1, ensemble.y_test)
    (tmp_path / "sets").mkdir()
    np.save(tmp_path / "sets/logits.npy", shifted)
    np.save(tmp_path / "sets/labels.npy", y)
    found = evaluate(arrays, test_sets={"pair": (shifted, y), "path": tmp_path / "sets"}, sizes=[4, RUNS])
    assert [one["name"] for one in found["test_sets"]] == ["pair", "path"]
    pair, path = found["test_sets"]
    assert pair["predictors"] == path["predictors"] and pair["examples"] == (y >= 0).sum()
    alone = evaluate(shifted, y, train=ensemble.train, y_train=ensemble.y_train, sizes=[4, RUNS])
    expected = {name: alone["sizes"][-1][name]["mean"] for name in ("average_of_probabilities", "average_of_logits")}
    expected["kernel"] = alone["kernel"][-1]["measures"]
    expected["product"] = alone["kernel"][-1]["product"]["measures"]
    assert {one["predictor"]: one["measures"] for one in pair["predictors"]} == expected
    wrong = (shifted.argmax(2) != y)[:, y >= 0].mean()
    assert abs(pair["single_model_error"] - wrong) < 1e-12
    with pytest.raises(ValueError, match="must be a path, or a pair"):
        evaluate(arrays, test_sets={"x": shifted})
    with pytest.raises(ValueError, match="is in files: give the path of their folder"):
        evaluate(arrays, test_sets={"x": (load_runs(arrays).test, ensemble.y_test)})


def test_report_is_the_page(arrays, tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (TEST, 8, 8), np.uint8)
    np.save(arrays / "images.npy", images)
    run_program("report", arrays, "-o", tmp_path / "page.html")
    found = report(load_runs(arrays), path=tmp_path / "found.html")
    assert found.path == str(tmp_path / "found.html") and found.folder == str(tmp_path / "found_files")
    assert without_times(found) == without_times(read_json(tmp_path / "page_files/report.json"))
    assert found._repr_html_().startswith("<iframe srcdoc=") and "data:image" in found._repr_html_()
    suspects = np.genfromtxt(tmp_path / "page_files/suspects.csv", delimiter=",", names=True)
    columns = ["label", "suggested", "score", "label_probability"]
    assert list(found.label_issues()) == ["example", *columns] and len(suspects) > 3
    for column, name in zip(found.label_issues(), ["train", *columns], strict=True):
        assert np.array_equal(found.label_issues()[column], suspects[name])
    assert (found.targets("ensemble", "test") == np.load(tmp_path / "page_files/targets_ensemble.npy")).all()
    assert (found.targets() == np.load(tmp_path / "page_files/targets_kernel_train.npy")).all()
    for examples, suffix in [("test", ""), ("train", "_train")]:
        indices, similarities = found.neighbors(examples)
        assert (indices == np.load(tmp_path / f"page_files/neighbors{suffix}.npy")).all()
        assert indices.shape == similarities.shape == (len(found.targets("ensemble", examples)), 12)
    assert (found.neighbors("test", scaled=True)[0] != found.neighbors("test")[0]).any()
    assert list(found.near_duplicates()) == ["group", "set", "example", "keep", "least_similarity"]
    where = ["mirrored", "shift_down", "shift_right", "zoom"]
    assert list(found.copies()) == ["set", "example", "copy_of", "exact", "correlation", *where, "similarity"]


def test_report_of_arrays_with_images_and_names(ensemble, arrays, tmp_path):
    names = np.array(["bag", "boot", "coat", "dress", "shirt"])
    images = np.random.default_rng(0).integers(0, 256, (TEST, 8, 8), np.uint8)
    np.save(arrays / "images.npy", images)
    run_program("report", arrays, "--class-names", ",".join(names), "-o", tmp_path / "page.html")
    found = report(
        ensemble.test,
        names[ensemble.y_test],
        train=ensemble.train,
        y_train=names[ensemble.y_train],
        images=images,
        path=tmp_path / "found.html",
    )
    assert without_times(found) == without_times(read_json(tmp_path / "page_files/report.json"))
    page = (tmp_path / "found.html").read_text()
    assert "boot" in page and "data:image" in page
    # The temporary files are gone; explore finds the images here.
    assert (np.load(tmp_path / "found_files/images.npy") == images).all()
    with pytest.raises(ValueError, match="images go with logits in arrays"):
        report(load_runs(arrays), images=images, path=tmp_path / "found.html")


def test_what_is_no_ensemble_is_refused(ensemble):
    with pytest.raises(ValueError, match=r"logits must be \(runs, examples, classes\)"):
        evaluate(ensemble.test[0], ensemble.y_test)


@pytest.mark.parametrize("name", ["a.b.c", ".html", "x.HTML", "x.htm", "-x.html", "ä b.html"])
def test_report_finds_its_tables_beside_any_page(arrays, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    before = set(os.listdir())
    found = report(arrays, path=name, progress=False)
    made = set(os.listdir()) - before
    assert found.path == f"{tmp_path}/{name}" and os.path.dirname(found.folder) == str(tmp_path)
    assert made == {name, os.path.basename(found.folder)} and "accuracy" in found


def test_report_is_no_folder(arrays, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileError, match="is a folder"):
        report(arrays, path="pages/", progress=False)


@pytest.mark.parametrize("command", [evaluate, sweep])
def test_sizes_can_be_one_number_or_any_integers(arrays, command):
    expected = str(command(arrays, sizes=[4], progress=False).to_frame())
    for sizes in (4, np.int64(4), np.array([4])):
        assert str(command(arrays, sizes=sizes, progress=False).to_frame()) == expected


def test_random_state_can_be_of_numpy(arrays):
    expected = str(evaluate(arrays, random_state=3, kernel=False, progress=False).to_frame())
    assert str(evaluate(arrays, random_state=np.int64(3), kernel=False, progress=False).to_frame()) == expected


@pytest.mark.parametrize(
    ("command", "parameters", "words"),
    [
        *((evaluate, {"sizes": value}, "sizes must be a list of integers") for value in ("4", True, [2.5], [])),
        *((evaluate, {"random_state": value}, "random_state must be an integer from 0") for value in (-1, 1.5, 2**64)),
        *((evaluate, {"power": value}, "power must be a number from 0 to 400") for value in ("4", np.nan, 1e300)),
        (evaluate, {"n_neighbors": True}, "n_neighbors must be an integer"),
        (evaluate, {"scaling_neighbors": 2.5}, "scaling_neighbors must be an integer"),
        (evaluate, {"scaling": "global"}, "scaling must be one of None, 'local'"),
        (evaluate, {"logit_transform": "log"}, "logit_transform must be one of None, 'log-softmax'"),
        (evaluate, {"subsets": True}, "subsets must be an integer of at least 1"),
        (sweep, {"classes": "3"}, "classes must be a list of integers"),
        (sweep, {"classes": 9}, "classes 9: the classes are 0 to 4"),
        (sweep, {"windows": 0}, "windows must be an integer of at least 1"),
        (report, {"class_names": "abcde"}, "class_names must be a list of names"),
        (report, {"duplicate_similarity": "1"}, "duplicate_similarity must be a number of at least 0"),
        (report, {"y": [0], "random_state": 0}, "inconsistent numbers of samples: 40 examples, but 1 labels in y"),
    ],
)
def test_wrong_parameters_are_refused(arrays, tmp_path, command, parameters, words):
    where = {"path": tmp_path / "page.html"} if command is report else {}
    with pytest.raises(ValueError, match=words):
        command(arrays, **parameters, **where)


def test_labels_need_logits(ensemble):
    with pytest.raises(ValueError, match="y_train has labels of examples without logits"):
        evaluate(ensemble.test, ensemble.y_test, y_train=ensemble.y_train)
    with pytest.raises(TypeError, match=r"pass \.train to fit"):
        evaluate(ensemble.test, ensemble.y_test, train=Runs(ensemble.test, ensemble.train))


def test_everything_works_in_the_c_locale(arrays, tmp_path):
    """Where Python encodes ASCII only, with names in UTF-8."""
    folder = tmp_path / "läufe"
    arrays.rename(folder)
    (tmp_path / "ablage-ö").mkdir()
    code = """
import sys, numpy
assert sys.getfilesystemencoding() == "ascii"
from ensemble_kernel import EnsembleKernelClassifier, EnsembleRecorder, evaluate, load_runs, report, sweep
names = ["ä", "b", "c", "d", "ö"]
for folder, here in ((sys.argv[1], sys.argv[2]), ("FOLDER", "HERE")):
    runs = load_runs(folder)
    logits, y = numpy.asarray(runs.train), numpy.array(names)[numpy.load(sys.argv[1] + "/labels_train.npy")]
    assert set(EnsembleKernelClassifier().fit(logits, y).predict(runs.test)) <= set(names)
    assert evaluate(runs, against=[folder], kernel=False).to_frame() is not None
    assert sweep(runs, sizes=4)._repr_html_()
    found = report(runs.test, train=runs.train, y_train=y, class_names=names, path=here + "/ü.html")
    assert set(found.label_issues()["label"]) <= set(names) and "ö" in found._repr_html_()
    EnsembleRecorder(here + "/é", overwrite=True).add(1, test=logits[0])
    EnsembleRecorder(here + "/é", overwrite=True).add(2, test=logits[1])
    assert numpy.array_equal(load_runs(here + "/é/seed*.npz").test, logits[:2])
"""
    code = code.replace("FOLDER", str(folder)).replace("HERE", str(tmp_path))
    environment = {
        **os.environ,
        "LC_ALL": "C",
        "PYTHONUTF8": "0",
        "PYTHONPATH": os.pathsep.join(sys.path),
        "TMPDIR": str(tmp_path / "ablage-ö"),
    }
    script = tmp_path / "script.py"
    script.write_text(code, encoding="utf-8")
    done = subprocess.run([sys.executable, script, folder, tmp_path], env=environment, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    assert os.listdir(tmp_path / "ablage-ö") == []
