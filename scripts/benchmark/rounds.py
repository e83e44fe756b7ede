"""Measurements that take turns, so that what else the machine does falls on all of them."""

from statistics import median

from .processes import Failed


def alternate(jobs, repeats, once_above=float("inf")):
    """Calls each function of `jobs` (name: function) in turn, `repeats` times, but once only where that took longer
    than `once_above` seconds. Each returns a dictionary with `seconds`.

    The result has for each name the `rounds` and the medians of seconds and bytes, or the `error` that ended it."""
    rounds = {name: [] for name in jobs}
    errors = {}
    for _ in range(repeats):
        for name, job in jobs.items():
            done = rounds[name]
            if name in errors or (done and done[0]["seconds"] > once_above):
                continue
            try:
                done.append(job())
                print(f"  {name}: {done[-1]['seconds']:.2f} s", flush=True)
            except Failed as error:
                errors[name] = str(error)
                print(f"  {name} failed: {error}", flush=True)
    return {name: {"error": errors[name]} if name in errors else _medians(done) for name, done in rounds.items()}


def _medians(rounds):
    keys = ("seconds", "resident_bytes", "private_bytes", "search_seconds")
    return {**{key: median(each[key] for each in rounds) for key in keys if key in rounds[0]}, "rounds": rounds}
