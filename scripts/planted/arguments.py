"""The options of scripts/planted-faults."""

import argparse
import pathlib


def parse():
    parser = argparse.ArgumentParser(
        prog="scripts/planted-faults",
        description="Plants faults in Fashion-MNIST, trains the demo's ensemble on it, and counts who finds them.",
        epilog="A minute for each seed on two cores.",
    )
    parser.add_argument("--runs", type=int, default=256, help="runs of the ensemble [256]")
    parser.add_argument("--epochs", type=int, default=12, help="epochs of a training [12]")
    parser.add_argument("--ranks", type=int, default=2, help="ranks of mpirun [2]")
    parser.add_argument("--seeds", default="0,1,2", help="seeds of the faults [0,1,2]")
    parser.add_argument("--source", default="/usr/share/datasets/fashion-mnist", help="folder of the gzipped IDX files")
    parser.add_argument("--out", default="planted-faults", help="folder of the ensembles and reports [planted-faults]")
    options = parser.parse_args()
    options.seeds = [int(seed) for seed in options.seeds.split(",")]
    options.out = pathlib.Path(options.out)
    options.source = pathlib.Path(options.source)
    return options


if __name__ == "__main__":
    parse()
