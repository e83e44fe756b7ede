"""The commands evaluate, sweep and report as functions."""

from __future__ import annotations

import html
import json
import os
import shutil
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ._arrays import Logits, TableLogits, to_logits, to_numpy
from ._job import Machine, run, working_folder
from ._labels import LabeledExamples, class_numbers
from ._parameters import MOST_COHESION, choice, integer, integers, number, numbers
from ._parameters import power as checked_power
from ._paths import Paths, absolute, expanded, listed
from ._runs import as_runs
from ._staging import stage, stage_labels
from ._tables import label_issues, read_table


class _Result(dict[str, Any]):
    """The JSON file of a command, and its table."""

    def __init__(self, content: dict[str, Any], rows: Any) -> None:
        super().__init__(content)
        self._rows = rows

    def to_frame(self) -> Any:
        """Returns the table of the command.

        Returns
        -------
        pandas.DataFrame, or dict of arrays without pandas
            The rows and columns of the CSV file that the program writes.
        """
        return self._rows


class Evaluation(_Result):
    """Error, likelihood, calibration and diversity by ensemble size: `evaluation.json` as a dictionary."""


class Selection(_Result):
    """Ensembles of runs of a pool, or weights of its runs: `selection.json` as a dictionary.

    Attributes
    ----------
    weights : dict of array (runs,)
        The weight of every run by the way of choosing: 1 / size for the runs chosen by "best", "greedy" and "cohesive".
    """

    def __init__(self, content: dict[str, Any], rows: Any, weights: dict[str, Any]) -> None:
        super().__init__(content, rows)
        self.weights = weights


class Sweep(_Result):
    """Accuracy by the number of runs, k, vote, transform and class: `sweep.json` as a dictionary.

    Attributes
    ----------
    charts : dict of str
        The charts by name, such as "accuracy-by-runs", as SVG.
    """

    def __init__(self, content: dict[str, Any], rows: Any, charts: dict[str, str]) -> None:
        super().__init__(content, rows)
        self.charts = charts

    def _repr_html_(self) -> str:
        return "".join(self.charts.values())


class Report(dict[str, Any]):
    """Audit of a data set: `report.json` as a dictionary, with the HTML page, which a notebook shows.

    Attributes
    ----------
    path : str
        The HTML page.
    folder : str
        The folder of its tables.
    """

    def __init__(self, path: str, names: list[str] | None) -> None:
        self.path = path
        self.folder = _folder_beside(path)
        # Names of the classes, if the labels are text.
        self._names = names
        with open(os.path.join(self.folder, "report.json"), encoding="utf-8") as file:
            super().__init__(json.load(file))

    def label_issues(self) -> Any:
        """Returns likely label errors, most suspect first.

        Returns
        -------
        pandas.DataFrame, or dict of arrays without pandas
            A row for each suspect, as `EnsembleKernelClassifier.label_issues` has them: "example", its number; "label";
            "suggested", the label of its neighbors; "score"; "label_probability". Labels are names if those of `report`
            are.
        """
        return label_issues(self.folder, self._names)

    def copies(self) -> Any:
        """Returns examples whose image is a copy of a training image, exact copies first, then the best matches.

        Returns
        -------
        pandas.DataFrame, or dict of arrays without pandas
            "set", "test" or "train"; "example", its number; "copy_of", the number of the training example; "exact", 1
            if all pixels are equal; "correlation" of the edges of both images; "mirrored", 1 for a mirror image;
            "shift_down" and "shift_right", before mirroring, fractions of the height and the width, nan of cropped
            images; "zoom", above 1 for a cropped copy, below 1 for a cropped original; "similarity", the kernel value.
        """
        return read_table(os.path.join(self.folder, "copies.csv"))

    def near_duplicates(self) -> Any:
        """Returns groups of near-duplicates: examples that the networks treat alike.

        Returns
        -------
        pandas.DataFrame, or dict of arrays without pandas
            "group"; "set", "train" or "test"; "example", its number; "keep", 0 for copies by their pixels,
            else 1; "least_similarity", the smallest similarity of a linked pair in the group.
        """
        return read_table(os.path.join(self.folder, "near_duplicates.csv"))

    def targets(self, kind: str = "kernel", examples: str = "train") -> np.ndarray[Any, Any]:
        """Returns class probabilities of all examples, for instance to train another network with.

        Parameters
        ----------
        kind : {"kernel", "ensemble"}
            Probabilities by k-NN with the kernel, or the mean over the runs.
        examples : {"train", "test"}
            Which examples.

        Returns
        -------
        array (examples, classes) of float32
            Mapped from its file.

        Raises
        ------
        FileNotFoundError
            If there are none: those of the kernel need training labels.
        """
        name = f"targets_{kind}{'_train' if examples == 'train' else ''}.npy"
        found: np.ndarray[Any, Any] = np.load(os.path.join(self.folder, name), mmap_mode="r")
        return found

    def neighbors(
        self, examples: str = "train", *, scaled: bool = False
    ) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
        """Returns the nearest training examples of every example.

        Parameters
        ----------
        examples : {"train", "test"}
            Which examples.
        scaled : bool
            Whether by the locally scaled kernel, which needs labels.

        Returns
        -------
        indices : array (examples, 12) of int64
            Numbers of training examples, the most similar first; fewer than 12 if there are fewer others.
        similarities : array (examples, 12) of float32
            Both are mapped from their files.

        Raises
        ------
        FileNotFoundError
            If there are none by the locally scaled kernel.
        """
        suffix = ("_scaled" if scaled else "") + ("_train" if examples == "train" else "")
        indices, similarities = (
            np.load(os.path.join(self.folder, f"{name}{suffix}.npy"), mmap_mode="r")
            for name in ("neighbors", "similarities")
        )
        return indices, similarities

    def __repr__(self) -> str:
        return f"Report({self.path!r})"

    def _repr_html_(self) -> str:
        with open(self.path, encoding="utf-8") as file:
            page = html.escape(file.read())
        return f'<iframe srcdoc="{page}" style="width: 100%; height: 40em; border: 0"></iframe>'


def _folder_beside(page: str) -> str:
    """The folder that the program makes for the tables of a page."""
    return (page.removesuffix(".html")) + "_files"


class _Inputs(NamedTuple):
    """An ensemble and its labels, as users give them."""

    runs: Any
    y: Any
    y_train: Any
    train: Any
    class_names: Any

    def staged(self, folder: str) -> tuple[list[str], list[str] | None]:
        """Makes files of them, and returns the program's arguments and, if the labels are text, names of classes."""
        ensemble = as_runs(self.runs, self.train)
        test, train = (None if part is None else _logits(part) for part in (ensemble.test, ensemble.train))
        labels = {
            "--labels": _labeled("y", self.y, test),
            "--labels-train": _labeled("y_train", self.y_train, train),
        }
        given = {option: examples for option, examples in labels.items() if examples is not None}
        (classes, *_) = (part.shape[2] for part in (test, train) if part is not None)
        numbers, names = class_numbers(list(given.values()), classes, self.class_names)
        arguments = stage(folder, test, train)
        for option, numbered in zip(given, numbers):
            arguments += stage_labels(folder, option, numbered)
        return arguments, names


def _logits(value: Any) -> Logits:
    logits = to_logits(value)
    if isinstance(logits, TableLogits):
        raise ValueError("logits must be (runs, examples, classes), or a list of arrays (examples, classes)")
    return logits


def _labeled(name: str, labels: Any, logits: Logits | None) -> LabeledExamples | None:
    if labels is None:
        return None
    if logits is None:
        raise ValueError(f"{name} has labels of examples without logits")
    return LabeledExamples(name, labels, logits.shape[1])


def _joined(values: Sequence[Any] | None) -> str | None:
    return None if values is None else ",".join(map(str, values))


def _results(
    command: str, inputs: _Inputs, options: list[str], machine: Machine, folder: str
) -> tuple[str, list[str] | None]:
    """Runs a command in a working folder; returns the folder of its results and, if labels are text, class names."""
    out = os.path.join(folder, "out")
    arguments, names = inputs.staged(folder)
    run([command, *arguments, *options, "--out", out], machine, folder)
    return out, names


def _options(**values: Any) -> list[str]:
    """Options by name; None leaves one out, True is a flag."""
    found = []
    for name, value in values.items():
        option = f"--{name.replace('_', '-')}"
        if value is True:
            found.append(option)
        elif value is not None and value is not False:
            # In one word: the value may begin with a dash.
            found.append(f"{option}={value}")
    return found


def evaluate(
    runs: Any,
    y: Any = None,
    *,
    train: Any = None,
    y_train: Any = None,
    class_names: Sequence[str] | None = None,
    against: Paths | None = None,
    test_sets: Paths | Mapping[str, Any] | None = None,
    ood: Paths | Mapping[str, Any] | None = None,
    sizes: int | Sequence[int] | None = None,
    budgets: int | Sequence[int] | None = None,
    subsets: int | None = None,
    random_state: int | None = None,
    kernel: bool = True,
    n_neighbors: int | None = None,
    power: float | None = None,
    scaling: str | None = None,
    scaling_neighbors: int | None = None,
    logit_transform: str | None = None,
    calibrators: str | Sequence[str] | None = None,
    conformal: float | None = None,
    settled: float | None = None,
    cascade: bool = False,
    cascade_runs: int | Sequence[int] | None = None,
    cascade_score: str | None = None,
    member_costs: Sequence[float] | None = None,
    coverage: float | None = None,
    risk: float | None = None,
    ranks: int | None = None,
    threads: int | None = None,
    memory: int | str | None = None,
    progress: bool = True,
) -> Evaluation:
    """Measures error, likelihood, calibration and diversity by ensemble size.

    Parameters
    ----------
    runs : Runs, path or logits
        The ensemble: from `load_runs`, a path or list of paths, or the logits of the test examples as an array (runs,
        examples, classes) or a list of arrays.
    y : array (examples,), optional
        Test labels. Integers are columns of the logits; a negative integer is an unlabeled example. Text is numbered
        by `class_names`, or else by the categories of a pandas.Categorical, or else in alphabetical order, if there are
        as many names as classes. By default those beside the files.
    train : logits, optional
        Logits of the training examples, if `runs` is an array. With `y_train`, k-NN with the kernel is measured, too.
    y_train : array (examples,), optional
        Training labels.
    class_names : list of str, optional
        Names of the classes, in the order of the columns of the logits.
    against : path, pattern or list of these, optional
        A deep ensemble to compare with.
    test_sets : path, list of paths, or dict of paths or pairs (logits, y), optional
        The same runs on other labeled examples, such as shifted ones, each set with its name: `test_sets` in the
        result.
    ood : path, list of paths, or dict of logits or paths, optional
        Logits of the same runs on examples of other distributions, each with its name. Confidence, entropy, the
        kernel's similarity and other scores tell them from the test examples: `out_of_distribution` in the result.
    sizes : int or list of int, optional
        Ensemble sizes. By default 1, 2, 5, 10, 20, 50 ... and all.
    budgets : list of int, optional
        Training costs in epochs: the largest ensembles within each are compared with those of `against`: `budgets` in
        the result. Both must be folders of `train`, or have an `ensemble.json` with `cost_epochs`.
    subsets : int, optional
        Maximum number of ensembles of each size; 10 by default.
    random_state : int, optional
        Seed of the sets of runs and of the halves for calibrators, conformal sets and the cascade; 0 by default.
    kernel : bool
        Whether to measure k-NN with the kernel.
    n_neighbors, power : int and float, optional
        The vote of k-NN: 101 and 8, or 50 and 4 with scaling, by default.
    scaling, scaling_neighbors, logit_transform
        As in `EnsembleKernelClassifier`.
    calibrators : str or list of str, optional
        Calibrators to compare: "temperature", "vector", "isotonic", "beta", "histogram", or "all". Each is fitted to
        one half of the examples and measured on the other: `calibration` in the result.
    conformal : float, optional
        Conformal prediction sets: the fraction that may miss the label. Their coverage and size are measured.
    settled : float, optional
        Also measure how many runs it takes until the majority vote for each example is that of all runs; the
        probability with which it may be another: `settled` in the result.
    cascade : bool
        Whether to evaluate a cascade of one run and an ensemble, or of several stages.
    cascade_runs : int or list of int, optional
        Number of runs of the cascade's ensemble, or of every stage in ascending order; 1 and 5 by default.
    cascade_score : str, optional
        The score of the cascade: "confidence" (the default), "entropy", "largest_logit", "energy", "mutual_information"
        or "agreement"; the last two take a first stage of at least 2 runs.
    member_costs : list of float, optional
        What the runs that each stage adds cost per example; 1 for each run by default.
    coverage, risk : float, optional
        The fraction of examples that the cascade accepts, 0.8 by default; or else the fraction of accepted predictions
        that may be wrong.
    ranks, threads, memory, progress
        As in `EnsembleKernelClassifier`.

    Returns
    -------
    Evaluation
        A dictionary of all numbers, which is `evaluation.json`; its `to_frame()` is the table.

    Raises
    ------
    ValueError
        If logits or labels have a wrong shape or type.
    EnsembleKernelError
        If the program fails.
    """
    chosen = [calibrators] if isinstance(calibrators, str) else calibrators
    options = _options(
        sizes=_joined(integers("sizes", sizes)),
        budgets=_joined(integers("budgets", budgets)),
        subsets=integer("subsets", subsets),
        seed=_seed(random_state),
        no_kernel=not kernel,
        weighted_k=integer("n_neighbors", n_neighbors),
        power=checked_power(power),
        scaling=choice("scaling", scaling),
        scaling_k=integer("scaling_neighbors", scaling_neighbors),
        transform=choice("logit_transform", logit_transform),
        calibrate=_joined(chosen if chosen is None else [choice("calibrators", name) for name in chosen]),
        conformal=number("conformal", conformal),
        settled=number("settled", settled),
        cascade=cascade,
        cascade_runs=_joined(integers("cascade_runs", cascade_runs)),
        cascade_score=None if cascade_score is None else choice("cascade_score", cascade_score).replace("_", "-"),
        member_costs=_joined(numbers("member_costs", member_costs)),
        coverage=number("coverage", coverage),
        risk=number("risk", risk),
    )
    options += [] if against is None else [f"--against={path}" for path in expanded(listed(against))]
    machine = Machine(ranks, threads, memory, progress)
    with working_folder() as folder:
        tests = _named_sets("test_sets", test_sets, class_names, folder)
        outliers = _named_sets("ood", ood, None, folder)
        options += [f"--test={path}" for path in tests.values()] + [f"--ood={path}" for path in outliers.values()]
        out, class_list = _results("evaluate", _Inputs(runs, y, y_train, train, class_names), options, machine, folder)
        with open(os.path.join(out, "evaluation.json"), encoding="utf-8") as file:
            content = json.load(file)
        if class_list is not None:
            content["by_class"]["names"] = class_list
        for key, names in (("test_sets", tests), ("out_of_distribution", outliers)):
            for found, name in zip(content.get(key, []), names):
                found["name"] = name
        return Evaluation(content, read_table(os.path.join(out, "evaluation.csv")))


def _named_sets(
    parameter: str, sets: Paths | Mapping[str, Any] | None, class_names: Sequence[str] | None, folder: str
) -> dict[str, str]:
    """The path of each set by its name; logits that are arrays become files in the folder, with their labels."""
    if sets is None:
        return {}
    if not isinstance(sets, Mapping):
        return {path: path for path in listed(sets)}
    paths: dict[str, str] = {}
    for place, (name, value) in enumerate(sets.items()):
        if isinstance(value, (str, os.PathLike)):
            (paths[name],) = listed(value)
            continue
        own = os.path.join(folder, f"{parameter}-{place}")
        os.mkdir(own)
        given, labels = value, None
        if parameter == "test_sets":
            if not isinstance(value, tuple) or len(value) != 2:
                raise ValueError(f"test_sets {name!r}: must be a path, or a pair of logits and labels")
            given, labels = value
        logits = _logits(given)
        (paths[name], *others) = stage(own, logits, None)
        if others or not paths[name].startswith(own):
            raise ValueError(f"{parameter} {name!r} is in files: give the path of their folder")
        if parameter == "test_sets":
            labeled = LabeledExamples(name, labels, logits.shape[1])
            (numbers,), _ = class_numbers([labeled], logits.shape[2], class_names)
            np.save(os.path.join(paths[name], "labels.npy"), np.asarray(numbers, np.int64))
    return paths


def select_runs(
    runs: Any,
    y: Any = None,
    *,
    size: int | None = None,
    cohesion: float | None = None,
    class_names: Sequence[str] | None = None,
    random_state: int | None = None,
    ranks: int | None = None,
    threads: int | None = None,
    memory: int | str | None = None,
    progress: bool = True,
) -> Selection:
    """Chooses the runs that make a good ensemble, and weights all runs.

    Each ensemble is chosen on one half of the examples and measured on the other, beside random ones.

    Parameters
    ----------
    runs : Runs, path or logits
        The pool, as in `evaluate`.
    y : array (examples,), optional
        Labels, as in `evaluate`. By default those beside the files.
    size : int, optional
        Number of runs to choose; 10, or half of the runs, by default.
    cohesion : float, optional
        What the disagreement of two members costs in "cohesive", in units of log-likelihood; 1 by default. Negative for
        runs that disagree.
    class_names : list of str, optional
        Names of the classes, in the order of the columns of the logits.
    random_state : int, optional
        Seed of the halves and of the random ensembles; 0 by default.
    ranks, threads, memory, progress
        As in `EnsembleKernelClassifier`.

    Returns
    -------
    Selection
        A dictionary of all numbers, which is `selection.json`; its `to_frame()` is the table, and its `weights` are
        those of every run.

    Raises
    ------
    ValueError
        If logits or labels have a wrong shape or type.
    EnsembleKernelError
        If the program fails.
    """
    options = _options(
        size=integer("size", size),
        cohesion=number("cohesion", cohesion, least=-MOST_COHESION, most=MOST_COHESION),
        seed=_seed(random_state),
    )
    machine = Machine(ranks, threads, memory, progress)
    with working_folder() as folder:
        out, _ = _results("select", _Inputs(runs, y, None, None, class_names), options, machine, folder)
        with open(os.path.join(out, "selection.json"), encoding="utf-8") as file:
            content = json.load(file)
        with open(os.path.join(out, "weights.csv"), encoding="utf-8") as file:
            header = file.readline().strip().split(",")
            columns = np.loadtxt(file, delimiter=",", ndmin=2).T
        weights = {name: column.copy() for name, column in zip(header[1:], columns[1:])}
        return Selection(content, read_table(os.path.join(out, "selection.csv")), weights)


def sweep(
    runs: Any,
    y: Any = None,
    *,
    train: Any = None,
    y_train: Any = None,
    class_names: Sequence[str] | None = None,
    sizes: int | Sequence[int] | None = None,
    windows: int | None = None,
    logit_transforms: str | Sequence[str] | None = None,
    classes: int | Sequence[int] | None = None,
    scaling: str | None = None,
    scaling_neighbors: int | None = None,
    ranks: int | None = None,
    threads: int | None = None,
    memory: int | str | None = None,
    progress: bool = True,
) -> Sweep:
    """Measures accuracy by the number of runs, k, vote, transform and class.

    Parameters
    ----------
    runs, y, train, y_train, class_names
        The ensemble and its labels, as in `evaluate`. Both kinds of logits and labels are needed.
    sizes : int or list of int, optional
        Numbers of runs. By default 4, 8, 16 ... and all.
    windows : int, optional
        Maximum number of disjoint sets of runs of each size; 8 by default.
    logit_transforms : str or list of str, optional
        Transforms of the logits. By default "log-softmax", "softmax" and "raw".
    classes : int or list of int, optional
        Classes whose single-class kernels are computed. By default all, if there are 20 or fewer.
    scaling, scaling_neighbors, ranks, threads, memory, progress
        As in `EnsembleKernelClassifier`.

    Returns
    -------
    Sweep
        A dictionary of all numbers, which is `sweep.json`; its `to_frame()` is the table. A notebook shows the charts.

    Raises
    ------
    ValueError
        If logits or labels have a wrong shape or type.
    EnsembleKernelError
        If the program fails.
    """
    transforms = [logit_transforms] if isinstance(logit_transforms, str) else logit_transforms
    options = _options(
        sizes=_joined(integers("sizes", sizes)),
        windows=integer("windows", windows),
        transform=_joined(transforms),
        classes=_joined(integers("classes", classes)),
        scaling=choice("scaling", scaling),
        scaling_k=integer("scaling_neighbors", scaling_neighbors),
    )
    machine = Machine(ranks, threads, memory, progress)
    with working_folder() as folder:
        out, _ = _results("sweep", _Inputs(runs, y, y_train, train, class_names), options, machine, folder)
        charts = {}
        for name in sorted(os.listdir(out)):
            if name.endswith(".svg"):
                with open(os.path.join(out, name), encoding="utf-8") as file:
                    charts[name[: -len(".svg")]] = file.read()
        with open(os.path.join(out, "sweep.json"), encoding="utf-8") as file:
            return Sweep(json.load(file), read_table(os.path.join(out, "sweep.csv")), charts)


def _seed(random_state: int | None) -> int | None:
    return integer("random_state", random_state, least=0, most=2**64 - 1)


def report(
    runs: Any,
    y: Any = None,
    *,
    train: Any = None,
    y_train: Any = None,
    path: str | os.PathLike[str] = "report.html",
    images: Any = None,
    images_train: Any = None,
    class_names: Sequence[str] | None = None,
    dataset: str | None = None,
    duplicates: str | None = None,
    duplicate_similarity: float | None = None,
    random_state: int | None = None,
    ranks: int | None = None,
    threads: int | None = None,
    memory: int | str | None = None,
    progress: bool = True,
) -> Report:
    """Audits a data set: likely label errors, copies, near-duplicates and hardest examples on one HTML page.

    Parameters
    ----------
    runs, y, train, y_train
        The ensemble and its labels, as in `evaluate`. Both kinds of logits are needed. Label suspects need training
        labels, accuracies test labels.
    path : path
        The HTML page to write. The folder `<name>_files` beside it gets the tables.
    images, images_train : array of uint8 or float, optional
        Images (examples, height, width), (examples, height, width, 3) or (examples, 3, height, width), only with logits
        in arrays. Images beside the files of logits are found.
    class_names : list of str, optional
        Names of the classes, in the order of the columns of the logits. By default those of the labels, if they are
        text, or of the data set. The page shows a comma in a name as a semicolon.
    dataset : str, optional
        A data set that provides labels and images: "fashion-mnist" or a path.
    duplicates : str, optional
        Which near-duplicates to show, by position in the list; 1 is the most similar. "1-24" by default.
    duplicate_similarity : float, optional
        Threshold of near-duplicates, as a fraction of an example's similarity to itself; 0.95 by default.
    random_state : int, optional
        Seed of the examples shown at random; 0 by default.
    ranks, threads, memory, progress
        As in `EnsembleKernelClassifier`.

    Returns
    -------
    Report
        A dictionary of all numbers, which is `report.json`, with the path of the page and its tables.

    Raises
    ------
    ValueError
        If logits or labels have a wrong shape or type.
    EnsembleKernelError
        If the program fails.
    """
    page = absolute(path)
    options = _options(
        dataset=dataset,
        duplicates=duplicates,
        duplicate_similarity=number("duplicate_similarity", duplicate_similarity),
        seed=_seed(random_state),
    )
    machine = Machine(ranks, threads, memory, progress)
    with working_folder() as folder:
        arguments, names = _Inputs(runs, y, y_train, train, class_names).staged(folder)
        for name, pictures in (("images", images), ("images_train", images_train)):
            if pictures is None:
                continue
            beside = os.path.join(folder, "runs")
            if not os.path.isdir(beside):
                raise ValueError("images go with logits in arrays: save images.npy beside the files of logits")
            np.save(os.path.join(beside, f"{name}.npy"), to_numpy(pictures))
        shown = names if class_names is None else class_names
        if shown is not None:
            # The program divides the names at commas.
            options += _options(class_names=_joined([str(name).replace(",", ";") for name in shown]))
        run(["report", *arguments, *options, "--out", page], machine, folder)
        for name in ("images.npy", "images_train.npy"):
            if os.path.isfile(os.path.join(folder, "runs", name)):
                # Where `explore` finds them.
                shutil.move(os.path.join(folder, "runs", name), os.path.join(_folder_beside(page), name))
    return Report(page, names)
