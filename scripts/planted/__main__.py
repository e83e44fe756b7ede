"""Plants faults, trains an ensemble on them, and counts who finds them."""

import csv
import json
import sys
import time

import numpy as np
import program
import tables

from . import arguments, faults, peers

FIRST = (50, 100, 200)


def _found_by_report(folder):
    with (folder / "report_files/suspects.csv").open() as file:
        suspects = [int(row["train"]) for row in csv.DictReader(file)]
    with (folder / "report_files/copies.csv").open() as file:
        copies = {(int(row["example"]), int(row["copy_of"])) for row in csv.DictReader(file) if row["set"] == "test"}
    return suspects, copies


def _copies_found(pairs, planted):
    """The fraction of each kind of copies that is found, and the fraction of what is found that was planted."""
    planted_pairs = {pair for of_kind in planted.copies.values() for pair in of_kind.items()}
    recall = {
        kind: sum(pair in pairs for pair in of_kind.items()) / len(of_kind) for kind, of_kind in planted.copies.items()
    }
    # An original may have copies of its own among the training examples: they are none of the false ones.
    places = {test for test, _ in planted_pairs}
    tests = {test for test, _ in pairs}
    return {**recall, "found test examples": len(tests), "of these planted": len(tests & places) / max(1, len(tests))}


def of_seed(seed, options):
    """What each method finds of the faults of one seed."""
    folder = options.out / f"seed-{seed}"
    planted = faults.plant(options.source, folder / "dataset", seed)
    ensemble = folder / "ensemble"
    training = ["--train-examples", faults.TRAIN, "--runs", options.runs, "--epochs", options.epochs, "--out", ensemble]
    program.run(options.ranks, "train", "--dataset", folder / "dataset", *training, stdout=sys.stderr)
    started = time.monotonic()
    program.run(options.ranks, "report", ensemble, "--out", folder / "report.html", stdout=sys.stderr)
    print(f"planted-faults: seed {seed}: report took {time.monotonic() - started:.0f} s", file=sys.stderr)
    suspects, copies = _found_by_report(folder)
    by_suspects = {"this program": suspects, **peers.suspects(ensemble)}
    by_copies = {"this program": copies, **peers.copies(ensemble)}
    return {
        "suspects": {
            method: {f"{first}": len(set(found[:first]) & planted.flipped) / first for first in FIRST}
            for method, found in by_suspects.items()
        },
        "copies": {method: _copies_found(found, planted) for method, found in by_copies.items()},
    }


def _table(results, part):
    """A table in Markdown: means over the seeds, with the smallest and the largest where they differ."""
    methods = list(results[0][part])
    columns = list(results[0][part][methods[0]])
    lines = [["", *methods]]
    for column in columns:
        cells = []
        for method in methods:
            values = np.array([result[part][method][column] for result in results])
            scale, unit = (1, "") if column == "found test examples" else (100, " %")
            least, mean, largest = (scale * value for value in (values.min(), values.mean(), values.max()))
            span = "" if round(least) == round(largest) else f" ({least:.0f} to {largest:.0f})"
            cells.append(f"{mean:.0f}{unit}{span}")
        lines.append([column, *cells])
    return tables.markdown(lines)


def main():
    options = arguments.parse()
    options.out.mkdir(parents=True, exist_ok=True)
    results = []
    for seed in options.seeds:
        results.append(of_seed(seed, options))
        (options.out / "results.json").write_text(json.dumps(results, indent=1))
    print(f"Wrong labels among the first suspects ({faults.FLIPPED} planted in {faults.TRAIN} labels)\n")
    print(_table(results, "suspects"))
    print(f"\nCopies found ({faults.COPIES} of each kind planted among the test examples)\n")
    print(_table(results, "copies"))


if __name__ == "__main__":
    main()
