"""evaluate, sweep and report: the files of the program as dictionaries and tables."""

import csv
import sys

import numpy as np
import pytest
from conftest import RUNS, TEST, read_json, run_program
from ensemble_kernel import Runs, evaluate, load_runs, report, sweep


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
            {"kernel": False, "cascade": True, "random_state": 3, "subsets": 2},
            "--no-kernel --cascade --seed 3 --subsets 2",
        ),
        ({"n_neighbors": 15, "power": 2, "logit_transform": "raw"}, "--weighted-k 15 --power 2 --transform raw"),
        ({"scaling": "local", "scaling_neighbors": 4}, "--scaling local --scaling-k 4"),
    ],
)
def test_evaluate_has_options(arrays, tmp_path, parameters, options):
    run_program("evaluate", arrays, "--against", arrays, *options.split(), "-o", tmp_path / "out")
    found = evaluate(arrays, against=arrays, **parameters)
    assert without_times(found) == without_times(read_json(tmp_path / "out/evaluation.json"))


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


def test_report_is_the_page(arrays, tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (TEST, 8, 8), np.uint8)
    np.save(arrays / "images.npy", images)
    run_program("report", arrays, "-o", tmp_path / "page.html")
    found = report(load_runs(arrays), path=tmp_path / "found.html")
    assert found.path == str(tmp_path / "found.html") and found.folder == str(tmp_path / "found_files")
    assert without_times(found) == without_times(read_json(tmp_path / "page_files/report.json"))
    assert found._repr_html_().startswith("<iframe srcdoc=") and "data:image" in found._repr_html_()
    check_table(found.label_issues(), tmp_path / "page_files/suspects.csv")
    assert (found.targets("ensemble", "test") == np.load(tmp_path / "page_files/targets_ensemble.npy")).all()
    assert (found.targets() == np.load(tmp_path / "page_files/targets_kernel_train.npy")).all()
    assert list(found.near_duplicates()) == ["group", "set", "example", "keep", "least_similarity"]


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
    with pytest.raises(ValueError, match="images go with logits in arrays"):
        report(load_runs(arrays), images=images, path=tmp_path / "found.html")


def test_what_is_no_ensemble_is_refused(ensemble):
    with pytest.raises(ValueError, match=r"logits must be \(runs, examples, classes\)"):
        evaluate(ensemble.test[0], ensemble.y_test)
    with pytest.raises(ValueError, match="labels must be integers or names"):
        evaluate(ensemble.test, ensemble.y_test + 0.5)
