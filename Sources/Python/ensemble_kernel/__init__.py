"""Ensemble kernel: k-NN and data auditing with the logits of many training runs.

Two examples are similar if their log-softmax outputs vary together over the runs. The package runs the program
ensemble-kernel-mpi, which finds the nearest neighbors exactly, and hands its results over as numpy arrays.

Names are imported when they are first used, so that the program starts from the command line without numpy.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._classifier import EnsembleKernelClassifier
    from ._commands import Evaluation, Report, Selection, Sweep, evaluate, report, select_runs, sweep
    from ._errors import (
        EnsembleKernelError,
        EnsembleKernelWarning,
        FileError,
        InputDataError,
        InputNotFoundError,
        ProgramNotFoundError,
        UsageError,
    )
    from ._recorder import EnsembleRecorder
    from ._runs import RunLogits, Runs, load_runs

__version__ = "0.1.0"

_MODULES = {
    "EnsembleKernelClassifier": "_classifier",
    "EnsembleKernelError": "_errors",
    "EnsembleKernelWarning": "_errors",
    "EnsembleRecorder": "_recorder",
    "Evaluation": "_commands",
    "FileError": "_errors",
    "InputDataError": "_errors",
    "InputNotFoundError": "_errors",
    "ProgramNotFoundError": "_errors",
    "Report": "_commands",
    "RunLogits": "_runs",
    "Runs": "_runs",
    "Selection": "_commands",
    "Sweep": "_commands",
    "UsageError": "_errors",
    "evaluate": "_commands",
    "load_runs": "_runs",
    "report": "_commands",
    "select_runs": "_commands",
    "sweep": "_commands",
}

__all__ = [
    "EnsembleKernelClassifier",
    "EnsembleKernelError",
    "EnsembleKernelWarning",
    "EnsembleRecorder",
    "Evaluation",
    "FileError",
    "InputDataError",
    "InputNotFoundError",
    "ProgramNotFoundError",
    "Report",
    "RunLogits",
    "Runs",
    "Selection",
    "Sweep",
    "UsageError",
    "__version__",
    "evaluate",
    "load_runs",
    "report",
    "select_runs",
    "sweep",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
