"""Logits and labels as files that the program reads."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from ._arrays import Array, Logits, to_numpy
from ._errors import InputDataError
from ._runs import RunLogits

_NAMES = {"test": "logits", "train": "logits_train"}


def stage(folder: str, test: Logits | None, train: Logits | None, *, copies: int = 1) -> list[str]:
    """Makes files of logits, or finds them, and returns the program's arguments for them.

    Files that the program can read where they are, are not copied.

    Parameters
    ----------
    folder : str
        A temporary folder.
    test, train : Logits or None
        Logits of test and training examples.
    copies : int
        Copies of each class, for logits with one output.

    Raises
    ------
    InputDataError
        If files must be copied and Python cannot read them.
    OSError
        If a file cannot be written.
    """
    parts = {role: part for role, part in (("test", test), ("train", train)) if part is not None}
    sources = {part.source if isinstance(part, RunLogits) else None for part in parts.values()}
    (source,) = sources if len(sources) == 1 else (None,)
    if source is not None and all(isinstance(part, RunLogits) and part.role == role for role, part in parts.items()):
        return source.arguments()
    for part in parts.values():
        if isinstance(part, RunLogits) and "--inputs" in part.source.options:
            raise InputDataError("files of probabilities cannot be combined with other arrays: save logits")

    runs = os.path.join(folder, "runs")
    os.mkdir(runs)
    files = {role: part.files() if copies == 1 else None for role, part in parts.items()}
    for role, part in parts.items():
        paths = files[role]
        if paths is not None and None not in files.values():
            # A folder for each run: both kinds of examples are in one file each.
            for number, path in enumerate(paths):
                of_run = os.path.join(runs, f"{number:06d}")
                os.makedirs(of_run, exist_ok=True)
                os.symlink(path, os.path.join(of_run, f"{_NAMES[role]}.npy"))
            continue
        whole = part.file() if copies == 1 else None
        target = os.path.join(runs, f"{_NAMES[role]}.npy")
        if whole is not None:
            os.symlink(whole, target)
        else:
            part.write(target, copies)
    return [runs]


def first_example(logits: Logits) -> Logits:
    """Logits of the first example alone, where a command wants test examples and does not need them."""
    return _FirstExample(logits)


class _FirstExample(Logits):
    def __init__(self, logits: Logits) -> None:
        self._logits = logits
        self.shape = (logits.shape[0], 1, logits.shape[2])
        self.dtype = logits.dtype

    def run(self, number: int) -> Array:
        return self._logits.run(number)[:1]


def stage_labels(folder: str, option: str, labels: Sequence[int] | Array) -> list[str]:
    """Writes class numbers to a file, and returns the option that names it.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    path = os.path.join(folder, f"{option.lstrip('-')}.npy")
    np.save(path, np.asarray(labels, np.int64))
    return [option, path]


def class_numbers(*labels: Any) -> tuple[list[Array | None], Array | None]:
    """Numbers the classes of labels of any kind, those of all arrays together.

    Returns
    -------
    numbers : list of arrays or None
        Integers as they are; the places of names in alphabetical order.
    names : array or None
        The names, or None for integers.

    Raises
    ------
    ValueError
        If labels are neither integers nor names.
    """
    arrays = [None if value is None else np.ravel(to_numpy(value)) for value in labels]
    given = [array for array in arrays if array is not None]
    if all(array.dtype.kind in "iubf" for array in given):
        if any((array != np.rint(array)).any() for array in given):
            raise ValueError("labels must be integers or names")
        return [None if array is None else array.astype(np.int64) for array in arrays], None
    if not all(array.dtype.kind in "OUST" for array in given):
        raise ValueError("labels of both kinds of examples must be integers, or of both names")
    names = np.unique(np.concatenate(given))
    return [None if array is None else np.searchsorted(names, array) for array in arrays], names
