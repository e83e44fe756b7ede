"""Jobs measured here."""

import filecmp
import json
import shutil

from .. import ensembles
from ..methods import program_options
from ..processes import Failed, measure
from ..rounds import alternate
from .jobs import job, share_of_cores

RESULTS = ("neighbors.npy", "similarities.npy", "predictions.csv")


def grids(ranks):
    """Grids on which all ranks take part: those that divide only the training examples, only the runs, and both."""
    half = next(runs for runs in range(int(ranks**0.5), 0, -1) if ranks % runs == 0)
    return list(dict.fromkeys([f"1x{ranks}", f"{half}x{ranks // half}", f"{ranks}x1"]))


def measure_jobs(options, cores, planner):
    """All that the options ask for: a list of jobs."""
    if "--separate-waiting " not in program_options():
        raise Failed("this program does not say what its ranks do: it has no --separate-waiting")
    jobs = []
    for size in options.sizes:
        ensemble = ensembles.make(options.folder, size)
        for kind in options.kind:
            print(f"scaling: {kind}, {size}", flush=True)
            jobs += _of_kind(kind, size, ensemble, options, cores, planner)
    return jobs


def _of_kind(kind, size, ensemble, options, cores, planner):
    shapes = {}
    for ranks in options.ranks:
        runs = size.runs if kind == "strong" else size.runs * ranks // options.ranks[-1]
        if runs >= 2:  # A kernel needs two.
            shapes |= {f"{ranks} ranks, grid {grid}": (runs, ranks, grid) for grid in grids(ranks)}
    folder = options.folder / "results" / "scaling"
    shutil.rmtree(folder, ignore_errors=True)
    out = {name: folder / f"{runs}-runs-grid-{grid}" for name, (runs, _, grid) in shapes.items()}
    found = alternate(
        {name: lambda name=name: _run(ensemble, out[name], *shapes[name]) for name in shapes}, options.repeats
    )
    failures = [f"{name}: {each['error']}" for name, each in found.items() if "error" in each]
    if failures:
        raise Failed("\n".join(failures))
    _require_same_bytes(out.values())
    return [_least_disturbed(kind, each["rounds"], cores, planner) for each in found.values()]


def _run(ensemble, out, runs, ranks, grid):
    shutil.rmtree(out, ignore_errors=True)
    whole = measure(
        [
            "mpirun",
            "-n",
            f"{ranks}",
            "ensemble-kernel-mpi",
            "predict",
            f"{ensemble}",
            "--out",
            f"{out}",
            "--runs",
            f"{runs}",
            "--grid",
            grid,
            "--threads",
            "1",
            "--separate-waiting",
        ]
    )
    return {**whole, "summary": json.loads((out / "summary.json").read_text())}


def _least_disturbed(kind, rounds, cores, planner):
    """The job of the round in which the rest of the machine left most to the ranks."""
    jobs = [job(kind, each["summary"], each["seconds"], cores, planner) for each in rounds]
    return max(jobs, key=share_of_cores)


def _require_same_bytes(folders):
    """Jobs of the same runs have to write the same bytes, whatever their ranks and grids."""
    first = {}
    for folder in folders:
        reference = first.setdefault(folder.name.split("-")[0], folder)
        same, _, _ = filecmp.cmpfiles(reference, folder, RESULTS, shallow=False)
        if tuple(same) != RESULTS:
            raise Failed(f"{folder} and {reference} hold different results")
