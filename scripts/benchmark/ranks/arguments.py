"""The command line of scripts/scaling."""

import argparse
from pathlib import Path

from ..arguments import at_least, numbers, of
from ..ensembles import SIZES, Size

KINDS = {
    "strong": "the same runs on more and more ranks",
    "weak": "runs in proportion to the ranks",
}
FOLDER = Path(__file__).resolve().parents[3] / ".build-bench"

EPILOG = """\
Where there are more ranks than cores, wall time cannot fall. So the processor time of every rank is shown, which is
what it would take on a core of its own, beside what is sent and what is waited for.
"""


def _sizes(text):
    return [_size(each) for each in text.split(",")]


def _size(text):
    if text in SIZES:
        return SIZES[text]
    numbers = text.split("x")
    if len(numbers) != 4 or not all(number.isdigit() and int(number) > 0 for number in numbers):
        raise argparse.ArgumentTypeError(f"{text!r} is none of {', '.join(SIZES)}, and not RUNSxTESTxTRAINxCLASSES")
    return Size(*map(int, numbers))


def parse(arguments=None):
    """The options, from the command line."""
    parser = argparse.ArgumentParser(
        prog="scripts/scaling",
        description="Measures how predict scales with ranks, beside what plan predicts.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=EPILOG,
    )
    parser.add_argument(
        "--kind",
        type=of(KINDS),
        default=list(KINDS),
        metavar="A,B",
        help="; ".join(f"{name}: {text}" for name, text in KINDS.items()),
    )
    parser.add_argument("--ranks", type=numbers(1), default=[1, 2, 4, 8, 16], metavar="N,N", help="default 1,2,4,8,16")
    parser.add_argument(
        "--sizes",
        type=_sizes,
        default=[SIZES["medium"]],
        metavar="A,B",
        help="; ".join(f"{name}: {size}" for name, size in SIZES.items())
        + "; or RUNSxTESTxTRAINxCLASSES; default medium",
    )
    parser.add_argument("--repeats", type=at_least(1), default=2, metavar="N", help="default 2")
    parser.add_argument(
        "--read", type=Path, metavar="FOLDER", help="measure nothing, read what jobs/scaling.sbatch left there"
    )
    parser.add_argument("--folder", type=Path, default=FOLDER, help="of ensembles and results; default .build-bench")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    parse()
