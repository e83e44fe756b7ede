"""Logits saved in a training loop, one file for each seed, each whole or not at all."""

from __future__ import annotations

import contextlib
import glob
import os
import re
import secrets
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Any

import numpy as np

from ._arrays import to_floats, to_numpy
from ._labels import to_labels
from ._paths import absolute

_FILE = re.compile(r"seed(\d+)\.npz")

# Seconds after which a file that nobody writes to is that of a process that was killed.
_ABANDONED = 3600.0


class EnsembleRecorder:
    """Folder of runs that a training loop fills, and continues after a crash.

    Every run is a file `seed<number>.npz` with arrays named `logits` and `logits_train`, which `load_runs` and the
    program find by these names. A file is written under a temporary name in the same folder, flushed to the disk, and
    renamed: it is whole or not there, whenever the process or the machine stops.

    Parameters
    ----------
    folder : path
        The folder; it is created if necessary.
    overwrite : bool
        Whether `add` may replace the file of a seed. By default it refuses.

    Attributes
    ----------
    folder : str
        The folder.

    Examples
    --------
    >>> with EnsembleRecorder("runs") as recorder:
    ...     for seed in range(64):
    ...         if seed not in recorder.seeds:
    ...             model = train(seed)
    ...             recorder.add(seed, test=logits_of(model, test_loader), train=logits_of(model, train_loader))
    """

    def __init__(self, folder: str | os.PathLike[str], *, overwrite: bool = False) -> None:
        self.folder = absolute(folder)
        self.overwrite = overwrite
        os.makedirs(self.folder, exist_ok=True)

    def __enter__(self) -> EnsembleRecorder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing is left to be done: every file is on the disk when `add` returns."""

    def __repr__(self) -> str:
        return f"EnsembleRecorder({self.folder!r}, {len(self.seeds)} runs)"

    @property
    def seeds(self) -> list[int]:
        """Seeds of the runs in the folder, ascending."""
        found = (_FILE.fullmatch(name) for name in os.listdir(self.folder))
        return sorted(int(match[1]) for match in found if match)

    def add(self, seed: int, *, test: Any = None, train: Any = None) -> str:
        """Saves the logits of a run.

        Parameters
        ----------
        seed : int
            Number of the run, 0 or more.
        test, train : array (examples, classes), optional
            Logits of test and training examples in evaluation mode, in the same order in each run; arrays of numpy,
            tensors of PyTorch on any device, or arrays of JAX. bfloat16 is saved as float32. At least one of them.

        Returns
        -------
        str
            The path of the file.

        Raises
        ------
        FileExistsError
            If the run is there already, unless the recorder overwrites.
        ValueError
            If logits are not of shape (examples, classes), or not finite: the run has diverged.
        OSError
            If the file cannot be written.
        """
        if isinstance(seed, bool) or seed != int(seed) or seed < 0:
            raise ValueError(f"a seed must be an integer of at least 0; got {seed!r}")
        given = {"logits": test, "logits_train": train}
        arrays = {name: _checked(name, value) for name, value in given.items() if value is not None}
        if not arrays:
            raise ValueError("a run needs logits of test or training examples")
        path = os.path.join(self.folder, f"seed{int(seed)}.npz")
        if not self.overwrite and os.path.exists(path):
            raise _exists(path)
        self._write(path, arrays, replaces=self.overwrite)
        return path

    def save_labels(self, *, test: Any = None, train: Any = None) -> None:
        """Saves labels beside the runs, where the program finds them.

        Parameters
        ----------
        test, train : array (examples,) of int, optional
            Labels of test and training examples, in the order of the logits. A negative integer is an unlabeled
            example.

        Raises
        ------
        ValueError
            If labels are neither integers nor text, or missing.
        OSError
            If a file cannot be written.
        """
        given = {"labels": ("test", test), "labels_train": ("train", train)}
        self._save_beside(
            {file: to_labels(labels, None, name) for file, (name, labels) in given.items() if labels is not None}
        )

    def save_images(self, *, test: Any = None, train: Any = None) -> None:
        """Saves images beside the runs, where `report` finds them.

        Parameters
        ----------
        test, train : array of uint8 or float, optional
            (examples, height, width), (examples, height, width, 3) or (examples, 3, height, width), in the order of the
            logits. Numbers are from 0 to 1, -1 to 1, 0 to 255, or standardized.

        Raises
        ------
        OSError
            If a file cannot be written.
        """
        given = {"images": test, "images_train": train}
        self._save_beside({file: to_numpy(images) for file, images in given.items() if images is not None})

    def save_texts(self, *, test: Sequence[str] | None = None, train: Sequence[str] | None = None) -> None:
        """Saves texts beside the runs, which `report` shows in place of images.

        Parameters
        ----------
        test, train : sequence of str, optional
            A text for each example, in the order of the logits. Line breaks become spaces.

        Raises
        ------
        OSError
            If a file cannot be written.
        """
        self._save_lines({"texts": test, "texts_train": train})

    def save_file_names(self, *, test: Sequence[str] | None = None, train: Sequence[str] | None = None) -> None:
        """Saves names of files beside the runs: `report` shows them, and images that are such files.

        Parameters
        ----------
        test, train : sequence of str, optional
            A name for each example, in the order of the logits. Relative names are relative to the folder of the runs.

        Raises
        ------
        OSError
            If a file cannot be written.
        """
        self._save_lines({"files": test, "files_train": train})

    def _save_lines(self, lists: dict[str, Sequence[str] | None]) -> None:
        for name, lines in lists.items():
            if lines is not None:
                text = "".join(" ".join(str(line).splitlines()) + "\n" for line in lines)
                self._write(os.path.join(self.folder, f"{name}.txt"), text, replaces=True)

    def _save_beside(self, arrays: dict[str, Any]) -> None:
        for name, value in arrays.items():
            # The same in each start of a training loop.
            self._write(os.path.join(self.folder, f"{name}.npy"), value, replaces=True)

    def _write(self, path: str, content: Any, *, replaces: bool) -> None:
        name = os.path.basename(path)
        # Readers of the folder pass over hidden files. The number keeps apart those who save the same run, on this host
        # or another.
        partial = os.path.join(self.folder, f".{name}.{secrets.token_hex(8)}.partial")
        try:
            with open(partial, "wb") as file:
                if isinstance(content, dict):
                    np.savez(file, **content)
                elif isinstance(content, str):
                    file.write(content.encode())
                else:
                    np.save(file, content)
                file.flush()
                os.fsync(file.fileno())
            if replaces:
                os.replace(partial, path)
            else:
                _rename_new(partial, path)
        finally:
            # This one after an error, and those of processes that were killed. Another may be being written.
            for left in glob.glob(os.path.join(glob.escape(self.folder), f".{glob.escape(name)}.*.partial")):
                with contextlib.suppress(FileNotFoundError):
                    if left == partial or time.time() - os.path.getmtime(left) > _ABANDONED:
                        os.unlink(left)
        _synchronize(self.folder)


def _rename_new(partial: str, path: str) -> None:
    """Gives a file its name, unless there is one of that name."""
    try:
        # Unlike a rename, this fails if another process has been faster.
        os.link(partial, path)
    except FileExistsError as error:
        raise _exists(path) from error
    except OSError as error:
        # Some file systems have no links.
        if os.path.exists(path):
            raise _exists(path) from error
        os.rename(partial, path)


def _exists(path: str) -> FileExistsError:
    return FileExistsError(f"{path}: this run is saved already; overwrite=True replaces it")


def _checked(name: str, value: Any) -> np.ndarray[Any, Any]:
    array = to_floats(value)
    if array.ndim != 2:
        raise ValueError(f"{name} must be of shape (examples, classes); got {array.shape}")
    if np.isnan(array).any() or np.isposinf(array).any():
        raise ValueError(f"{name} are not finite: the run has diverged")
    return array


def _synchronize(folder: str) -> None:
    """Makes the names in a folder survive a crash of the machine."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
