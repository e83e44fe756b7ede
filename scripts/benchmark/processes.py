"""Commands run to their end, with their wall time and the memory of all their processes."""

import os
import subprocess
import threading
import time
from pathlib import Path

SAMPLING_SECONDS = 0.05


class Failed(Exception):
    """A command that did not succeed; the text says which and what it wrote."""


def measure(command, environment=None):
    """Runs a command: its `seconds`, and the bytes of all its processes together at the worst moment seen, with the
    pages of mapped files (`resident_bytes`) and without them (`private_bytes`; shared memory counts in each process).

    Raises Failed with the end of the output where the exit code is not 0."""
    start = time.perf_counter()
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL
    )
    sampler = MemorySampler(process.pid)
    with process.stdout:
        output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    sampler.stop()
    if process.returncode != 0:
        text = output.decode(errors="replace").strip()[-2_000:]
        raise Failed(f"{' '.join(command)}\nended with {process.returncode}:\n{text}")
    # The system saw the peak of the largest process, the samples may have missed it.
    return {
        "seconds": seconds,
        "resident_bytes": max(sampler.resident, usage.ru_maxrss * 1024),
        "private_bytes": sampler.private,
    }


class MemorySampler:
    """A thread that looks at a process and its descendants from time to time."""

    def __init__(self, pid):
        self.resident = self.private = 0
        self._pid = pid
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self):
        """Ends the sampling."""
        self._stopping.set()
        self._thread.join()

    def _run(self):
        while not self._stopping.wait(SAMPLING_SECONDS):
            memory = [_memory(pid) for pid in _family(self._pid)]
            self.resident = max(self.resident, sum(total for total, _ in memory))
            self.private = max(self.private, sum(private for _, private in memory))


def _family(pid):
    """A process and its descendants."""
    family = [pid]
    for member in family:
        try:
            for children in Path(f"/proc/{member}/task").glob("*/children"):
                family += map(int, children.read_text().split())
        except OSError:
            pass  # It has ended meanwhile.
    return family


def _memory(pid):
    """Resident bytes of a process: all of them, and those that are not of mapped files."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0, 0
    fields = {name: rest.split() for name, _, rest in (line.partition(":") for line in lines)}
    anonymous, files, shared = (int(fields.get(name, ["0"])[0]) * 1024 for name in ("RssAnon", "RssFile", "RssShmem"))
    return anonymous + files + shared, anonymous + shared
