"""Errors and warnings of the program as exceptions."""

from __future__ import annotations

import os
import sys
import warnings
from typing import Any


class EnsembleKernelError(RuntimeError):
    """Failure of the program ensemble-kernel-mpi.

    Attributes
    ----------
    message : str
        The program's own words.
    exit_code : int or None
        The program's exit code, which follows sysexits.h. It is negative if a signal ended the program, and None if the
        program did not start.
    command : list of str
        The command that failed.
    """

    def __init__(self, message: str, exit_code: int | None = None, command: list[str] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.exit_code = exit_code
        self.command = command or []

    def __str__(self) -> str:
        return self.message

    def __reduce__(self) -> tuple[Any, ...]:
        # Exceptions are pickled on their way back from the worker processes of joblib.
        return type(self), (self.message, self.exit_code, self.command)


class UsageError(EnsembleKernelError, ValueError):
    """A parameter that the program refuses, or too little memory for the job (exit code 64)."""


class InputDataError(EnsembleKernelError, ValueError):
    """Bad or inconsistent input (exit code 65)."""


class InputNotFoundError(EnsembleKernelError, FileNotFoundError):
    """No such input (exit code 66)."""


class FileError(EnsembleKernelError, OSError):
    """A file that cannot be written (exit code 73), or not be read (74)."""


class ProgramNotFoundError(EnsembleKernelError, FileNotFoundError):
    """The program ensemble-kernel-mpi, or mpirun, is not installed."""


class EnsembleKernelWarning(UserWarning):
    """Warning of the program: the result is correct, but the advice may help."""


# The exit code for a file that cannot be written.
CANNOT_WRITE = 73

_BY_EXIT_CODE: dict[int, type[EnsembleKernelError]] = {
    64: UsageError,
    65: InputDataError,
    66: InputNotFoundError,
    CANNOT_WRITE: FileError,
    74: FileError,
}


def error_of(exit_code: int, message: str, command: list[str]) -> EnsembleKernelError:
    """Returns the exception for an exit code."""
    return _BY_EXIT_CODE.get(exit_code, EnsembleKernelError)(message, exit_code, command)


class NotFittedError(ValueError, AttributeError):
    """A classifier that was not fitted. Where scikit-learn is imported, its own class of this name is raised."""


def warn(message: str, category: type[Warning] = EnsembleKernelWarning) -> None:
    """Warns of the line outside of this package that is being executed."""
    folder = os.path.dirname(os.path.abspath(__file__))
    level, frame = 1, sys._getframe(0)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(folder):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level)
