"""What `plan` says, by rates that were measured once."""

import json
from collections import Counter
from statistics import median

from ..ensembles import Size
from ..methods import planned

MEASUREMENTS = 9


def measured_rates(ranks, path):
    """Writes the rates of so many ranks at work at once to `path`, for `plan --rates`. Of several measurements the
    median of each: at its best a processor whose ranks share a core, or its clock, is what it is in no job."""
    found = [planned(["--runs", "2", "--test", "1", "--train", "1"], ranks)["rates"] for _ in range(MEASUREMENTS)]
    rates = {name: median(each[name] for each in found) for name in found[0]}
    path.write_text(json.dumps({"rates": rates}, indent=2) + "\n")
    return path


class Planner:
    """Plans jobs like those that were measured, on their grids, by the rates in the file at `path`."""

    def __init__(self, path):
        self._path = path

    @property
    def rates(self):
        return json.loads(self._path.read_text())["rates"]

    def plan(self, summary):
        """The cost of a job like that of a summary."""
        ensemble, grid = summary["ensemble"], summary["grid"]
        size = Size(*(ensemble[name] for name in ("runs", "test", "train", "classes")))
        arguments = [
            *size.arguments,
            "--rates",
            f"{self._path}",
            "--grid",
            f"{grid['runs']}x{grid['train']}",
            "--threads",
            f"{summary['threads_per_rank']}",
            "--k-max",
            f"{summary['neighbors']}",
            "--screen",
            summary["screen"],
            "--memory",
            f"{summary['memory_limit_bytes']}",
        ]
        hosts = Counter(rank["host"] for rank in summary["rank_activity"])
        if len(hosts) > 1:
            arguments += ["--ranks-per-host", f"{max(hosts.values())}"]
        return planned(arguments)["plan"]
