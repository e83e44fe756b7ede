"""k-NN with the ensemble kernel as a classifier of scikit-learn, which need not be installed."""

from __future__ import annotations

import inspect
import json
import os
import sys
from typing import Any

import numpy as np

from ._arrays import Array, Logits, TableLogits, to_logits
from ._errors import warn
from ._job import Machine, run, working_folder
from ._labels import to_labels
from ._parameters import CHOICES, choice, integer, power
from ._runs import RunLogits
from ._staging import first_example, stage, stage_labels
from ._tables import label_issues
from ._votes import shares, tally, weights, winners

# Larger results stay in their file, which the system keeps until they are let go.
_LARGE = 1 << 26


class EnsembleKernelClassifier:
    """k-nearest-neighbors classifier with the ensemble kernel.

    The similarity K of two examples is the mean, over the classes, of the correlation of their log-softmax outputs over
    the runs, times (R - 1) / R for R runs. The program finds the nearest training examples without approximation.
    `fit` only stores the logits, except with `select="loo"`, which runs the program: the work is done in `predict`,
    `predict_proba` and `kneighbors`. `fit` also fixes the vote, which is given by `n_neighbors`, `weights`, `power`,
    `scaling` and `select`; all other parameters apply from the next call on.

    Parameters
    ----------
    n_neighbors : int, optional
        Number of neighbors that vote. By default 20, or 3 with `weights="uniform"`; all training examples if there are
        fewer.
    weights : {"similarity", "uniform"}
        Weight of a neighbor: K to the power `power`, or (1 + S) to that power with `scaling="local"`; or 1.
    power : float
        Exponent of the weights, from 0 to 400. A negative K has no weight if it is not an integer.
    scaling : {None, "local"}
        "local" corrects for hubs, examples that are similar to everything. Neighbors are those with the largest
        S[i, j] = 2 K[i, j] - r(i) - r(j), where r is the mean of K with an example's nearest training examples. Each
        prediction then also searches among the training examples.
    scaling_neighbors : int, optional
        Number of nearest training examples that r averages. By default 10, or all others if there are fewer.
    ties : {"smallest", "nearest"}
        Which of several classes with the largest vote wins: the first in `classes_`, or that of the nearest neighbor.
    logit_transform : {None, "log-softmax", "softmax", "raw", "centered", "minus-max"}
        Transform of the logits. None is "log-softmax" for arrays with classes, and "raw" for 2-D arrays.
    select : {None, "loo"}
        "loo" chooses n_neighbors, weights and power in `fit` by leave-one-out on the training examples. With
        `scaling="local"` the locally scaled vote is one of the candidates.
    samples_first : bool
        Whether 3-D arrays are (examples, runs, classes), as cross-validation needs them, not (runs, examples, classes).
    ranks : int, optional
        Number of MPI processes. None or 1 runs the program without mpirun. The results are the same for any number.
    threads : int, optional
        Threads of each rank. By default the cores are divided among the ranks.
    memory : int or str, optional
        Memory limit of each rank: bytes, or such as "2GiB". By default 1 GiB, or less on a small machine.
    progress : bool
        Whether to show a progress bar, in a terminal or a notebook where tqdm is installed.

    Attributes
    ----------
    classes_ : array (n_classes,)
        The class labels, sorted.
    n_features_in_ : int
        Number of runs.
    feature_names_in_ : array (n_features_in_,) of str
        Names of the columns, if `fit` got a data frame with names.
    n_samples_fit_ : int
        Number of training examples.
    vote_ : dict
        The vote: "k", "power" unless all neighbors have the same weight, and "scaling" if the kernel is scaled.

    Notes
    -----
    Logits `X` are any of these, of float16, bfloat16, float32 or float64, in numpy, PyTorch or JAX:

    - an array (runs, examples, classes), or (examples, runs, classes) with `samples_first=True`;
    - a list with an array (examples, classes) for each run;
    - `test` or `train` of `load_runs`, or the memory map of a whole `.npy` file. The program reads these files where
      they are, if the logits of both kinds of examples are such;
    - an array (examples, runs) with one output for each run, such as scikit-learn's (n_samples, n_features). Its
      columns take the place of the runs, and K is computed from the values themselves.

    Examples
    --------
    >>> runs = load_runs("runs/seed*.pt")
    >>> classifier = EnsembleKernelClassifier(scaling="local").fit(runs.train, y_train)
    >>> classifier.score(runs.test, y_test)
    """

    # For versions of scikit-learn before 1.6.
    _estimator_type = "classifier"

    def __init__(
        self,
        n_neighbors: int | None = None,
        *,
        weights: str = "similarity",
        power: float = 4.0,
        scaling: str | None = None,
        scaling_neighbors: int | None = None,
        ties: str = "smallest",
        logit_transform: str | None = None,
        select: str | None = None,
        samples_first: bool = False,
        ranks: int | None = None,
        threads: int | None = None,
        memory: int | str | None = None,
        progress: bool = True,
    ) -> None:
        self.n_neighbors = n_neighbors
        self.weights = weights
        self.power = power
        self.scaling = scaling
        self.scaling_neighbors = scaling_neighbors
        self.ties = ties
        self.logit_transform = logit_transform
        self.select = select
        self.samples_first = samples_first
        self.ranks = ranks
        self.threads = threads
        self.memory = memory
        self.progress = progress

    def __repr__(self) -> str:
        parameters = inspect.signature(type(self).__init__).parameters
        changed = [
            f"{name}={value!r}" for name, value in self.get_params().items() if value != parameters[name].default
        ]
        return f"{type(self).__name__}({', '.join(changed)})"

    def __sklearn_tags__(self) -> Any:
        from sklearn.utils import ClassifierTags, InputTags, Tags, TargetTags

        return Tags(
            estimator_type="classifier",
            target_tags=TargetTags(required=True),
            # The correlation over two or three columns is hardly ever of use.
            classifier_tags=ClassifierTags(poor_score=True),
            input_tags=InputTags(two_d_array=True, three_d_array=True),
        )

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Returns the parameters by name. `deep` has no effect; scikit-learn passes it."""
        names = [name for name in inspect.signature(type(self).__init__).parameters if name != "self"]
        return {name: getattr(self, name) for name in sorted(names)}

    def set_params(self, **params: Any) -> EnsembleKernelClassifier:
        """Sets parameters by name.

        Returns
        -------
        EnsembleKernelClassifier
            This classifier.

        Raises
        ------
        ValueError
            If there is no such parameter.
        """
        valid = self.get_params()
        for name, value in params.items():
            if name not in valid:
                raise ValueError(
                    f"Invalid parameter {name!r} for estimator {self}. Valid parameters are: {list(valid)}."
                )
            setattr(self, name, value)
        return self

    def fit(self, X: Any, y: Any) -> EnsembleKernelClassifier:
        """Stores the logits and labels of the training examples.

        Parameters
        ----------
        X : logits
            Logits of the training examples; see the notes of the class. At least 2 runs. Arrays are not copied: do not
            change them afterwards.
        y : array (examples,)
            Labels: integers, text or booleans. Each label is a class, also a negative integer.

        Returns
        -------
        EnsembleKernelClassifier
            This classifier.

        Raises
        ------
        ValueError
            If X or y has the wrong shape or values that cannot be used, or a parameter is invalid.
        EnsembleKernelError
            If the program fails, which runs in `fit` only with `select`.
        """
        self._check_parameters()
        logits = to_logits(X, samples_first=self.samples_first)
        runs, examples, _ = logits.shape
        is_table = isinstance(logits, TableLogits)
        if is_table and self.logit_transform not in (None, "raw"):
            raise ValueError("2-D arrays have one output for each run, for which logit_transform must be None or 'raw'")
        shape = (examples, runs) if is_table else logits.shape
        if examples < 1:
            raise ValueError(f"Found array with 0 sample(s) (shape={shape}) while a minimum of 1 is required.")
        if runs < 2:
            counted = f"{runs} feature(s)" if is_table else f"{runs} run(s)"
            raise ValueError(f"Found array with {counted} (shape={shape}) while a minimum of 2 is required.")
        if y is None:
            raise ValueError(f"{type(self).__name__} requires y to be passed, but the target y is None")
        labels = to_labels(y, examples)
        if self.n_neighbors is not None and self.n_neighbors > examples:
            raise ValueError(
                f"Expected n_neighbors <= n_samples_fit, but n_neighbors = {self.n_neighbors}, "
                f"n_samples_fit = {examples}"
            )

        self.classes_, self._labels = np.unique(labels, return_inverse=True)
        self._logits = logits
        self.n_features_in_ = runs
        self.n_samples_fit_ = examples
        names = _feature_names(X)
        if names is not None:
            self.feature_names_in_ = names
        elif hasattr(self, "feature_names_in_"):
            del self.feature_names_in_
        self.vote_ = self._selected() if self.select == "loo" else self._asked()
        return self

    def predict(self, X: Any) -> Array:
        """Predicts the classes of examples.

        Parameters
        ----------
        X : logits
            Logits of the examples, by the runs of `fit`; see the notes of the class.

        Returns
        -------
        array (examples,)
            The class with the largest vote; `ties` says which of equals.

        Raises
        ------
        NotFittedError
            If `fit` was not called.
        ValueError
            If X does not fit the logits of `fit`.
        EnsembleKernelError
            If the program fails.
        """
        votes, labels = self._votes(X)
        predicted: Array = self.classes_[winners(votes, labels, ties=self.ties)]
        return predicted

    def predict_proba(self, X: Any) -> Array:
        """Predicts class probabilities.

        The probability of a class is its vote, the sum of the weights of its neighbors, divided by the votes of all
        classes. Negative votes, which odd powers may have, count as 0. If no class has a positive vote, those with the
        largest share the probability equally.

        Parameters
        ----------
        X : logits
            Logits of the examples, by the runs of `fit`; see the notes of the class.

        Returns
        -------
        array (examples, n_classes) of float64
            Columns in the order of `classes_`. The largest of a row is the prediction, unless `ties="nearest"` has
            decided between equals.

        Raises
        ------
        NotFittedError, ValueError, EnsembleKernelError
            As `predict`.
        """
        return shares(self._votes(X)[0])

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Returns the accuracy on labeled examples.

        Parameters
        ----------
        X : logits
            Logits of the examples.
        y : array (examples,)
            Their labels.
        sample_weight : array (examples,), optional
            Weights of the examples in the mean.

        Returns
        -------
        float
            The fraction of correct predictions.

        Raises
        ------
        ValueError
            If there is not a label for each example, or labels are text and the classes are not, or the reverse.
        """
        predicted = self.predict(X)
        labels = to_labels(y, len(predicted))
        if (labels.dtype.kind == "U") != (predicted.dtype.kind == "U"):
            raise ValueError(f"y has labels of type {labels.dtype}, but the classes are of type {predicted.dtype}")
        return float(np.average(predicted == labels, weights=sample_weight))

    def kneighbors(
        self, X: Any = None, n_neighbors: int | None = None, return_distance: bool = True
    ) -> Array | tuple[Array, Array]:
        """Finds the nearest training examples.

        Parameters
        ----------
        X : logits, optional
            Logits of examples. Without them, the neighbors of the training examples are found, where an example is not
            its own neighbor.
        n_neighbors : int, optional
            Number of neighbors. By default that of the vote.
        return_distance : bool
            Whether to return distances, too.

        Returns
        -------
        distances : array (examples, n_neighbors) of float32
            1 - K; max(0, 2 - S) if the kernel is scaled. Only with `return_distance`.
        indices : array (examples, n_neighbors) of int64
            Numbers of the training examples, the nearest first; equally near ones in the order of their numbers.

        Raises
        ------
        NotFittedError, ValueError, EnsembleKernelError
            As `predict`; ValueError also if there are fewer training examples than neighbors.
        """
        self._check_is_fitted()
        others = self.n_samples_fit_ - (1 if X is None else 0)
        count = integer("n_neighbors", n_neighbors)
        if count is None:
            count = self.vote_["k"] if X is not None else min(self.vote_["k"], others)
        if not 1 <= count <= others:
            raise ValueError(
                f"Expected 1 <= n_neighbors <= {others}, the number of {'other ' if X is None else ''}training "
                f"examples, but n_neighbors = {count}"
            )
        logits = None if X is None else self._checked(X)
        indices, similarities = self._search(logits, count)
        if not return_distance:
            return indices
        distances: Array = np.maximum(0, 2 - similarities) if "scaling" in self.vote_ else 1 - similarities
        return distances, indices

    def kneighbors_graph(self, X: Any = None, n_neighbors: int | None = None, mode: str = "connectivity") -> Any:
        """Finds the graph of nearest training examples.

        Parameters
        ----------
        X, n_neighbors
            As in `kneighbors`.
        mode : {"connectivity", "distance"}
            Whether edges are 1 or the distances of `kneighbors`.

        Returns
        -------
        scipy.sparse.csr_matrix (examples, n_samples_fit_)
            An edge for each neighbor.

        Raises
        ------
        ImportError
            If scipy is not installed.
        NotFittedError, ValueError, EnsembleKernelError
            As `kneighbors`; ValueError also for another mode.
        """
        if mode not in ("connectivity", "distance"):
            raise ValueError(f"mode must be 'connectivity' or 'distance', got {mode!r}")
        try:
            from scipy.sparse import csr_matrix
        except ImportError as error:
            raise ImportError("kneighbors_graph needs scipy: pip install scipy") from error
        distances, indices = self.kneighbors(X, n_neighbors)
        rows, count = indices.shape
        edges = distances.ravel() if mode == "distance" else np.ones(indices.size)
        starts = np.arange(0, rows * count + 1, count)
        return csr_matrix((edges, indices.ravel(), starts), (rows, self.n_samples_fit_))

    def label_issues(self) -> Any:
        """Finds training examples that are probably labeled wrongly.

        These are the label suspects of `report`: examples whose 20 nearest other training examples, with weights K^4,
        vote for another label. K is that of log-softmax outputs, whatever the parameters of the classifier. Examples
        with negative integers as labels are unlabeled here, unlike in `predict`: they are no suspects and have no vote.

        Returns
        -------
        pandas.DataFrame, or dict of arrays without pandas
            A row for each suspect, the most suspect first: "example", its number; "label"; "suggested", the label of
            its neighbors; "score", the share of the vote for the suggested label minus that for the given label;
            "label_probability", that of the given label by the product of the vote and of the mean of the runs'
            probabilities, by which the rows are sorted. Names of classes may be in another order than the logits.

        Raises
        ------
        NotFittedError
            If `fit` was not called.
        ValueError
            If `fit` got a 2-D array, or the labels have more classes than the logits.
        EnsembleKernelError
            If the program fails.
        """
        self._check_is_fitted()
        if isinstance(self._logits, TableLogits):
            raise ValueError("label_issues needs logits of classes, not one output for each run")
        numbers, classes = self._labels, self.classes_
        if classes.dtype.kind in "if":
            unlabeled = int((classes < 0).sum())
            numbers, classes = np.maximum(numbers - unlabeled, -1), classes[unlabeled:]
        with working_folder() as folder:
            page = os.path.join(folder, "page.html")
            run(["report", *self._labeled(folder, numbers), "--out", page], self._machine(), folder)
            return label_issues(os.path.join(folder, "page_files"), classes)

    def _check_parameters(self) -> None:
        for name, value in self.get_params().items():
            if name in CHOICES:
                choice(name, value)
        integer("n_neighbors", self.n_neighbors)
        integer("scaling_neighbors", self.scaling_neighbors)
        power(self.power, optional=False)
        self._machine()

    def _check_is_fitted(self) -> None:
        if hasattr(self, "vote_"):
            return
        message = f"This {type(self).__name__} instance is not fitted yet. Call 'fit' before using this estimator."
        if "sklearn" in sys.modules:
            from sklearn.exceptions import NotFittedError
        else:
            from ._errors import NotFittedError
        raise NotFittedError(message)

    def _machine(self) -> Machine:
        return Machine(self.ranks, self.threads, self.memory, self.progress)

    def _asked(self) -> dict[str, Any]:
        """The vote of the parameters."""
        usual = 3 if self.weights == "uniform" else 20
        vote: dict[str, Any] = {
            "k": min(usual, self.n_samples_fit_) if self.n_neighbors is None else int(self.n_neighbors)
        }
        if self.weights == "similarity":
            vote["power"] = float(self.power)
        if self.scaling == "local":
            vote["scaling"] = "local"
        return vote

    def _selected(self) -> dict[str, Any]:
        """The vote that the program selects by leave-one-out."""
        with working_folder() as folder:
            options = ["--select", "loo", "--ties", self.ties, "--power", str(self.power), *self._kernel_options()]
            if self.scaling is not None:
                options += ["--scaling", self.scaling, *self._scaling_options()]
            if self.n_neighbors is not None:
                options += ["--weighted-k", str(self.n_neighbors)]
            arguments = ["predict", *self._labeled(folder, self._labels), *options, "--format", "json"]
            summary = json.loads(run(arguments, self._machine(), folder))
        chosen = summary["selection"]["chosen"]
        return {name: chosen[name] for name in ("k", "power", "scaling") if name in chosen}

    def _labeled(self, folder: str, labels: Array) -> list[str]:
        """Arguments for the training logits and numbered labels, and for test logits that do not matter."""
        logits = self._logits
        most = max(2, logits.shape[2])
        if not isinstance(logits, TableLogits) and labels.max() >= most:
            raise ValueError(f"y has {labels.max() + 1} classes, but the logits have {most}")
        if isinstance(logits, RunLogits) and logits.role == "train" and logits.source.roles == ("test", "train"):
            arguments = logits.source.arguments()
        else:
            copies = max(2, len(self.classes_)) if isinstance(logits, TableLogits) else 1
            arguments = stage(folder, first_example(logits), logits, copies=copies)
        return [*arguments, *stage_labels(folder, "--labels-train", labels)]

    def _kernel_options(self) -> list[str]:
        transform = self.logit_transform or ("raw" if isinstance(self._logits, TableLogits) else "log-softmax")
        return ["--transform", transform]

    def _scaling_options(self) -> list[str]:
        return [] if self.scaling_neighbors is None else ["--scaling-k", str(self.scaling_neighbors)]

    def _checked(self, X: Any) -> Logits:
        """The logits of examples, which fit those of the training examples."""
        self._check_feature_names(X)
        logits = to_logits(X, samples_first=self.samples_first)
        is_table = isinstance(logits, TableLogits)
        if is_table != isinstance(self._logits, TableLogits):
            raise ValueError(f"X is {'2-D' if is_table else '3-D'}, but fit got a {'3-D' if is_table else '2-D'} array")
        runs, examples, classes = logits.shape
        if runs != self.n_features_in_:
            counted = "features" if is_table else "runs"
            raise ValueError(
                f"X has {runs} {counted}, but {type(self).__name__} is expecting {self.n_features_in_} {counted} as "
                "input"
            )
        if classes != self._logits.shape[2]:
            raise ValueError(f"X has logits of {classes} classes, but fit got those of {self._logits.shape[2]}")
        if examples < 1:
            raise ValueError(f"Found array with 0 sample(s) (shape={np.shape(X)}) while a minimum of 1 is required.")
        return logits

    def _check_feature_names(self, X: Any) -> None:
        fitted, names = getattr(self, "feature_names_in_", None), _feature_names(X)
        if fitted is None and names is not None:
            warn(f"X has feature names, but {type(self).__name__} was fitted without feature names", UserWarning)
        elif fitted is not None and names is None:
            warn(
                f"X does not have valid feature names, but {type(self).__name__} was fitted with feature names",
                UserWarning,
            )
        elif fitted is not None and names is not None and list(fitted) != list(names):
            raise ValueError("The feature names should match those that were passed during fit.")

    def _search(self, logits: Logits | None, count: int) -> tuple[Array, Array]:
        """Numbers and similarities of the nearest training examples; without logits, those of the training examples."""
        self._check_parameters()
        with working_folder() as folder:
            copies = 2 if isinstance(self._logits, TableLogits) else 1
            out = os.path.join(folder, "graph")
            options = [
                "--pairs",
                "train-train" if logits is None else "test-train",
                "--neighbors-only",
                "-k",
                str(count),
            ]
            if "scaling" in self.vote_:
                options += ["--scaling", self.vote_["scaling"], *self._scaling_options()]
            arguments = stage(folder, logits, self._logits, copies=copies)
            run(["kernel", *arguments, *self._kernel_options(), *options, "--out", out], self._machine(), folder)
            indices, similarities = (
                _loaded(os.path.join(out, f"{name}.npy")) for name in ("neighbors", "similarities")
            )
        return indices, similarities

    def _votes(self, X: Any) -> tuple[Array, Array]:
        """Votes (examples, n_classes), and the classes of the neighbors (examples, k)."""
        self._check_is_fitted()
        indices, similarities = self._search(self._checked(X), self.vote_["k"])
        labels = self._labels[indices]
        weight = weights(similarities, self.vote_)
        if "scaling" in self.vote_:
            mute = int((weight <= 0).all(axis=1).sum())
            if mute:
                warn(
                    f"{mute} of {len(weight)} examples have no neighbor with a positive weight: all their classes have "
                    "the same probability"
                )
        return tally(labels, weight, len(self.classes_)), labels


def _loaded(path: str) -> Array:
    large = os.path.getsize(path) > _LARGE
    found: Array = np.load(path, mmap_mode="r" if large else None)
    return found


def _feature_names(X: Any) -> Array | None:
    columns = getattr(X, "columns", None)
    if columns is None or not all(isinstance(name, str) for name in columns):
        return None
    return np.asarray(columns, object)
