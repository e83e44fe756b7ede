"""Ensembles of runs: in files, of which only what is needed is read, or in arrays."""

from __future__ import annotations

import fnmatch
import glob
import json
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Union

import numpy as np

from ._arrays import Array, Logits
from ._errors import InputDataError, InputNotFoundError
from ._job import ask
from ._readers import FileArray, open_array

Paths = Union[str, "os.PathLike[str]", Iterable[Union[str, "os.PathLike[str]"]]]


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
        return [*self.paths, *self.options, *(word for option, name in names if name for word in (option, name))]

    def arguments(self) -> list[str]:
        """Arguments for the commands that compute."""
        numbers = [] if self.numbers is None else ["--runs", ",".join(map(str, self.numbers))]
        return [*self.inspected(), *numbers]


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
        self, source: Source, role: str, found: int, shape: tuple[int, int, int], places: list[tuple[str, str]]
    ) -> None:
        self.source = source
        self.role = role
        self.shape = shape
        # Number of runs in the files, of which `shape` may have fewer.
        self._found = found
        self._places = places
        self._opened: tuple[list[FileArray], list[tuple[int, int | None]]] | None = None

    def __repr__(self) -> str:
        return f"RunLogits({self.role}, shape={self.shape}, {', '.join(self.source.paths)})"

    def __len__(self) -> int:
        return self.shape[0]

    def __iter__(self) -> Iterator[Array]:
        return map(self.run, range(len(self)))

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_opened": None}

    @property
    def dtype(self) -> np.dtype[Any]:  # type: ignore[override]
        return np.result_type(*{array.dtype for array in self._arrays()[0]})

    def run(self, number: int) -> Array:
        """Returns the logits of a run, of shape (examples, classes).

        Raises
        ------
        IndexError
            If there is no such run.
        InputDataError
            If the program reads these files, but Python cannot: pickles, for instance.
        """
        if not 0 <= number < len(self):
            raise IndexError(f"run {number}: there are {len(self)}")
        arrays, where = self._arrays()
        array, place = where[number]
        return arrays[array][()] if place is None else arrays[array][place]

    def __getitem__(self, index: Any) -> Array:
        first, others = (index[0], index[1:]) if isinstance(index, tuple) else (index, ())
        if first is None or first is Ellipsis:
            return np.asarray(np.asarray(self)[index])
        numbers = np.arange(len(self))[first]
        if np.ndim(numbers) == 0:
            return np.asarray(self.run(int(numbers))[others])
        if len(numbers) == 0:
            return np.empty((0, *self.run(0)[others].shape), self.dtype)
        return np.stack([self.run(int(number))[others] for number in numbers])

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        if copy is False:
            raise ValueError("the logits are in files, and cannot become an array without a copy")
        return np.stack([self.run(number) for number in range(len(self))]).astype(dtype or self.dtype, copy=False)

    def file(self) -> str | None:
        if self.source.numbers is None and len(self._places) == 1 and self._places[0][0].endswith(".npy"):
            array = self._arrays()[0][0]
            return os.path.abspath(self._places[0][0]) if array.shape == self.shape else None
        return None

    def _arrays(self) -> tuple[list[FileArray], list[tuple[int, int | None]]]:
        """The arrays in the files, and for each run the array and the place there."""
        if self._opened is None:
            try:
                arrays = [open_array(path, name) for path, name in self._places]
            except (ValueError, KeyError) as error:
                raise InputDataError(str(error)) from error
            where: list[tuple[int, int | None]] = []
            for number, array in enumerate(arrays):
                where += [(number, None)] if len(array.shape) == 2 else [(number, r) for r in range(array.shape[0])]
            # Before runs are chosen: of too many arrays, some are not these logits.
            if len(where) != self._found or any(array.shape[-2:] != self.shape[1:] for array in arrays):
                raise InputDataError(
                    f"{', '.join(self.source.paths)}: Python cannot tell which arrays are the {self.role} logits; the "
                    "program can"
                )
            chosen = range(len(where)) if self.source.numbers is None else self.source.numbers
            self._opened = arrays, [where[number] for number in chosen]
        return self._opened


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
    leave_out: Sequence[int] = (),
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
    leave_out : list of int
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
        If a number of a run is out of range.
    """
    names, pattern = _expanded([paths] if isinstance(paths, (str, os.PathLike)) else paths)
    options = [] if pattern is None else ["--files", pattern]
    if inputs != "logits":
        options += ["--inputs", inputs]
    source = Source(tuple(names), test, train, tuple(options))
    report = json.loads(ask(["inspect", "--format", "json", *source.inspected()]))
    found = report["ensemble"]
    if "refusal" in found:
        raise InputDataError(found["refusal"], 65, ["inspect", *source.inspected()])
    numbers = _numbers(found["runs"], runs, leave_out)
    roles = tuple(role for role in ("test", "train") if role in found)
    source = Source(source.paths, test, train, source.options, numbers, roles)
    count = found["runs"] if numbers is None else len(numbers)
    rows = [row for row in report["rows"] if pattern is None or fnmatch.fnmatch(os.path.basename(row["path"]), pattern)]

    def part(role: str, name: str | None) -> RunLogits | None:
        if role not in found:
            return None
        shape = (count, found[role], found["classes"])
        return RunLogits(source, role, report["ensemble"]["runs"], shape, _places(rows, role, name, shape))

    return Runs(part("test", test), part("train", train), found["reading"])


def _expanded(paths: Iterable[str | os.PathLike[str]]) -> tuple[list[str], str | None]:
    """Paths, and the pattern of the files that are read in a folder."""
    given = [os.fspath(path) for path in paths]
    folder, last = os.path.split(given[0]) if given else ("", "")
    if len(given) == 1 and glob.has_magic(last) and os.path.isdir(folder or ".") and not os.path.exists(given[0]):
        # The program finds labels and images in a folder, and a command line does not hold 20,000 paths.
        if not glob.glob(given[0]):
            raise InputNotFoundError(f"{given[0]}: no such files", 66)
        return [folder or "."], last
    found: list[str] = []
    for path in given:
        if glob.has_magic(path) and not os.path.exists(path):
            matches = sorted(glob.glob(path), key=_natural)
            if not matches:
                raise InputNotFoundError(f"{path}: no such files", 66)
            found += matches
        else:
            found.append(path)
    return found, None


def _natural(name: str) -> list[tuple[int, int, str]]:
    """A key that sorts seed2 before seed10."""
    parts = re.split(r"(\d+)", name)
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in parts]


def _numbers(count: int, runs: int | Sequence[int] | None, leave_out: Sequence[int]) -> tuple[int, ...] | None:
    if runs is None and not leave_out:
        return None
    chosen = range(count) if runs is None else range(runs) if isinstance(runs, int) else runs
    outside = [number for number in [*chosen, *leave_out] if not 0 <= number < count]
    if outside:
        raise ValueError(f"run {outside[0]}: there are {count}, counted from 0")
    return tuple(int(number) for number in chosen if number not in set(leave_out))


def _places(
    rows: list[dict[str, Any]], role: str, name: str | None, shape: tuple[int, int, int]
) -> list[tuple[str, str]]:
    """Files and names of the arrays that hold logits, in the order of the runs."""
    fitting = [row for row in rows if row["shape"][-2:] == list(shape[1:]) and row["dtype"] in _FLOATS]
    if name is not None:
        fitting = [row for row in fitting if row["name"] == name]
    else:
        # Examples of both kinds may be equal in number.
        fitting = [row for row in fitting if ("train" in _place(row)) == (role == "train")] or fitting
    return [(row["path"], row["name"]) for row in fitting]


_FLOATS = ("float16", "bfloat16", "float32", "float64")


def _place(row: dict[str, Any]) -> str:
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
    if isinstance(value, (str, os.PathLike)) or (
        isinstance(value, (list, tuple)) and value and all(isinstance(item, (str, os.PathLike)) for item in value)
    ):
        return load_runs(value)
    return Runs(value, train)
