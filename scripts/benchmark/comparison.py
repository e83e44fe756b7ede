"""This program against the other methods, on the same files."""

from . import ensembles
from .agreement import compare
from .methods import METHODS, PROGRAM, run, start
from .rounds import alternate


def start_methods(options):
    """What each method's processes take to start and to end, which matters where the work is small."""
    for method in options.only:
        start(method, options)  # The first of all reads the libraries from the disk.
    jobs = {method: lambda method=method: start(method, options) for method in options.only}
    return alternate(jobs, options.repeats)


def compare_methods(options):
    """Measures all methods at all sizes: a list, an entry a size."""
    return [_compare_at(name, options) for name in options.sizes]


def _compare_at(name, options):
    size = ensembles.SIZES[name]
    ensemble = ensembles.make(options.folder, size)
    print(f"bench: {name}: {size}", flush=True)
    out = {method: options.folder / "results" / name / method for method in options.only}
    jobs = {method: lambda method=method: run(method, ensemble, out[method], options) for method in options.only}
    measured = alternate(jobs, options.repeats, options.once_above)
    found = [method for method in options.only if "error" not in measured[method]]
    reference = PROGRAM if PROGRAM in found else found[0] if found else None
    for method in found:
        if method != reference:
            agreement = compare(out[method], out[reference], ensemble)
            measured[method]["agreement"] = {"with": reference, **agreement}
    return {
        "name": name,
        "runs": size.runs,
        "test": size.test,
        "train": size.train,
        "classes": size.classes,
        "neighbors": options.neighbors,
        "operations": size.operations,
        "methods": measured,
        "labels": {method: METHODS[method] for method in options.only},
    }


def product_rate(comparison):
    """Operations a second of this program's product phase at a size: of all ranks, by the time of the slowest."""
    rounds = comparison["methods"].get(PROGRAM, {}).get("rounds", [])
    seconds = [each["summary"].get("seconds", {}).get("product") for each in rounds]
    if not seconds or not all(seconds):
        return None
    return comparison["operations"] / sorted(seconds)[len(seconds) // 2]
