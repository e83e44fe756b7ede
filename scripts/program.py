"""Runs the built program, for the scripts beside this file."""

import pathlib
import subprocess


def start(ranks, *words, **streams):
    """Starts a command of the program under mpirun, as scripts/environment sets it up; what is returned is mpirun."""
    script = 'source "$0"; exec mpirun -n "$1" ensemble-kernel-mpi "${@:2}"'
    environment = pathlib.Path(__file__).parent / "environment"
    return subprocess.Popen(["bash", "-c", script, environment, str(ranks), *map(str, words)], **streams)


def run(ranks, *words, stdout):
    """Runs a command of the program in the same way, to its end; what it prints goes to `stdout`."""
    job = start(ranks, *words, stdout=stdout)
    if job.wait() != 0:
        raise subprocess.CalledProcessError(job.returncode, job.args)
