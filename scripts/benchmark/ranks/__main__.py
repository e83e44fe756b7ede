"""Measures what the command line asks for, or reads what a job has measured; prints tables, writes scaling.json and
scaling.svg."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime

from .. import machine
from ..processes import Failed
from . import arguments, chart, report
from .measuring import measure_jobs
from .plan import Planner, measured_rates
from .reading import read_jobs


def main():
    """The exit code is 1 where something failed, or jobs of the same runs wrote different bytes."""
    options = arguments.parse()
    options.folder.mkdir(parents=True, exist_ok=True)
    results = {"date": datetime.now(UTC).isoformat(timespec="seconds")}
    if options.read:
        results |= {"read": f"{options.read}", "jobs": read_jobs(options.read)}
    else:
        cores = len(os.sched_getaffinity(0))
        planner = Planner(measured_rates(min(cores, options.ranks[-1]), options.folder / "rates.json"))
        results |= {
            "machine": machine.description(),
            "rates": planner.rates,
            "jobs": measure_jobs(options, cores, planner),
        }
    results["plan_errors"] = report.errors(results["jobs"])
    written = [options.folder / "scaling.json", options.folder / "scaling.svg"]
    written[0].write_text(json.dumps(results, indent=2) + "\n")
    chart.draw(results["jobs"], written[1])
    print("\n" + report.text(results["jobs"]))
    print(f"\nwritten: {', '.join(map(str, written))}")


if __name__ == "__main__":
    try:
        main()
    except (Failed, OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"scaling: {error}")
