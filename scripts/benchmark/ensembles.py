"""The ensembles that are measured, made by this program's `synthesize` and kept for the next time."""

from dataclasses import dataclass, replace

from .methods import on_ranks
from .processes import measure


@dataclass(frozen=True)
class Size:
    """Runs, test examples, training examples and classes of an ensemble."""

    runs: int
    test: int
    train: int
    classes: int = 10

    def __str__(self):
        return f"{self.runs:,} runs, {self.test:,} x {self.train:,} examples, {self.classes} classes"

    @property
    def arguments(self):
        """The options of `synthesize` and `plan` for this size."""
        return f"--runs {self.runs} --test {self.test} --train {self.train} --classes {self.classes}".split()

    @property
    def operations(self):
        """Multiplications and additions of the kernel's product."""
        return 2 * self.runs * self.test * self.train * self.classes


SIZES = {
    "small": Size(500, 2_000, 10_000),
    "medium": Size(500, 5_000, 20_000),
    "large": Size(500, 10_000, 50_000),
}
MANY_RUNS = Size(4_000, 2_000, 10_000)
HUGE = Size(20_000, 2_000, 10_000)


def with_runs(folder, size):
    """The folder of an ensemble of that size, or with more runs, made where it is missing."""
    is_part = size == replace(MANY_RUNS, runs=size.runs)
    return make(folder, MANY_RUNS if is_part else size)


def make(folder, size):
    """The folder of the ensemble of that size below `folder`, made where it is missing."""
    ensemble = folder / "ensembles" / f"{size.runs}-{size.test}-{size.train}-{size.classes}"
    if not (ensemble / "logits.npy").exists():
        print(f"  making an ensemble of {size}", flush=True)
        measure(on_ranks(2, "synthesize", *size.arguments, "--out", str(ensemble)))
    return ensemble
