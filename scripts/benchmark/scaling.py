"""How this program's time and memory grow with ranks and runs."""

import filecmp

from . import ensembles
from .ensembles import Size
from .methods import planned, program_options, run_program, threads_of_rank
from .rounds import alternate

# Jobs that grow in one number, with the others, and the sizes by that number. Of the runs, the first are taken.
GROWTH = {
    "runs": (
        "2,000 x 10,000 examples, 10 classes",
        {runs: Size(runs, 2_000, 10_000) for runs in (500, 1_000, 2_000, 4_000)},
    ),
    "training examples": (
        "500 runs, 2,000 test examples, 10 classes",
        {train: Size(500, 2_000, train) for train in (5_000, 10_000, 20_000, 40_000)},
    ),
    "classes": (
        "50 runs, 2,000 x 10,000 examples",
        {classes: Size(50, 2_000, 10_000, classes) for classes in (10, 100, 1_000)},
    ),
}


def by_ranks(options):
    """One rank with one thread, the ranks of the options, and many more than cores, left idle and all at work."""
    size = ensembles.SIZES["medium"]
    ensemble = ensembles.make(options.folder, size)
    usual = (options.ranks, threads_of_rank(options))
    jobs = {
        f"{ranks} x {threads}": lambda ranks=ranks, threads=threads: run_program(
            ensemble, options.folder / "results" / "ranks" / f"{ranks}", options, ranks=ranks, threads=threads
        )
        for ranks, threads in [(1, 1), usual, (16, 1)]
    }
    jobs["16 x 1, grid 2x8"] = lambda: run_program(
        ensemble, options.folder / "results" / "ranks" / "grid", options, ranks=16, threads=1, extra=["--grid", "2x8"]
    )
    measured = alternate(jobs, options.repeats, options.once_above)
    return {"size": str(size), "base": f"{usual[0]} x {usual[1]}", "jobs": measured}


def growth(options):
    """More and more runs, training examples, and classes; with the seconds that this program's `plan` predicts."""
    return {
        name: {"others": others, "jobs": [{"place": place, **_grown(size, options)} for place, size in sizes.items()]}
        for name, (others, sizes) in GROWTH.items()
    }


def _grown(size, options):
    """The seconds of a job without start-up, measured and planned, by phase."""
    ensemble = ensembles.with_runs(options.folder, size)
    print(f"bench: {size}", flush=True)
    out = options.folder / "results" / "growth"
    job = alternate(
        {"job": lambda: run_program(ensemble, out, options, extra=["--runs", f"{size.runs}"])},
        options.repeats,
        options.once_above,
    )["job"]
    if "error" in job:
        return {"size": str(size), **job}
    cost = planned(size.arguments, options.ranks)["plan"]
    rounds = sorted(job["rounds"], key=lambda each: each["summary"]["seconds"]["total"])
    measured = rounds[len(rounds) // 2]["summary"]["seconds"]
    return {"size": str(size), **job, "measured": measured, "planned": cost["seconds"]}


def by_screen(options):
    """int8 against float32, which has to write the same bytes; None where the program cannot choose."""
    if "--screen " not in program_options():
        return None
    size = ensembles.SIZES["medium"]
    ensemble = ensembles.make(options.folder, size)
    out = {screen: options.folder / "results" / "screens" / screen for screen in ("int8", "float32")}
    jobs = {
        screen: lambda screen=screen: run_program(ensemble, out[screen], options, extra=["--screen", screen])
        for screen in out
    }
    result = {"size": str(size), "base": "int8", "jobs": alternate(jobs, options.repeats, options.once_above)}
    if any("error" in job for job in result["jobs"].values()):
        return result
    names = ["neighbors.npy", "similarities.npy", "predictions.csv"]
    same = [filecmp.cmpfiles(out["int8"], other, names, shallow=False)[0] for other in out.values()]
    return {**result, "same_bytes": all(each == names for each in same)}


def huge(options):
    """20,000 runs in a gibibyte a rank."""
    size = ensembles.HUGE
    ensemble = ensembles.make(options.folder, size)
    is_limited = "--memory " in program_options()

    def job():
        extra = ["--memory", "1GiB"] if is_limited else []
        return {"runs": size.runs, **run_program(ensemble, options.folder / "results" / "huge", options, extra=extra)}

    measured = alternate({f"{size.runs} runs": job}, repeats=1)
    return {"size": str(size), "memory_limit": "1 GiB a rank" if is_limited else None, "jobs": measured}
