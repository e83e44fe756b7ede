"""Measures what the command line asks for; prints tables, writes results.json and charts."""

import json
import sys
from datetime import UTC, datetime

from . import arguments, commands, comparison, ensembles, growth_chart, machine, onednn, plot, report, scaling
from .openblas import choose_kernels
from .processes import Failed


def onednn_rates(options):
    """oneDNN's own rate at the largest of the sizes, or why there is none."""
    try:
        return onednn.rates(ensembles.SIZES[options.sizes[-1]], options.threads, options.repeats)
    except (OSError, ValueError) as error:
        return {"error": f"cannot be measured here: {error}"}


PARTS = {
    "start": comparison.start_methods,
    "methods": comparison.compare_methods,
    "commands": commands.compare_commands,
    "ranks": scaling.by_ranks,
    "growth": scaling.growth,
    "screens": scaling.by_screen,
    "onednn": onednn_rates,
}


def main():
    """Runs the parts in turn. The exit code is 1 where something failed or this program is wrong."""
    options = arguments.parse()
    if options.avx2:
        machine.leave_out_avx512()
    choose_kernels()
    parts = {name: part for name, part in PARTS.items() if name in options.parts}
    if options.huge:
        parts["huge"] = scaling.huge
    results = {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine.description(),
        "options": {name: str(value) if name == "folder" else value for name, value in vars(options).items()},
    }
    for name, part in parts.items():
        results[name] = part(options)
        # After every part: what was measured is not lost when a later one is interrupted.
        (options.folder / "results.json").write_text(json.dumps(results, indent=2) + "\n")
    print("\n" + report.text(results))
    written = [options.folder / "results.json"]
    if results.get("methods"):
        written.append(options.folder / "methods.svg")
        plot.draw(results["methods"], written[-1])
    if results.get("growth"):
        written.append(options.folder / "growth.svg")
        growth_chart.draw(results["growth"], written[-1])
    print(f"\nwritten: {', '.join(map(str, written))}")
    return 0 if report.is_good(results) else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failed as error:
        sys.exit(f"bench: {error}")
