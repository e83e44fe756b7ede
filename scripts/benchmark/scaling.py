"""How this program's time and memory grow with ranks and runs."""

import filecmp

from . import ensembles
from .methods import program_options, run_program
from .rounds import alternate


def by_ranks(options):
    """One rank with one thread, the ranks of the options, and many more than cores."""
    size = ensembles.SIZES["medium"]
    ensemble = ensembles.make(options.folder, size)
    jobs = {
        f"{ranks} ranks x {threads}": lambda ranks=ranks, threads=threads: run_program(
            ensemble, options.folder / "results" / "ranks" / f"{ranks}", options, ranks=ranks, threads=threads)
        for ranks, threads in [(1, 1), (options.ranks, max(1, options.threads // options.ranks)), (16, 1)]
    }
    return {"size": str(size), "jobs": alternate(jobs, options.repeats, options.once_above)}


def by_runs(options):
    """The same examples with more and more runs."""
    size = ensembles.MANY_RUNS
    ensemble = ensembles.make(options.folder, size)
    jobs = {
        f"{runs} runs": lambda runs=runs: {
            "runs": runs,
            **run_program(
                ensemble, options.folder / "results" / "runs" / f"{runs}", options, extra=["--runs", f"{runs}"]),
        }
        for runs in (500, 1_000, 2_000, 4_000)
    }
    return {"size": str(size), "jobs": alternate(jobs, options.repeats, options.once_above)}


def by_screen(options):
    """int8 against float32, which have to write the same bytes; None where the program cannot choose."""
    if "--screen " not in program_options():
        return None
    size = ensembles.SIZES["medium"]
    ensemble = ensembles.make(options.folder, size)
    out = {screen: options.folder / "results" / "screens" / screen for screen in ("int8", "float32")}
    jobs = {
        screen: lambda screen=screen: run_program(ensemble, out[screen], options, extra=["--screen", screen])
        for screen in out
    }
    measured = alternate(jobs, options.repeats, options.once_above)
    if any("error" in job for job in measured.values()):
        return {"size": str(size), "jobs": measured}
    names = ["neighbors.npy", "similarities.npy", "predictions.csv"]
    same, _, _ = filecmp.cmpfiles(out["int8"], out["float32"], names, shallow=False)
    return {"size": str(size), "jobs": measured, "same_bytes": same == names}


def huge(options):
    """20,000 runs in a gibibyte a rank."""
    size = ensembles.HUGE
    ensemble = ensembles.make(options.folder, size)
    is_limited = "--memory " in program_options()
    job = alternate(
        {"20000 runs": lambda: run_program(
            ensemble, options.folder / "results" / "huge", options, extra=["--memory", "1GiB"] if is_limited else [])},
        repeats=1)
    return {"size": str(size), "memory_limit": "1 GiB a rank" if is_limited else None, "jobs": job}
