"""Ensembles of runs: in files, of which only what is needed is read, or in arrays."""

from __future__ import annotations

import fnmatch
import itertools
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from ._arrays import Array, Logits
from ._errors import InputDataError
from ._job import ask
from ._messages import in_python
from ._parameters import choice, integer, integers
from ._paths import Paths, is_path, listed, native, split_pattern
from ._readers import FileArray, open_array

# Each open file takes a file descriptor.
_OPEN_FILES = 8


@dataclass(frozen=True)
class Source:
    """Files of an ensemble, and how the program is told to read them.

    Attributes
    ----------
    paths : tuple of str
        Files and folders.
    test, train : str or None
        Names of the arrays of logits; None are the usual ones.
    options : tuple of str
        Other options that say what is read.
    numbers : tuple of int or None
        The runs to use, counted from 0; None are all.
    roles : tuple of str
        Which examples the files have: "test", "train" or both.
    """

    paths: tuple[str, ...]
    test: str | None
    train: str | None
    options: tuple[str, ...] = ()
    numbers: tuple[int, ...] | None = None
    roles: tuple[str, ...] = ()

    def inspected(self) -> list[str]:
        """Arguments for `inspect`."""
        names = [("--logits", self.test), ("--logits-train", self.train)]
        return [*self.paths, *self.options, *(f"{option}={name}" for option, name in names if name)]

    def arguments(self) -> list[str]:
        """Arguments for the commands that compute."""
        numbers = [] if self.numbers is None else ["--runs", _ranges(self.numbers)]
        return [*self.inspected(), *numbers]


def _ranges(numbers: tuple[int, ...]) -> str:
    """Numbers of runs as the program takes them: "0-4,6-6", for a number alone would be how many."""
    groups = itertools.groupby(enumerate(numbers), lambda placed: placed[1] - placed[0])
    spans = [[number for _, number in group] for _, group in groups]
    return ",".join(f"{span[0]}-{span[-1]}" for span in spans)


class _Place(NamedTuple):
    """Where the program finds logits of one run or several."""

    path: str
    name: str
    shape: tuple[int, ...]
    dtype: str


class RunLogits(Logits):
    """Logits of one kind of examples in the files of an ensemble, read only where they are used.

    The classifier passes the files themselves to the program. As an array it behaves as the memory map of a file:
    `logits[3]` reads the logits of run 3, `numpy.asarray(logits)` reads all.

    Attributes
    ----------
    shape : tuple of int
        (runs, examples, classes).
    dtype : numpy.dtype
        float16, float32 or float64; float32 for bfloat16.
    """

    ndim = 3

    def __init__(
        self, source: Source, role: str, found: int, shape: tuple[int, int, int], places: list[_Place]
    ) -> None:
        self.source = source
        self.role = role
        self.shape = shape
        dtypes = {"float32" if place.dtype == "bfloat16" else place.dtype for place in places}
        self.dtype = np.result_type("float16", *dtypes)
        self._places = places
        where: list[tuple[int, int | None]] = []
        for number, place in enumerate(places):
            where += [(number, None)] if len(place.shape) == 2 else [(number, run) for run in range(place.shape[0])]
        # The array of each run and the place there. If there are too many, some are not these logits.
        self._where = where if len(where) == found else None
        self._opened: dict[int, FileArray] = {}

    def __repr__(self) -> str:
        return f"RunLogits({self.role}, shape={self.shape}, {', '.join(self.source.paths)})"

    def __len__(self) -> int:
        return self.shape[0]

    def __iter__(self) -> Iterator[Array]:
        return map(self.run, range(len(self)))

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_opened": {}}

    def run(self, number: int) -> Array:
        """Returns the logits of a run, of shape (examples, classes).

        Raises
        ------
        IndexError
            If there is no such run.
        InputDataError
            If the program reads these files, but Python cannot: pickles, for instance.
        """
        return self._read(number, ())

    def __getitem__(self, index: Any) -> Array:
        first, others = (index[0], index[1:]) if isinstance(index, tuple) else (index, ())
        if first is None or first is Ellipsis:
            return np.asarray(np.asarray(self)[index])
        numbers = np.arange(len(self))[first]
        if np.ndim(numbers) == 0:
            return self._read(int(numbers), others)
        if len(numbers) == 0:
            return np.empty((0, *self._read(0, others).shape), self.dtype)
        return np.stack([self._read(int(number), others) for number in numbers])

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        if copy is False:
            raise ValueError("the logits are in files, and cannot become an array without a copy")
        return np.stack([self.run(number) for number in range(len(self))]).astype(dtype or self.dtype, copy=False)

    def file(self) -> str | None:
        if self.source.numbers is None and len(self._places) == 1 and self._places[0].path.endswith(".npy"):
            return self._places[0].path if self._places[0].shape == self.shape else None
        return None

    def _read(self, number: int, others: Any) -> Array:
        """A part of the logits of a run, as a copy: the map of a file would keep it open."""
        if not 0 <= number < len(self):
            raise IndexError(f"run {number}: there are {len(self)}")
        if self._where is None:
            raise InputDataError(
                f"{', '.join(self.source.paths)}: Python cannot tell which arrays are the {self.role} logits; the "
                "program can"
            )
        place, run = self._where[number if self.source.numbers is None else self.source.numbers[number]]
        array = self._array(place)
        return np.array((array[()] if run is None else array[run])[others])

    def _array(self, number: int) -> FileArray:
        """An array in the files, of which a few stay open."""
        if number not in self._opened:
            place = self._places[number]
            try:
                array = open_array(place.path, place.name)
            except (ValueError, KeyError) as error:
                raise InputDataError(str(error)) from error
            if array.shape != place.shape:
                raise InputDataError(f"{place.path}: has changed since load_runs")
            if len(self._opened) >= _OPEN_FILES:
                self._opened.clear()
            self._opened[number] = array
        return self._opened[number]


@dataclass(frozen=True)
class Runs:
    """An ensemble: the logits of many training runs of one network.

    Attributes
    ----------
    test : RunLogits, array, list of arrays or None
        Logits of the test examples: (runs, examples, classes).
    train : RunLogits, array, list of arrays or None
        Logits of the training examples.
    reading : str
        What the program says about how it reads the files; empty for arrays.
    """

    test: Any = None
    train: Any = None
    reading: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        if self.test is None and self.train is None:
            raise ValueError("an ensemble needs logits of test or training examples")


def load_runs(
    paths: Paths,
    *,
    test: str | None = None,
    train: str | None = None,
    runs: int | Sequence[int] | None = None,
    leave_out: int | Sequence[int] = (),
    inputs: str = "logits",
) -> Runs:
    """Opens the saved logits of many runs without reading them.

    Parameters
    ----------
    paths : path or list of paths
        Files, folders or patterns such as "runs/seed*.pt": `.npy`, `.npz`, `.pt`, `.safetensors` or pickles, with one
        run or many in each. Files of a pattern are in natural order: seed2 before seed10.
    test, train : str, optional
        Names of the arrays of test and training logits, as `ensemble-kernel-mpi inspect` lists them: "out.test" in
        nested dictionaries. By default the usual names are found.
    runs : int or list of int, optional
        The runs to use: the first so many, or those of these numbers, counted from 0.
    leave_out : int or list of int
        Numbers of runs to leave out, such as runs that diverged.
    inputs : {"logits", "probabilities", "log-probabilities"}
        What the files contain.

    Returns
    -------
    Runs
        `test` and `train` are `RunLogits`, or None where the files have none.

    Raises
    ------
    InputNotFoundError
        If there are no such files.
    InputDataError
        If the files are not an ensemble. The message says what they have.
    ValueError
        If a number of a run is out of range, or no run is left.
    """
    names, pattern = split_pattern(listed(paths))
    options = [] if pattern is None else [f"--files={pattern}"]
    if choice("inputs", inputs) != "logits":
        options += ["--inputs", inputs]
    source = Source(tuple(names), test, train, tuple(options))
    report = json.loads(ask(["inspect", "--format", "json", *source.inspected()]))
    found = report["ensemble"]
    if "refusal" in found:
        raise InputDataError(in_python(found["refusal"]), 65, ["inspect", *source.inspected()])
    numbers = _numbers(found["runs"], runs, leave_out)
    roles = tuple(role for role in ("test", "train") if role in found)
    source = Source(source.paths, test, train, source.options, numbers, roles)
    count = found["runs"] if numbers is None else len(numbers)
    rows = [{**row, "path": native(row["path"])} for row in report["rows"]]
    rows = [row for row in rows if pattern is None or fnmatch.fnmatch(os.path.basename(row["path"]), pattern)]

    def part(role: str, name: str | None) -> RunLogits | None:
        if role not in found:
            return None
        shape = (count, found[role], found["classes"])
        return RunLogits(source, role, report["ensemble"]["runs"], shape, _places(rows, role, name, shape))

    return Runs(part("test", test), part("train", train), found["reading"])


def _numbers(count: int, runs: Any, leave_out: Any) -> tuple[int, ...] | None:
    """The numbers of the runs to use, or None for all."""
    left_out = set() if np.size(leave_out) == 0 else set(integers("leave_out", leave_out) or ())
    if runs is None and not left_out:
        return None
    first = integer("runs", runs) if np.ndim(runs) == 0 else None
    chosen = range(first or count) if np.ndim(runs) == 0 else integers("runs", runs) or []
    outside = next((number for number in itertools.chain(chosen, left_out) if number >= count), None)
    if outside is not None:
        raise ValueError(f"run {outside}: there are {count}, counted from 0")
    kept = [number for number in chosen if number not in left_out]
    if not kept:
        raise ValueError("leave_out leaves no runs")
    if len(set(kept)) < len(kept):
        raise ValueError(f"runs has a number twice: {kept}")
    return tuple(kept)


def _places(rows: list[dict[str, Any]], role: str, name: str | None, shape: tuple[int, int, int]) -> list[_Place]:
    """The arrays that hold logits, in the order of the runs."""
    fitting = [row for row in rows if row["shape"][-2:] == list(shape[1:]) and row["dtype"] in _FLOATS]
    if name is not None:
        fitting = [row for row in fitting if row["name"] == name]
    else:
        # Examples of both kinds may be equal in number.
        fitting = [row for row in fitting if ("train" in _words(row)) == (role == "train")] or fitting
    return [_Place(row["path"], row["name"], tuple(row["shape"]), row["dtype"]) for row in fitting]


_FLOATS = ("float16", "bfloat16", "float32", "float64")


def _words(row: dict[str, Any]) -> str:
    return f"{os.path.basename(row['path'])} {row['name']}".lower()


def as_runs(value: Any, train: Any = None) -> Runs:
    """Returns an ensemble in any form as `Runs`: a path, `Runs`, or logits of test examples.

    Raises
    ------
    EnsembleKernelError
        If files cannot be read.
    """
    if isinstance(value, Runs):
        return value if train is None else Runs(value.test, train)
    if is_path(value) or (isinstance(value, (list, tuple)) and value and all(map(is_path, value))):
        return load_runs(value)
    return Runs(value, train)
