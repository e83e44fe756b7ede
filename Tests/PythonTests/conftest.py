import csv
import json
import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest

try:
    import ensemble_kernel
except ImportError:
    # Not installed: the sources.
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "Sources/Python"))
    import ensemble_kernel  # noqa: F401

from ensemble_kernel import _job
from ensemble_kernel._program import find_program

# At once, not in each test.
find_program()

RUNS, TEST, TRAIN, CLASSES = 24, 40, 120, 5


class Ensemble:
    """Random logits (runs, examples, classes) in float32 of examples that cluster by their class."""

    def __init__(self, seed=0):
        random = np.random.default_rng(seed)
        self.y_test, self.y_train = random.integers(0, CLASSES, TEST), random.integers(0, CLASSES, TRAIN)
        means, maps = random.normal(size=(CLASSES, 8)), random.normal(size=(RUNS, 8, CLASSES))

        def logits(labels):
            hidden = means[labels] + random.normal(size=(len(labels), 8))
            own = 6 * np.eye(CLASSES)[labels]
            return (np.einsum("ed,rdc->rec", hidden, maps) + own).astype(np.float32)

        self.test, self.train = logits(self.y_test), logits(self.y_train)


@pytest.fixture(scope="session")
def ensemble():
    return Ensemble()


@pytest.fixture
def folder(tmp_path, ensemble):
    """The ensemble as a folder with one file for each run, and labels."""
    runs = tmp_path / "runs"
    runs.mkdir()
    for run in range(RUNS):
        np.savez(runs / f"seed{run}.npz", test=ensemble.test[run], train=ensemble.train[run])
    np.save(runs / "labels.npy", ensemble.y_test)
    np.save(runs / "labels_train.npy", ensemble.y_train)
    return runs


@pytest.fixture
def arrays(tmp_path, ensemble):
    """The ensemble as a folder with one file for each kind of examples, and labels."""
    path = tmp_path / "arrays"
    path.mkdir()
    for name in ("test", "train"):
        suffix = "" if name == "test" else "_train"
        np.save(path / f"logits{suffix}.npy", getattr(ensemble, name))
        np.save(path / f"labels{suffix}.npy", getattr(ensemble, f"y_{name}"))
    return path


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """The folder for temporary files, which tests look at."""
    path = tmp_path / "temporary"
    path.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(path))
    return path


@pytest.fixture
def commands(monkeypatch):
    """The commands that the package has run."""
    seen = []

    class Spy(subprocess.Popen):
        def __init__(self, command, *args, **kwargs):
            seen.append(command)
            super().__init__(command, *args, **kwargs)

    monkeypatch.setattr(_job.subprocess, "Popen", Spy)
    return seen


def run_program(*arguments):
    """Runs the program as a user does."""
    environment = {**os.environ, **_job._ALONE}
    done = subprocess.run(
        [find_program(), *map(str, arguments)], capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def predictions(folder, column):
    """A column of predictions.csv."""
    with open(folder / "predictions.csv") as file:
        return np.array([int(row[column]) for row in csv.DictReader(file)])


def read_json(path):
    return json.loads(pathlib.Path(path).read_text())
