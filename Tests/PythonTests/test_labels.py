"""Labels of any kind, for the classifier and for evaluate, sweep and report."""

import datetime

import numpy as np
import pytest
from conftest import CLASSES, TRAIN
from ensemble_kernel import EnsembleKernelClassifier, evaluate, load_runs, report, sweep
from ensemble_kernel._labels import LabeledExamples, class_numbers, to_labels

NAMES = ["shirt", "dress", "coat", "boot", "bag"]


def numbered(*labels, columns=3, class_names=None):
    given = [LabeledExamples(name, value, len(value)) for name, value in zip(("y", "y_train"), labels, strict=False)]
    numbers, names = class_numbers(given, columns, class_names)
    return [part.tolist() for part in numbers], names


class TestKinds:
    @pytest.mark.parametrize(
        ("labels", "expected"),
        [
            ([2, -1, 0], np.array([2, -1, 0])),
            (np.array([2, 5, 0], object), np.array([2, 5, 0])),
            ([np.int8(2), True, np.array(0)], np.array([2, 1, 0])),
            ([True, np.True_, False], np.array([True, True, False])),
            (np.array([1.0, 2.0]), np.array([1.0, 2.0])),
            (np.array([1, 2], np.uint64), np.array([1, 2])),
            (np.ma.array([1, 2]), np.array([1, 2])),
            (["b", np.str_("a")], np.array(["b", "a"])),
            ([b"b", "ä"], np.array(["b", "ä"])),
            (np.array([b"b", "ä".encode()]), np.array(["b", "ä"])),
        ],
    )
    def test_are_integers_or_text(self, labels, expected):
        found = to_labels(labels, len(labels))
        assert found.dtype.kind in (expected.dtype.kind, "u") and found.tolist() == expected.tolist()

    @pytest.mark.parametrize(
        ("labels", "words"),
        [
            ([1, None], r"y\[1\] is None: leave out examples without a label"),
            (["a", None], r"y\[1\] is None: leave out"),
            ([1, float("nan")], r"y\[1\] is nan: leave out"),
            (np.array([1, np.nan]), r"y\[1\] is nan: leave out"),
            (["a", np.nan], r"y\[1\] is nan: leave out"),
            ([1, np.datetime64("NaT")], r"y\[1\] is NaT: leave out"),
            ([1, np.ma.masked], r"y\[1\] is --: leave out"),
            ([1, -np.inf], r"y\[1\] is -inf: labels must be integers or text"),
            ([1, 0.5], r"y\[1\] is 0.5, which is no integer"),
            ([1, 2**63], r"y\[1\] is 9223372036854775808, which does not fit int64: numpy.unique"),
            (np.array([1, 2**63], np.uint64), r"y\[1\] is 9223372036854775808, which does not fit int64"),
            (np.array([1, 1e300]), r"y\[1\] is 1e\+300, which does not fit int64"),
            (np.array(["2020", "2021"], "M8[Y]"), r"y is of type datetime64\[Y\]: labels must be"),
            ([datetime.date(2020, 1, 1), 1], r"y\[0\] is datetime.date\(2020, 1, 1\) of type date"),
            ([np.timedelta64(1, "s"), 1], r"y\[0\] is .* of type timedelta64"),
            ([1, "a"], r"y mixes text and numbers: y\[1\] is 'a', and y\[0\] is 1"),
            ([1j, 2], r"y\[0\] is 1j of type complex"),
            (np.array([1j, 2]), "y is of type complex128"),
            ([1, [2]], r"y\[1\] is \[2\] of type list"),
            (np.ma.array([1, 2], mask=[False, True]), r"masked entries, first \[1\]: array.filled\(...\)"),
            (np.eye(2), r"y should be a 1d array, got an array of shape \(2, 2\)"),
            ([1, 2, 3], "inconsistent numbers of samples: 2 examples, but 3 labels in y"),
        ],
    )
    def test_others_are_refused(self, labels, words):
        with pytest.raises(ValueError, match=words):
            to_labels(labels, 2)

    def test_of_pandas(self):
        pandas = pytest.importorskip("pandas")
        assert to_labels(pandas.Series([1, 2], dtype="Int64"), 2).tolist() == [1, 2]
        assert to_labels(pandas.Series(["b", "a"]), 2).tolist() == ["b", "a"]
        assert to_labels(pandas.Categorical(["b", "a"]), 2).tolist() == ["b", "a"]
        missing = [pandas.Series([1, None], dtype="Int64"), pandas.Series(["a", None]), pandas.Categorical(["a", None])]
        for labels in [*missing, [1, pandas.NA], [1, pandas.NaT]]:
            with pytest.raises(ValueError, match=r"y\[1\] is .*: leave out"):
                to_labels(labels, 2)

    def test_of_the_classifier_and_of_evaluate_are_checked_alike(self, ensemble):
        for refuse in (EnsembleKernelClassifier().fit, evaluate):
            with pytest.raises(ValueError, match="y mixes text and numbers"):
                refuse(ensemble.train, ["a", *range(1, TRAIN)])


class TestNumbers:
    """Of the columns of the logits."""

    def test_are_integers_as_they_are(self):
        assert numbered([2, 0, -1], [1.0, -7.0]) == ([[2, 0, -1], [1, -7]], None)
        assert numbered([True, False], columns=1) == ([[1, 0]], None)
        with pytest.raises(ValueError, match=r"y\[1\] is 3: the classes of the logits are 0 to 2"):
            numbered([0, 3])

    def test_of_text_are_places_in_the_alphabet(self):
        assert numbered(["c", "a"], ["b", "b"]) == ([[2, 0], [1, 1]], ["a", "b", "c"])
        with pytest.raises(ValueError, match="2 distinct names, but the logits have 3 classes: pass class_names"):
            numbered(["c", "a"])
        with pytest.raises(ValueError, match=r"labels such as '1' are text: y.astype\(int\) .* or pass class_names"):
            numbered(["2", "10", "1"])
        with pytest.raises(ValueError, match="y and y_train must both be text, or both integers"):
            numbered(["c", "a", "b"], [1, 2])

    def test_of_text_are_places_in_class_names(self):
        assert numbered(["c", "a"], class_names=("c", "b", "a")) == ([[0, 2]], ["c", "b", "a"])
        assert numbered(["10", "2"], class_names=["2", "10", "x"]) == ([[1, 0]], ["2", "10", "x"])
        with pytest.raises(ValueError, match=r"y\[1\] is d, which is not one of class_names: these are c, b, a"):
            numbered(["c", "d"], class_names=["c", "b", "a"])

    @pytest.mark.parametrize(
        ("class_names", "words"),
        [
            ("abc", "must be a list of names"),
            (3, "must be a list of names"),
            (["a", "b"], "has 2 names, but the logits have 3 classes"),
            (["a", "b", "a"], "must be different"),
            (["a", "b", ""], "not empty"),
        ],
    )
    def test_need_a_name_for_each_class(self, class_names, words):
        with pytest.raises(ValueError, match=f"class_names.*{words}"):
            numbered([0, 1], class_names=class_names)

    def test_of_categories_are_those_of_pandas(self):
        pandas = pytest.importorskip("pandas")
        labels = pandas.Categorical(["c", "a"], categories=["c", "b", "a"])
        assert numbered(labels, pandas.Series(labels)) == ([[0, 2], [0, 2]], ["c", "b", "a"])
        assert numbered(labels, ["b"]) == ([[0, 2], [1]], ["c", "b", "a"])
        assert numbered(labels, class_names=["a", "b", "c"]) == ([[2, 0]], ["a", "b", "c"])
        assert numbered(pandas.Categorical([2, 0])) == ([[2, 0]], None)
        with pytest.raises(ValueError, match="2 categories, but the logits have 3 classes"):
            numbered(pandas.Categorical(["c", "a"]))
        with pytest.raises(ValueError, match="y and y_train have different categories: pass class_names"):
            numbered(labels, pandas.Categorical(["c", "a"], categories=["a", "b", "c"]))


def test_class_names_give_the_columns_of_text(ensemble, tmp_path):
    """Although not every class has an example, and the names are not in the order of the alphabet."""
    y, y_train = np.minimum(ensemble.y_test, 3), np.minimum(ensemble.y_train, 3)
    parts = {"train": ensemble.train, "progress": False}
    for command in (evaluate, sweep):
        expected = command(ensemble.test, y, y_train=y_train, **parts).to_frame()
        names = np.array(NAMES)
        found = command(ensemble.test, names[y], y_train=names[y_train], class_names=NAMES, **parts).to_frame()
        assert str(found) == str(expected)


def test_suspects_have_the_same_columns_and_names(ensemble, tmp_path):
    names = np.array(["a, b", "é", "coat", "boot", "bag"])
    y = names[(ensemble.y_train + (np.arange(TRAIN) < 8)) % CLASSES]
    found = report(
        ensemble.test,
        train=ensemble.train,
        y_train=y,
        class_names=list(names),
        path=tmp_path / "page.html",
        progress=False,
    )
    expected = EnsembleKernelClassifier(progress=False).fit(ensemble.train, y).label_issues()
    # The classifier knows the names in the order of the alphabet, which is not that of the logits.
    for name in ("example", "label", "suggested"):
        assert list(found.label_issues()[name]) == list(expected[name])
    # Added in another order of the classes.
    for name in ("score", "label_probability"):
        assert np.allclose(found.label_issues()[name], expected[name]) and len(expected["example"]) >= 8
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "é" in page and "a; b" in page


def test_negative_labels_have_no_suspects(ensemble, arrays, tmp_path):
    y = ensemble.y_train.copy()
    y[:8] = (y[:8] + 1) % CLASSES
    y[4:40] = -1
    y[40:50] = -2
    classifier = EnsembleKernelClassifier(progress=False).fit(ensemble.train, y)
    assert list(classifier.classes_) == [-2, -1, *range(CLASSES)]
    assert set(classifier.predict(ensemble.test)) & {-1, -2}
    found = classifier.label_issues()
    np.save(arrays / "labels_train.npy", y)
    expected = report(load_runs(arrays), path=tmp_path / "page.html", progress=False).label_issues()
    for name in ("example", "label", "suggested", "score", "label_probability"):
        assert list(found[name]) == list(expected[name])
    assert {0, 1, 2, 3} <= set(found["example"]) and not set(found["example"]) & set(range(4, 50))


def test_more_classes_of_labels_than_of_logits_are_named(ensemble):
    classifier = EnsembleKernelClassifier(progress=False).fit(ensemble.train, np.arange(TRAIN) % 7)
    with pytest.raises(ValueError, match="y has 7 classes, but the logits have 5"):
        classifier.label_issues()
