"""Logits and labels as files that the program reads."""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np

from ._arrays import Array, Logits
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
    links = _Links()
    files = {role: part.files() if copies == 1 else None for role, part in parts.items()}
    for role, part in parts.items():
        paths = files[role]
        if paths is not None and None not in files.values():
            # A folder for each run: both kinds of examples are in one file each.
            for number, path in enumerate(paths):
                of_run = os.path.join(runs, f"{number:06d}")
                os.makedirs(of_run, exist_ok=True)
                target = os.path.join(of_run, f"{_NAMES[role]}.npy")
                if not links.link(path, target):
                    np.save(target, part.run(number))
            continue
        whole = part.file() if copies == 1 else None
        target = os.path.join(runs, f"{_NAMES[role]}.npy")
        if whole is None or not links.link(whole, target):
            part.write(target, copies)
    return [runs]


class _Links:
    """Symbolic links, each to another file: the program takes two links to one file for one array."""

    def __init__(self) -> None:
        self._linked: set[tuple[int, int]] = set()

    def link(self, path: str, target: str) -> bool:
        """Makes a link, and returns whether there was none to the same file."""
        status = os.stat(path)
        file = (status.st_dev, status.st_ino)
        if file in self._linked:
            return False
        self._linked.add(file)
        os.symlink(path, target)
        return True


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
