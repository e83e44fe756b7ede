"""Plans and simulates what the command line asks for; prints a table, writes simulation.json."""

import json
import subprocess
import sys
from datetime import UTC, datetime

from ..methods import planned
from . import arguments, cluster
from .messages import Job, messages, total

NEIGHBORS = 101
# Of a core with AVX-512 and VNNI (Zen 5). They decide which grid is the fastest, but not what the messages take.
RATES = {"logits": 0.5e9, "products": 0.85e12, "exactProducts": 8e9, "largestCount": 127}
# SimGrid takes bytes to their place. That sums are also computed there makes them take so many times as long, as
# measured for reduceWork of plan's model.
WORK_OF_SUMS = 2.4
PHASES = ("read", "standardize", "reduce", "select", "refine", "rest")


def _planned(size, memory, ranks, options):
    """What plan says of a job on so many ranks of the simulated cluster."""
    rates = {
        **RATES,
        "bytes": cluster.LINK["bytes"] / options.ranks_per_host,
        "latency": cluster.LINK["latency"],
    }
    path = arguments.FOLDER / "rates.json"
    path.write_text(json.dumps({"rates": rates}) + "\n")
    machine = f"--ranks {ranks} --ranks-per-host {options.ranks_per_host} --memory {memory} --k-max {NEIGHBORS}"
    return planned([*size.arguments, *machine.split(), "--rates", f"{path}"])["plan"]


def _compare(name, ranks, program, options):
    size, memory = arguments.JOBS[name]
    plan = _planned(size, memory, ranks, options)
    (search,) = plan["searches"]
    job = Job(
        runs=size.runs,
        test=size.test,
        train=size.train,
        classes=size.classes,
        neighbors=NEIGHBORS,
        runs_axis=plan["grid"]["runs"],
        train_axis=plan["grid"]["train"],
        ranks_of_host=options.ranks_per_host,
        **search,
    )
    found = list(messages(job))
    sent, calls = total(found, job.ranks)
    return {
        "job": name,
        "ranks": ranks,
        "plan": plan,
        "simulated": cluster.simulate(program, found, job, arguments.FOLDER),
        "bytes": sent,
        "calls": calls,
    }


def _table(results):
    lines = [
        f"{'':23}{'messages, s':^22}{'whole job, s':>14}{'sent, GB':^18}{'calls of':>10}   simulated by phase, s",
        f"{'job':9}{'ranks':>6}{'grid':>8}{'simulated':>12}{'planned':>10}{'planned':>14}{'by calls':>10}{'planned':>8}"
        f"{'a rank':>10}",
    ]
    for each in results:
        plan, simulated = each["plan"], each["simulated"]
        grid = f"{plan['grid']['runs']}x{plan['grid']['train']}"
        seconds = sum(simulated.values()) + (WORK_OF_SUMS - 1) * simulated.get("reduce", 0)
        phases = ", ".join(f"{phase} {simulated[phase]:.3g}" for phase in PHASES if phase in simulated)
        lines.append(
            f"{each['job']:9}{each['ranks']:6}{grid:>8}{seconds:12.3f}"
            f"{plan['communication_seconds']:10.3f}{plan['seconds']['total']:14.2f}{each['bytes'] / 1e9:10.1f}"
            f"{plan['bytes_communicated'] / 1e9:8.1f}{each['calls']:10,}   {phases}"
        )
    return "\n".join(lines)


def main():
    """Compares all jobs on all numbers of ranks."""
    options = arguments.parse()
    arguments.FOLDER.mkdir(parents=True, exist_ok=True)
    program = cluster.build(arguments.FOLDER)
    results = []
    for name in options.jobs:
        for ranks in options.ranks:
            print(f"simulate: {name} on {ranks:,} ranks", flush=True)
            results.append(_compare(name, ranks, program, options))
    path = arguments.FOLDER / "simulation.json"
    path.write_text(
        json.dumps({"date": datetime.now(UTC).isoformat(timespec="seconds"), "results": results}, indent=2) + "\n"
    )
    print(f"\n{_table(results)}\n\nwritten: {path}")


if __name__ == "__main__":
    try:
        main()
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"simulate: {error}")
