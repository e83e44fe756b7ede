"""The commands of this program beside the same by numpy and torch, on the same files."""

import sys

from . import ensembles
from .methods import PROGRAM, emptied, environment, on_ranks, start, threads_of_rank
from .processes import measure
from .rounds import alternate

# What to do, and what it is called in tables.
COMMANDS = {
    "predict": ("predict, 400 runs, k = 20", ["--runs", "400", "--k-max", "20"]),
    "evaluate": ("evaluate", []),
    "sweep": ("sweep", []),
    "report": ("report", []),
    "train": ("train, 256 networks", []),
}
NAMES = ("this program", "other")


def compare_commands(options):
    """Measures each command and its peer in turn, and what the processes of both take to start and end."""
    size = ensembles.SIZES["small"]
    ensemble = ensembles.make(options.folder, size)
    starts = (lambda: start(PROGRAM, options), lambda: _peer(options, ["predict"]))
    start_and_end = alternate(dict(zip(NAMES, starts, strict=True)), options.repeats)
    measured = {}
    for command, (label, arguments) in COMMANDS.items():
        print(f"bench: {label}", flush=True)
        out = options.folder / "results" / "commands" / command
        jobs = (_job(command, arguments, ensemble, out, options), _peer_job(command, ensemble, out, options))
        measured[label] = alternate(dict(zip(NAMES, jobs, strict=True)), options.repeats, options.once_above)
    return {"size": str(size), "start": start_and_end, "commands": measured}


def _job(command, arguments, ensemble, out, options):
    """Measures the command, which writes to an empty folder."""
    target = out / "this"
    sources = [] if command == "train" else [str(ensemble)]
    written = target / "page.html" if command == "report" else target
    machine = ["--threads", f"{threads_of_rank(options)}"]

    def job():
        emptied(target)
        if command == "report":
            target.mkdir(parents=True)
        return measure(on_ranks(options.ranks, command, *sources, "--out", str(written), *arguments, *machine))

    return job


def _peer_job(command, ensemble, out, options):
    # Networks are trained on the images that this program has saved.
    source = out / "this" if command == "train" else ensemble
    return lambda: _peer(options, [command, str(source), str(out / "other"), str(options.threads)])


def _peer(options, arguments):
    return measure([sys.executable, "-m", "benchmark.peers", *arguments], environment(options.threads))
