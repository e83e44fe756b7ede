"""Runs the built program, for the scripts beside this file."""

import pathlib
import subprocess


def run(ranks, *words, stdout):
    """Runs a command of the program under mpirun, as scripts/environment sets it up; what it prints goes to `stdout`."""
    script = 'source "$0"; exec mpirun -n "$1" ensemble-kernel-mpi "${@:2}"'
    environment = pathlib.Path(__file__).parent / "environment"
    subprocess.run(["bash", "-c", script, environment, str(ranks), *map(str, words)], check=True, stdout=stdout)
