"""The command line of scripts/bench. Standard library only: it is read before anything is installed."""

import argparse
import os
from pathlib import Path

from .ensembles import SIZES
from .methods import METHODS

EPILOG = """\
Wall times are those of whole processes, from float16 files (which the system has cached) to results on disk, with
as many threads in all as there are cores. The methods take turns; medians are shown, everything is in the JSON.
"""


def of(allowed):
    """The type of an option that is a list, separated by commas, of some of `allowed`."""

    def parse(text):
        names = text.split(",")
        unknown = [name for name in names if name not in allowed]
        if unknown:
            raise argparse.ArgumentTypeError(f"{unknown[0]!r} is none of {', '.join(allowed)}")
        return names

    return parse


def at_least(least):
    """The type of an option that is a whole number, `least` or more."""

    def parse(text):
        if not text.isdigit() or int(text) < least:
            raise argparse.ArgumentTypeError(f"must be a whole number, {least} or more")
        return int(text)

    return parse


def numbers(least):
    """The type of an option that is a list of such numbers, separated by commas: ascending, each once."""

    def parse(text):
        return sorted({at_least(least)(number) for number in text.split(",")})

    return parse


PARTS = {
    "start": "processes that start, load their libraries and end",
    "methods": "this program against the others, by size",
    "commands": "predict, evaluate, sweep, report and train against numpy and torch",
    "ranks": "1 rank with 1 thread, 2 ranks, 16 ranks on the cores there are",
    "growth": "more runs, more training examples, and more classes, compared with what plan predicts",
    "screens": "int8 against float32",
    "onednn": "the int8 products alone, by oneDNN",
}


def parse(arguments=None):
    """The options, from the command line."""
    parser = argparse.ArgumentParser(
        prog="scripts/bench",
        description="Measures this program against other ways to find the same neighbors.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=EPILOG + "\nparts:\n" + "\n".join(f"  {name:9}{text}" for name, text in PARTS.items()),
    )
    parser.add_argument(
        "--sizes",
        type=of(SIZES),
        default=list(SIZES),
        metavar="A,B",
        help="; ".join(f"{name}: {size}" for name, size in SIZES.items()),
    )
    parser.add_argument(
        "--only",
        type=of(METHODS),
        default=list(METHODS),
        metavar="A,B",
        help="methods to measure, of " + ", ".join(METHODS),
    )
    parser.add_argument("--parts", type=of(PARTS), default=list(PARTS), metavar="A,B", help="what to measure")
    parser.add_argument("--huge", action="store_true", help="also 20,000 runs in 1 GiB a rank (writes 4.8 GB)")
    parser.add_argument(
        "--avx2",
        action="store_true",
        help="everything without AVX-512 and VNNI, as on processors that have AVX2 but not these",
    )
    parser.add_argument("--neighbors", type=at_least(1), default=101, metavar="K", help="default 101")
    parser.add_argument("--ranks", type=at_least(1), default=2, metavar="P", help="of this program; default 2")
    parser.add_argument("--repeats", type=at_least(1), default=3, metavar="N", help="default 3")
    parser.add_argument(
        "--once-above",
        type=float,
        default=45,
        metavar="SECONDS",
        help="what took longer than this is not repeated; default 45",
    )
    parser.add_argument("--threads", type=at_least(1), default=len(os.sched_getaffinity(0)), help="default: the cores")
    parser.add_argument(
        "--folder", type=Path, default=Path(".build-bench"), help="of ensembles and results; default .build-bench"
    )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    parse()
