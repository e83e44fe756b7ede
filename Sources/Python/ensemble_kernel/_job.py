"""Jobs: the program alone or under mpirun, its messages, its progress, and its end."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ._errors import CANNOT_WRITE, EnsembleKernelError, FileError, UsageError, error_of, warn
from ._messages import PREFIX, advice, failure
from ._parameters import integer
from ._paths import native
from ._program import find_mpirun, find_program

_PROGRESS = re.compile(r"(?P<stage>[^:]+): (?P<percent>\d+) %")

# Python may itself be a task of a job; the program is alone all the same. If it is linked to Open MPI, it needs neither
# its daemon nor the network: this saves three quarters of the start.
_ALONE = {
    "ENSEMBLE_KERNEL_MPI": "alone",
    "OMPI_MCA_ess_singleton_isolated": "1",
    "OMPI_MCA_pml": "ob1",
    "OMPI_MCA_btl": "self",
}

# More ranks than cores are welcome; a rank that waits gives its core away, and none is pinned to one. The names that
# begin with PRTE are those of Open MPI 5.
_SEVERAL = {
    "OMPI_MCA_rmaps_base_oversubscribe": "1",
    "OMPI_MCA_mpi_yield_when_idle": "1",
    "OMPI_MCA_hwloc_base_binding_policy": "none",
    "PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe",
    "PRTE_MCA_hwloc_default_binding_policy": "none",
}

_ELSEWHERE = "TMPDIR names another folder for temporary files"

# Seconds that a job gets to stop after each signal.
_SIGNALS = ((signal.SIGINT, 20.0), (signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0))


@dataclass(frozen=True)
class Machine:
    """How a job runs; the same for all commands.

    Attributes
    ----------
    ranks : int or None
        Number of MPI processes. None or 1 runs the program without mpirun.
    threads : int or None
        Threads of each rank. None divides the cores among the ranks.
    memory : int, str or None
        Memory limit of each rank in bytes, or such as "2GiB". None is the program's default.
    progress : bool
        Whether to show a bar, where tqdm is installed and somebody watches.
    """

    ranks: int | None = None
    threads: int | None = None
    memory: int | str | None = None
    progress: bool = True

    def __post_init__(self) -> None:
        integer("ranks", self.ranks)
        integer("threads", self.threads, most=65_536)
        if not isinstance(self.memory, str):
            integer("memory", self.memory, also="text such as '2GiB'")

    def options(self) -> list[str]:
        """Options of the program."""
        found = []
        if self.threads is not None:
            found += ["--threads", str(self.threads)]
        if self.memory is not None:
            found += ["--memory", str(self.memory)]
        return found


class _Terminated(BaseException):
    """SIGTERM, which ends a job as Ctrl-C does."""


@contextlib.contextmanager
def working_folder() -> Iterator[str]:
    """Makes a temporary folder for a job, and removes it in the end, also if Python is terminated.

    Raises
    ------
    FileError
        If there is no place for temporary files, or no space there.
    """
    with _tidy_termination():
        parent = _temporary()
        folder = None
        try:
            folder = tempfile.mkdtemp(prefix="ensemble-kernel-", dir=parent)
            yield folder
        except EnsembleKernelError as error:
            if not isinstance(error, FileError) or f"{folder}/" not in error.message:
                raise
            # What the program could not write there.
            raise FileError(f"{error.message}; {_ELSEWHERE}", error.exit_code, error.command) from error
        except OSError as error:
            is_full = error.errno in (errno.ENOSPC, errno.EDQUOT)
            # Errors of writing to a file that is open do not name it.
            if folder is not None and error.filename is not None and not is_full:
                raise
            raise FileError(f"{parent}: {error.strerror or error}; {_ELSEWHERE}") from error
        finally:
            if folder is not None:
                shutil.rmtree(folder, ignore_errors=True)


def _temporary() -> str:
    """The folder for temporary files."""
    try:
        found = tempfile.gettempdir()
    except FileNotFoundError as error:
        raise FileError(f"{error.strerror}: set TMPDIR to a folder that can be written to") from error
    named = os.environ.get("TMPDIR")
    if named and os.path.abspath(named) != found:
        # Python uses another folder, which may be too small, if that of TMPDIR does not work.
        try:
            os.rmdir(tempfile.mkdtemp(dir=named))
        except OSError as error:
            raise FileError(f"{named}, the folder of TMPDIR: {error.strerror}; set TMPDIR to another") from error
    return found


@contextlib.contextmanager
def _tidy_termination() -> Iterator[None]:
    """Lets SIGTERM end Python only after what is inside has been tidied up."""
    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or signal.getsignal(signal.SIGTERM) != signal.SIG_DFL:
        yield
        return
    has_come = False

    def terminate(*_: Any) -> None:
        nonlocal has_come
        has_come = True
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        raise _Terminated

    signal.signal(signal.SIGTERM, terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        if has_come:
            os.kill(os.getpid(), signal.SIGTERM)


def run(arguments: list[str], machine: Machine, folder: str) -> str:
    """Runs a command that computes, and shows its progress.

    Parameters
    ----------
    arguments : list of str
        The arguments of the program.
    machine : Machine
        How to run it.
    folder : str
        The working folder, which messages leave out if nothing is wrong with it.

    Returns
    -------
    str
        What the program wrote to standard output.

    Raises
    ------
    EnsembleKernelError
        If the program fails.
    """
    arguments = [*arguments, *machine.options()]
    bar = _Bar.make() if machine.progress else None
    if bar is not None:
        arguments.append("--progress")
    try:
        return _run(arguments, machine.ranks or 1, folder, bar)
    finally:
        if bar is not None:
            bar.close()


def ask(arguments: list[str]) -> str:
    """Runs a command that needs no ranks; returns what it wrote to standard output.

    Raises
    ------
    EnsembleKernelError
        If the program fails.
    """
    with working_folder() as folder:
        return _run(arguments, 1, folder, None)


def _run(arguments: list[str], ranks: int, folder: str, bar: _Bar | None) -> str:
    command = [find_program(), *map(native, arguments)]
    if ranks > 1:
        command = [find_mpirun(), "-n", str(ranks), *command]
    messages: list[str] = []
    with open(os.path.join(folder, "stdout"), "w+b") as output:
        job = _started(command, output, _environment(ranks))
        try:
            assert job.stderr is not None
            for line in job.stderr:
                message = line.decode(errors="replace").rstrip()
                if bar is None or not bar.takes(message):
                    messages.append(message)
            exit_code = job.wait()
        except BaseException:
            _end(job)
            raise
        finally:
            if job.stderr is not None:
                job.stderr.close()
        output.seek(0)
        text = output.read().decode(errors="replace")

    if exit_code != CANNOT_WRITE:
        messages = [message.replace(f"{folder}/runs/", "").replace(f"{folder}/", "") for message in messages]
    if exit_code != 0:
        # Before warnings, which may be errors.
        raise error_of(exit_code, failure(messages, exit_code, under_mpirun=ranks > 1), command)
    for message in advice(messages):
        warn(message)
    return text


def _started(command: list[str], output: Any, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    try:
        # In the process group of Python, so that what ends the group ends the job: a notebook that restarts.
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.PIPE, env=environment
        )
    except OSError as error:
        if error.errno == errno.E2BIG:
            raise UsageError(
                f"{len(command):,} arguments are more than a command line holds: pass the folder of the files, or a "
                "pattern such as 'runs/seed*.npz', in the place of a list of paths"
            ) from error
        raise EnsembleKernelError(f"{command[0]}: cannot be started: {error.strerror}", None, command) from error


def _environment(ranks: int) -> dict[str, str]:
    environment = dict(os.environ)
    if any(name in environment for name in ("OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK")):
        # Python is itself a rank of an MPI job. The program would take the place of that rank.
        started = ("OMPI_", "PMIX_", "PMI_", "ORTE_", "PRTE_")
        environment = {name: value for name, value in environment.items() if not name.startswith(started)}
    for name, value in (_SEVERAL if ranks > 1 else _ALONE).items():
        environment.setdefault(name, value)
    if os.geteuid() == 0:
        # Containers often run as root, which mpirun refuses unless told twice.
        environment.update(OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1")
    return environment


def _end(job: subprocess.Popen[bytes]) -> None:
    """Ends a job, first politely; returns when no process of it is left, or after half a minute."""
    processes = _Processes(job)
    try:
        for number, patience in _SIGNALS:
            if number == signal.SIGINT:
                # mpirun stops its ranks.
                job.send_signal(number)
            else:
                processes.send(number)
            deadline = time.monotonic() + patience
            while time.monotonic() < deadline:
                if not processes.running():
                    return
                time.sleep(0.02)
    except KeyboardInterrupt:
        # Ctrl-C again: somebody is in a hurry.
        processes.send(signal.SIGKILL)
        raise


class _Processes:
    """A job and what it has started: under mpirun its ranks, which have process groups of their own."""

    def __init__(self, job: subprocess.Popen[bytes]) -> None:
        self._job = job
        # The time of the start by process number: the system uses numbers again.
        self._started: dict[int, bytes] = {}
        # Once mpirun has ended, its ranks have another parent.
        self.running()

    def running(self) -> set[int]:
        """The processes that have not ended yet."""
        leader = set() if self._job.poll() is not None else {self._job.pid}
        if not os.path.isdir("/proc/self"):
            return leader
        known = {int(entry): _status(entry) for entry in os.listdir("/proc") if entry.isdigit()}
        self._started.update(
            {process: known[process][2] for process in leader if process not in self._started and process in known}
        )
        found = {process for process, start in self._started.items() if process in known and known[process][2] == start}
        fresh = found
        while fresh:
            fresh = {process for process, (_, parent, _) in known.items() if parent in fresh} - self._started.keys()
            self._started.update({process: known[process][2] for process in fresh})
            found = found | fresh
        return {process for process in found if known[process][0] not in (b"Z", b"X", b"")}

    def send(self, number: int) -> None:
        """Sends a signal to all of them."""
        for process in self.running():
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, number)


def _status(process: str) -> tuple[bytes, int, bytes]:
    """State, parent and time of the start of a process; empty if it has just ended."""
    try:
        with open(f"/proc/{process}/stat", "rb") as file:
            # The name of the program, in parentheses, may have spaces.
            fields = file.read().rpartition(b")")[2].split()
    except OSError:
        return b"", 0, b""
    return fields[0], int(fields[1]), fields[19]


class _Bar:
    """A bar of tqdm for each stage of a job."""

    def __init__(self, make: Any) -> None:
        self._make = make
        self._bar: Any = None
        self._stage = ""

    @classmethod
    def make(cls) -> _Bar | None:
        """A bar, or None if tqdm is not installed or nobody watches."""
        if not (sys.stderr is not None and sys.stderr.isatty()) and not _in_notebook():
            return None
        try:
            with warnings.catch_warnings():
                # In a notebook without widgets tqdm has a bar of text, and advice.
                warnings.simplefilter("ignore")
                from tqdm.auto import tqdm
        except ImportError:
            return None
        return cls(tqdm)

    def takes(self, message: str) -> bool:
        """Whether a message is one of progress, which the bar then shows."""
        found = _PROGRESS.match(message[len(PREFIX) :]) if message.startswith(PREFIX) else None
        if found is None:
            return False
        if self._bar is None or self._stage != found["stage"]:
            self.close()
            self._stage = found["stage"]
            self._bar = self._make(total=100, unit="%", desc=self._stage.strip(), leave=False)
        self._bar.update(int(found["percent"]) - self._bar.n)
        return True

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None


def _in_notebook() -> bool:
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell is not None and hasattr(shell, "kernel")
