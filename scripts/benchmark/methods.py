"""The ways to find the nearest neighbors that are compared, each in processes of its own."""

import json
import os
import shutil
import subprocess
import sys

from .processes import measure

PROGRAM = "program"

# Their names, and what tables and plots call them.
METHODS = {
    PROGRAM: "this program",
    "faiss": "faiss.knn, float32",
    "gemm": "torch, one product and topk",
    "reference": "the data set card's script",
}


def on_ranks(ranks, *arguments):
    """The command that starts this program on so many ranks."""
    return ["mpirun", "-n", f"{ranks}", "ensemble-kernel-mpi", *arguments]


def planned(arguments, ranks=None):
    """What the program's `plan` says: alone, or on so many ranks, which measure messages, too."""
    command = ["plan", *arguments, "--format", "json"]
    command = on_ranks(ranks, *command) if ranks else ["ensemble-kernel-mpi", *command]
    return json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)


def threads_of_rank(options, ranks=None):
    """The threads of a rank, if the ranks of the options or others share the threads of the options."""
    return max(1, options.threads // (ranks or options.ranks))


def run_program(ensemble, out, options, ranks=None, threads=None, extra=()):
    """Measures this program on the ranks of the options, which share their threads, or on others."""
    ranks = ranks or options.ranks
    threads = threads or threads_of_rank(options, ranks)
    arguments = f"--k-max {options.neighbors} --threads {threads}".split()
    result = measure(on_ranks(ranks, "predict", f"{ensemble}", "--out", f"{emptied(out)}", *arguments, *extra))
    summary = json.loads((out / "summary.json").read_text())
    # The ranks know their peaks, which samples may have missed.
    own = summary.get("peak_memory_bytes", {}).get("sum", 0)
    result["resident_bytes"] = max(result["resident_bytes"], own)
    kept = ("seconds", "grid", "threads_per_rank", "screen", "peak_memory_bytes", "bytes_communicated")
    return {**result, "summary": {key: summary[key] for key in kept if key in summary}}


def run(method, ensemble, out, options):
    """Measures a method; what it found is in the folder `out` then."""
    if method == PROGRAM:
        return run_program(ensemble, out, options)
    arguments = [f"{ensemble}", f"{emptied(out)}", f"{options.neighbors}", f"{options.threads}"]
    result = measure([*_search(method), *arguments], environment(options.threads))
    return {**result, "search_seconds": json.loads((out / "search.json").read_text())["seconds"]}


def start(method, options):
    """Measures the processes of a method that start, load their libraries, and end."""
    if method == PROGRAM:
        return measure(on_ranks(options.ranks, "--version"))
    return measure(_search(method), environment(options.threads))


def _search(method):
    return [sys.executable, "-m", "benchmark.search", method]


def environment(threads):
    """The environment of other software: OpenMP and the BLAS libraries on so many threads."""
    counts = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    return {**os.environ, **dict.fromkeys(counts, f"{threads}")}


def program_options():
    """What the program says of its options, to leave out what an older one does not have."""
    return subprocess.run(
        ["ensemble-kernel-mpi", "predict", "--help"], capture_output=True, text=True, check=True
    ).stdout


def emptied(out):
    """The folder, without what an earlier measurement left in it: writing over old files costs more."""
    shutil.rmtree(out, ignore_errors=True)
    return out
