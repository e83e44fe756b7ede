"""The command line of scripts/simulate."""

import argparse
from pathlib import Path

from ..arguments import at_least, numbers, of
from ..ensembles import Size

# Jobs that are too large for the machines that we have, and the memory of a rank.
JOBS = {
    "cifar10": (Size(20_000, 10_000, 50_000, 10), "2GiB"),
    "imagenet": (Size(100, 50_000, 1_281_167, 1_000), "8GiB"),
}
FOLDER = Path(__file__).resolve().parents[3] / ".build-bench" / "simulation"


def parse(arguments=None):
    """The options, from the command line."""
    parser = argparse.ArgumentParser(
        prog="scripts/simulate",
        description="Compares the seconds that plan predicts for messages with a simulation of them by SimGrid.",
    )
    parser.add_argument(
        "--ranks",
        type=numbers(2),
        default=[16, 64, 256],
        metavar="N,N",
        help="default 16,64,256; 1024 takes ten minutes and 20 GB for cifar10",
    )
    parser.add_argument(
        "--jobs",
        type=of(JOBS),
        default=list(JOBS),
        metavar="A,B",
        help="; ".join(f"{name}: {size}, {memory} a rank" for name, (size, memory) in JOBS.items()),
    )
    parser.add_argument(
        "--ranks-per-host", type=at_least(1), default=64, metavar="N", help="which share 100 Gbit/s; default 64"
    )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    parse()
