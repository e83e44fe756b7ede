"""The classifier: neighbors and votes against float64 and the program, and the ways of scikit-learn."""

import json
import pickle
import subprocess
import sys
import warnings

import numpy as np
import oracle
import pytest
from conftest import CLASSES, RUNS, TEST, TRAIN, Ensemble, predictions, run_program
from ensemble_kernel import EnsembleKernelClassifier, EnsembleKernelError, InputDataError, UsageError

SCALED = {"scaling": "local"}


def fitted(ensemble, **parameters):
    return EnsembleKernelClassifier(**parameters).fit(ensemble.train, ensemble.y_train)


class TestNeighbors:
    def test_are_those_of_the_definition(self, ensemble):
        distances, indices = fitted(ensemble).kneighbors(ensemble.test, 7)
        kernel = oracle.kernel(ensemble.test, ensemble.train)
        assert indices.dtype == np.int64 and distances.dtype == np.float32
        assert (indices == oracle.neighbors(kernel, 7)).all()
        assert np.allclose(distances, 1 - np.take_along_axis(kernel, indices, 1), atol=1e-6)

    def test_by_local_scaling_are_those_of_the_definition(self, ensemble):
        distances, indices = fitted(ensemble, **SCALED, scaling_neighbors=6).kneighbors(ensemble.test, 7)
        kernels = (oracle.kernel(examples, ensemble.train) for examples in (ensemble.test, ensemble.train))
        similarity = oracle.scaled(*kernels, nearest=6)
        assert (indices == oracle.neighbors(similarity, 7)).all()
        expected = np.maximum(0, 2 - np.take_along_axis(similarity, indices, 1))
        assert np.allclose(distances, expected, atol=1e-6)

    def test_of_the_training_examples_leave_out_the_example_itself(self, ensemble):
        indices = fitted(ensemble).kneighbors(n_neighbors=5, return_distance=False)
        kernel = oracle.kernel(ensemble.train, ensemble.train)
        np.fill_diagonal(kernel, -np.inf)
        assert (indices == oracle.neighbors(kernel, 5)).all()

    @pytest.mark.parametrize("transform", ["raw", "centered"])
    def test_by_another_transform(self, ensemble, transform):
        functions = {"raw": lambda x: x.astype(float), "centered": lambda x: x - x.mean(-1, keepdims=True, dtype=float)}
        kernel = oracle.kernel(ensemble.test, ensemble.train, functions[transform])
        indices = fitted(ensemble, logit_transform=transform).kneighbors(ensemble.test, 7, return_distance=False)
        assert (indices == oracle.neighbors(kernel, 7)).all()

    def test_of_columns_are_those_of_their_correlations(self):
        random = np.random.default_rng(3)
        test, train = random.normal(size=(9, 12)), random.normal(size=(30, 12))
        distances, indices = EnsembleKernelClassifier().fit(train, np.arange(30) % 3).kneighbors(test, 5)
        correlations = np.corrcoef(test, train)[:9, 9:] * 11 / 12
        assert (indices == oracle.neighbors(correlations, 5)).all()
        assert np.allclose(distances, 1 - np.take_along_axis(correlations, indices, 1), atol=1e-6)

    def test_of_a_binary_classifier_are_those_of_its_two_classes(self, ensemble):
        test, train = (part[..., :1] for part in (ensemble.test, ensemble.train))
        both = [np.concatenate([np.zeros_like(part), part], axis=-1) for part in (test, train)]
        indices = EnsembleKernelClassifier().fit(train, ensemble.y_train).kneighbors(test, 7, return_distance=False)
        assert (indices == oracle.neighbors(oracle.kernel(*both), 7)).all()

    def test_by_default_are_as_many_as_vote(self, ensemble):
        assert fitted(ensemble, n_neighbors=4).kneighbors(ensemble.test)[1].shape == (TEST, 4)
        assert fitted(ensemble, n_neighbors=TRAIN).kneighbors()[1].shape == (TRAIN, TRAIN - 1)

    def test_more_than_there_are_are_an_error(self, ensemble):
        with pytest.raises(ValueError, match=r"n_neighbors <= 120, .* n_neighbors = 121"):
            fitted(ensemble).kneighbors(ensemble.test, TRAIN + 1)
        with pytest.raises(ValueError, match="n_samples_fit = 120"):
            fitted(ensemble, n_neighbors=TRAIN + 1)

    def test_as_a_graph(self, ensemble):
        pytest.importorskip("scipy")
        classifier = fitted(ensemble)
        distances, indices = classifier.kneighbors(ensemble.test, 4)
        graph = classifier.kneighbors_graph(ensemble.test, 4, mode="distance").toarray()
        assert graph.shape == (TEST, TRAIN)
        assert np.allclose(np.take_along_axis(graph, indices, 1), distances) and (graph != 0).sum() == 4 * TEST
        assert (classifier.kneighbors_graph(n_neighbors=3).toarray().sum(1) == 3).all()

    def test_as_a_graph_need_scipy(self, ensemble, monkeypatch):
        monkeypatch.setitem(sys.modules, "scipy.sparse", None)
        with pytest.raises(ImportError, match="needs scipy"):
            fitted(ensemble).kneighbors_graph(ensemble.test)


class TestVotes:
    @pytest.mark.parametrize("power", [4, 3, 2.5, 0])
    @pytest.mark.parametrize("scaling", [None, "local"])
    def test_are_those_of_the_definition(self, ensemble, scaling, power):
        similarity = oracle.kernel(ensemble.test, ensemble.train)
        base = 0
        if scaling:
            similarity = oracle.scaled(similarity, oracle.kernel(ensemble.train, ensemble.train))
            base = 1

        def weight(value):
            return 0 if base + value < 0 and (scaling or power != int(power)) else (base + value) ** power

        # Half of the training examples, so that some similarities are negative.
        sums = np.maximum(0, oracle.vote(similarity, ensemble.y_train, 60, weight, CLASSES))
        shares = fitted(ensemble, n_neighbors=60, power=power, scaling=scaling).predict_proba(ensemble.test)
        assert shares.shape == (TEST, CLASSES) and shares.dtype == np.float64
        assert np.allclose(shares, sums / sums.sum(1, keepdims=True), atol=1e-5)

    @pytest.mark.parametrize(
        ("parameters", "column", "options"),
        [
            ({}, "kernel_weighted", []),
            ({"n_neighbors": 40, "power": 1}, "kernel_weighted", ["--weighted-k", 40, "--power", 1]),
            ({"n_neighbors": 70, "power": 0.5}, "kernel_weighted", ["--weighted-k", 70, "--power", 0.5]),
            ({"weights": "uniform"}, "kernel_majority", []),
            ({"weights": "uniform", "n_neighbors": 4}, "kernel_majority", ["-k", 4]),
            (
                {"weights": "uniform", "n_neighbors": 6, "ties": "nearest"},
                "kernel_majority",
                ["-k", 6, "--ties", "nearest"],
            ),
            (SCALED, "kernel_local", ["--scaling", "local"]),
            (
                {**SCALED, "n_neighbors": 60, "power": 1.5, "scaling_neighbors": 3},
                "kernel_local",
                ["--scaling", "local", "--weighted-k", 60, "--power", 1.5, "--scaling-k", 3],
            ),
            ({"select": "loo"}, "kernel_selected", ["--select", "loo"]),
            (
                {**SCALED, "select": "loo", "ties": "nearest"},
                "kernel_selected",
                ["--select", "loo", "--scaling", "local", "--ties", "nearest"],
            ),
        ],
    )
    def test_predict_as_the_program(self, ensemble, arrays, tmp_path, parameters, column, options):
        run_program("predict", arrays, *options, "-o", tmp_path / "out")
        classifier = fitted(ensemble, **parameters)
        assert (classifier.predict(ensemble.test) == predictions(tmp_path / "out", column)).all()
        if parameters.get("ties") != "nearest":
            shares = classifier.predict_proba(ensemble.test)
            assert (classifier.classes_[shares.argmax(1)] == predictions(tmp_path / "out", column)).all()

    @pytest.mark.parametrize("ties", ["smallest", "nearest"])
    def test_of_equals_go_as_in_the_program(self, ensemble, arrays, tmp_path, ties):
        # Each training example twice, with two labels: every vote of an even number of neighbors is tied.
        train = np.concatenate([ensemble.train, ensemble.train], axis=1)
        y = np.concatenate([ensemble.y_train, (ensemble.y_train + 1) % CLASSES])
        np.save(arrays / "logits_train.npy", train)
        np.save(arrays / "labels_train.npy", y)
        run_program("predict", arrays, "-k", 2, "--weighted-k", 2, "--ties", ties, "-o", tmp_path / "out")
        for weights, column in (("uniform", "kernel_majority"), ("similarity", "kernel_weighted")):
            classifier = EnsembleKernelClassifier(2, weights=weights, ties=ties).fit(train, y)
            expected = predictions(tmp_path / "out", column)
            assert (classifier.predict(ensemble.test) == expected).all()
            shares = np.sort(classifier.predict_proba(ensemble.test), axis=1)
            assert (shares[:, -1] == 0.5).all() and (shares[:, -2] == 0.5).all()

    def test_that_are_all_negative_leave_the_others_equal(self):
        # One training example, whose similarity is -3/4.
        classifier = EnsembleKernelClassifier(power=1).fit([[1.0, -1, 1, -1], [1.0, -1, 1, -1]], ["b", "b"])
        assert classifier.predict([[-1.0, 1, -1, 1]]) == ["b"]
        classifier = EnsembleKernelClassifier(2, power=1).fit([[1.0, -1, 1, -1], [1.0, -1, 1, -1]], ["a", "b"])
        assert (classifier.predict_proba([[-1.0, 1, -1, 1]]) == [[0.5, 0.5]]).all()

    def test_nobody_votes(self):
        # S is 2 (-3/4) - (-3/4) - 3/4 = -3/2 for both, so that neither has a weight.
        classifier = EnsembleKernelClassifier(**SCALED).fit([[1.0, -1, 1, -1], [1.0, -1, 1, -1]], ["a", "b"])
        with pytest.warns(UserWarning, match="1 of 1 examples have no neighbor with a positive weight"):
            assert (classifier.predict_proba([[-1.0, 1, -1, 1]]) == [[0.5, 0.5]]).all()

    def test_selected_by_leave_one_out_are_those_of_the_program(self, ensemble, arrays, commands):
        options = ["--ties", "nearest", "--power", 3, "--scaling", "local", "--scaling-k", 4, "--weighted-k", 9]
        summary = json.loads(run_program("predict", arrays, "--select", "loo", *options, "--format", "json"))
        parameters = {"ties": "nearest", "power": 3, "scaling_neighbors": 4, "n_neighbors": 9}
        classifier = fitted(ensemble, select="loo", **SCALED, **parameters)
        assert classifier.vote_ == {
            name: value for name, value in summary["selection"]["chosen"].items() if name != "accuracy"
        }
        # Another choice could be the same.
        words = " ".join(commands[-1])
        assert all(f"{option} {value}" in words for option, value in zip(options[::2], options[1::2], strict=True))

    def test_of_more_labels_than_classes(self, ensemble):
        y = np.arange(TRAIN) % 7
        assert set(EnsembleKernelClassifier().fit(ensemble.train, y).predict(ensemble.test)) <= set(range(7))


class TestLabels:
    def test_are_text(self, ensemble):
        names = np.array(["shoe", "bag", "coat", "dress", "shirt"])
        classifier = EnsembleKernelClassifier().fit(ensemble.train, names[ensemble.y_train])
        assert list(classifier.classes_) == sorted(names)
        expected = names[fitted(ensemble).predict(ensemble.test)]
        assert (classifier.predict(ensemble.test) == expected).all()
        assert classifier.score(ensemble.test, expected) == 1

    def test_are_any_integers(self, ensemble):
        numbers = np.array([-3, 100, 7, 12, 0])
        classifier = EnsembleKernelClassifier(ties="nearest").fit(ensemble.train, numbers[ensemble.y_train])
        expected = numbers[fitted(ensemble, ties="nearest").predict(ensemble.test)]
        assert (classifier.predict(ensemble.test) == expected).all()

    def test_suspects_are_those_of_the_report(self, ensemble, arrays, tmp_path):
        y = ensemble.y_train.copy()
        y[:8] = (y[:8] + 1) % CLASSES
        np.save(arrays / "labels_train.npy", y)
        run_program("report", arrays, "-o", tmp_path / "page.html")
        expected = np.genfromtxt(tmp_path / "page_files/suspects.csv", delimiter=",", names=True)
        for labels in (y, np.array(["a", "b", "c", "d", "e"])[y]):
            classifier = EnsembleKernelClassifier(progress=False).fit(ensemble.train, labels)
            found = classifier.label_issues()
            assert list(found) == ["example", "label", "suggested", "score", "label_probability"]
            assert list(found["example"]) == list(expected["train"]) and len(found["example"]) >= 8
            assert list(found["label"]) == list(labels[found["example"]])
            assert list(found["suggested"]) == list(classifier.classes_[expected["suggested"].astype(int)])
            for column in ("score", "label_probability"):
                assert np.allclose(found[column], expected[column])

    def test_suspects_are_a_dictionary_without_pandas(self, ensemble, monkeypatch):
        monkeypatch.setitem(sys.modules, "pandas", None)
        found = fitted(ensemble).label_issues()
        assert isinstance(found, dict) and found["example"].dtype == np.int64

    def test_suspects_need_classes(self, ensemble):
        with pytest.raises(ValueError, match="label_issues needs logits of classes"):
            EnsembleKernelClassifier().fit(
                np.random.default_rng(0).normal(size=(20, 5)), np.arange(20) % 2
            ).label_issues()


class TestErrors:
    def test_of_data_have_the_words_of_the_program(self, ensemble):
        train = ensemble.train.copy()
        train[3, 5, 1] = np.nan
        classifier = EnsembleKernelClassifier().fit(train, ensemble.y_train)
        with pytest.raises(ValueError) as caught:
            classifier.predict(ensemble.test)
        error = caught.value
        assert isinstance(error, InputDataError) and isinstance(error, EnsembleKernelError)
        assert error.exit_code == 65
        assert error.message == ("1 of 24 runs is not finite: 3 (logits_train.npy[3, 5, 1]): leave_out 3 leaves it out")
        assert error.command[1] == "kernel"
        copy = pickle.loads(pickle.dumps(error))
        assert (type(copy), copy.message, copy.exit_code, copy.command) == (
            InputDataError,
            error.message,
            65,
            error.command,
        )

    def test_of_options_are_of_values(self, ensemble):
        with pytest.raises(UsageError, match="scaling_neighbors 120: must be between 1 and the 119 others") as caught:
            fitted(ensemble, **SCALED, scaling_neighbors=TRAIN).predict(ensemble.test)
        assert caught.value.exit_code == 64

    @pytest.mark.parametrize(
        ("parameters", "words"),
        [
            ({"weights": "distance"}, "weights must be one of 'similarity', 'uniform'"),
            ({"scaling": np.array([1])}, "scaling must be one of None, 'local'"),
            *(
                ({"n_neighbors": value}, "n_neighbors must be an integer of at least 1")
                for value in (0, 2.5, "3", True)
            ),
            *(({"scaling_neighbors": value}, "scaling_neighbors must be an integer") for value in (0, 2.5, True)),
            *(
                ({"power": value}, "power must be a number from 0 to 400")
                for value in (-1, "4", np.nan, None, True, 700)
            ),
            *(({"ranks": value}, "ranks must be an integer of at least 1") for value in (0, "2", 1.5, True)),
            *(({"threads": value}, "threads must be an integer from 1 to 65536") for value in (0, "2", 1.5, 70_000)),
            *(
                ({"memory": value}, "memory must be an integer .*, text such as '2GiB', or None")
                for value in (1.5, True)
            ),
        ],
    )
    def test_of_parameters(self, ensemble, parameters, words):
        with pytest.raises(ValueError, match=words):
            fitted(ensemble, **parameters)

    def test_of_shapes(self, ensemble):
        classifier = fitted(ensemble)
        with pytest.raises(ValueError, match=r"X has 23 runs, but .* is expecting 24 runs"):
            classifier.predict(ensemble.test[1:])
        with pytest.raises(ValueError, match="X has logits of 4 classes, but fit got those of 5"):
            classifier.predict(ensemble.test[..., 1:])
        with pytest.raises(ValueError, match="X is 2-D, but fit got a 3-D array"):
            classifier.predict(np.ones((4, RUNS)))
        with pytest.raises(ValueError, match="inconsistent numbers of samples"):
            EnsembleKernelClassifier().fit(ensemble.train, ensemble.y_train[1:])
        with pytest.raises(ValueError, match="all arrays of a list must have the same shape"):
            EnsembleKernelClassifier().fit([ensemble.train[0], ensemble.train[1, 1:]], ensemble.y_train)
        with pytest.raises(ValueError, match=r"1 run\(s\)"):
            EnsembleKernelClassifier().fit(ensemble.train[:1], ensemble.y_train)

    def test_without_fit(self, ensemble):
        code = """
import numpy
from ensemble_kernel import EnsembleKernelClassifier
try:
    EnsembleKernelClassifier().predict(numpy.ones((2, 2)))
except (ValueError, AttributeError) as error:
    print(type(error).__name__)
"""
        environment = {"PYTHONPATH": ":".join(sys.path)}
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
        assert done.stdout == "NotFittedError\n"


class TestScikitLearn:
    """What needs scikit-learn."""

    @pytest.fixture(autouse=True)
    def _needs(self):
        pytest.importorskip("sklearn")

    def test_checks(self):
        from sklearn.utils.estimator_checks import check_estimator

        with warnings.catch_warnings():
            # Of random data, hardly any neighbor of some examples votes.
            warnings.simplefilter("ignore")
            results = check_estimator(EnsembleKernelClassifier(progress=False), on_skip=None)
        assert len(results) > 40
        assert {result["status"] for result in results} <= {"passed", "skipped"}

    def test_cross_validation_of_logits(self, ensemble):
        from sklearn.model_selection import cross_val_score

        X = ensemble.train.swapaxes(0, 1)
        classifier = EnsembleKernelClassifier(samples_first=True)
        scores = cross_val_score(classifier, X, ensemble.y_train, cv=3)
        kernel = oracle.kernel(ensemble.train, ensemble.train)
        from sklearn.model_selection import StratifiedKFold

        folds = StratifiedKFold(3).split(X, ensemble.y_train)
        for score, (train, test) in zip(scores, folds, strict=True):
            labels = ensemble.y_train[train]
            sums = oracle.vote(kernel[np.ix_(test, train)], labels, 20, lambda value: value**4, CLASSES)
            assert score == pytest.approx(np.mean(sums.argmax(1) == ensemble.y_train[test]))

    def test_grid_search_in_a_pipeline(self, ensemble):
        from sklearn.model_selection import GridSearchCV
        from sklearn.pipeline import Pipeline
        from sklearn.preprocessing import FunctionTransformer

        steps = [("halve", FunctionTransformer(lambda X: X / 2)), ("knn", EnsembleKernelClassifier(samples_first=True))]
        search = GridSearchCV(Pipeline(steps), {"knn__n_neighbors": [1, 15], "knn__scaling": [None, "local"]}, cv=2)
        search.fit(ensemble.train.swapaxes(0, 1), ensemble.y_train)
        assert len(search.cv_results_["mean_test_score"]) == 4
        assert search.score(ensemble.test.swapaxes(0, 1), ensemble.y_test) > 0.8

    def test_clone_and_representation(self):
        from sklearn.base import clone, is_classifier

        classifier = EnsembleKernelClassifier(5, **SCALED)
        assert repr(classifier) == "EnsembleKernelClassifier(n_neighbors=5, scaling='local')"
        assert clone(classifier).get_params() == classifier.get_params()
        assert is_classifier(classifier)
        with pytest.raises(ValueError, match="Invalid parameter 'k'"):
            classifier.set_params(k=3)

    def test_names_of_columns(self):
        pandas = pytest.importorskip("pandas")
        X = pandas.DataFrame(np.random.default_rng(0).normal(size=(30, 6)), columns=list("abcdef"))
        classifier = EnsembleKernelClassifier().fit(X, np.arange(30) % 2)
        assert list(classifier.feature_names_in_) == list("abcdef") and classifier.n_features_in_ == 6
        with pytest.raises(ValueError, match="feature names should match"):
            classifier.predict(X[list("bacdef")])
        with pytest.warns(UserWarning, match="does not have valid feature names"):
            classifier.predict(X.to_numpy())


def test_parameters_that_fit_has_not_used_apply_later(ensemble):
    classifier = fitted(ensemble)
    votes = classifier.predict_proba(ensemble.test)
    classifier.set_params(n_neighbors=1, weights="uniform", power=1, scaling="local", select="loo")
    assert (classifier.predict_proba(ensemble.test) == votes).all()
    classifier.set_params(logit_transform="raw", samples_first=True)
    raw = fitted(ensemble, logit_transform="raw").predict_proba(ensemble.test)
    assert (classifier.predict_proba(ensemble.test.swapaxes(0, 1)) == raw).all() and (raw != votes).any()
    classifier.set_params(ranks="2")
    with pytest.raises(ValueError, match="ranks must be an integer"):
        classifier.predict(ensemble.test.swapaxes(0, 1))


def test_pickled_classifiers_predict_the_same(ensemble):
    classifier = fitted(ensemble)
    copy = pickle.loads(pickle.dumps(classifier))
    assert (copy.predict_proba(ensemble.test) == classifier.predict_proba(ensemble.test)).all()


def test_accuracy_is_good_on_examples_that_cluster():
    ensemble = Ensemble(seed=1)
    assert fitted(ensemble).score(ensemble.test, ensemble.y_test) > 0.8
    weights = np.arange(TEST)
    right = fitted(ensemble).predict(ensemble.test) == ensemble.y_test
    weighted = fitted(ensemble).score(ensemble.test, ensemble.y_test, weights)
    assert weighted == pytest.approx((right * weights).sum() / weights.sum())


def test_score_takes_a_label_for_each_example(ensemble):
    classifier = EnsembleKernelClassifier(progress=False).fit(ensemble.train, ensemble.y_train)
    expected = classifier.score(ensemble.test, ensemble.y_test)
    with pytest.warns(UserWarning, match="column-vector"):
        assert classifier.score(ensemble.test, ensemble.y_test[:, None]) == expected
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        classifier.score(ensemble.test, [1])
    with pytest.raises(ValueError, match="the classes are of type int64"):
        classifier.score(ensemble.test, ensemble.y_test.astype(str))
