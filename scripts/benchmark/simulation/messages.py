"""The messages of a search, as the documentation of the communication lists them: what no line of `plan` computes.

A message is (phase, collective, axis, bytes that a rank passes to a call, number of calls)."""

from dataclasses import dataclass
from math import ceil, log2

INT8_CODE = 1
LIMB = 2
LIMB_DEPTH = 480  # Numbers of an example that are multiplied at once.
SHORT_AGREEMENTS = 50


@dataclass(frozen=True)
class Job:
    """A search on a grid: its examples, and how the ranks divide them."""

    runs: int
    test: int
    train: int
    classes: int
    neighbors: int
    runs_axis: int
    train_axis: int
    ranks_of_host: int
    test_tiles: int
    train_tiles: int
    run_blocks: int
    narrowed_pairs: int
    refined_pairs: int

    @property
    def ranks(self):
        """All of them."""
        return self.runs_axis * self.train_axis

    @property
    def host_axis(self):
        """The ranks of a train axis that are on one host: those of a runs axis are consecutive."""
        return min(self.train_axis, max(1, self.ranks_of_host // self.runs_axis))

    def sizes(self):
        """The ranks of each axis."""
        return {"world": self.ranks, "runs": self.runs_axis, "train": self.train_axis, "host": self.host_axis}


def messages(job):
    """All messages of the job, phase by phase. Calls on an axis of one rank are left out: they send nothing."""
    sizes = job.sizes()
    for phase, collective, axis, size, times in [*_moments(job), *_screen(job), *_refine(job), *_merge(job), *_rest()]:
        if sizes[axis] > 1 and size >= 1 and times > 0:
            yield phase, collective, axis, int(size), int(times)


def total(found, ranks):
    """The bytes that all ranks pass to the calls together, and the calls of one rank."""
    found = list(found)
    return ranks * sum(size * times for *_, size, times in found), sum(times for *_, times in found)


def _gather(phase, axis, size, times=1):
    """Arrays whose lengths are exchanged first."""
    yield phase, "allgather", axis, 8, times
    yield phase, "allgather", axis, size, times


def _all_to_all(phase, axis, size, times=1):
    """Ranks agree first on whether any of the arrays must go in pieces."""
    yield phase, "allreduce", axis, 8, times
    yield phase, "alltoall", axis, size, times


def _moments(job):
    of_example = 16 * (job.classes + 1)
    yield from _gather("read", "world", of_example * job.test / job.ranks)
    yield from _gather("read", "runs", of_example * job.train / job.ranks)
    yield "read", "allreduce", "world", 8, 3
    yield "read", "allreduce", "train", 16, 1


def _screen(job):
    rows, columns = job.test / job.test_tiles, job.train / job.train_axis / job.train_tiles
    tiles = job.test_tiles * job.train_tiles
    codes = INT8_CODE * job.classes * rows * job.runs / job.runs_axis / job.host_axis / job.run_blocks
    fills = job.test_tiles if job.run_blocks == 1 else tiles * job.run_blocks
    yield "standardize", "allgather", "host", codes, fills
    yield "standardize", "allreduce", "host", 8 * rows, job.test_tiles
    yield "standardize", "allreduce", "runs", 8 * rows, job.test_tiles
    yield "standardize", "allreduce", "runs", 8 * columns, tiles
    yield "reduce", "allreduce", "runs", 4 * rows * columns, tiles
    # Thresholds are agreed on after 1, 2, 4, ... training tiles and after the last.
    exchanges = job.test_tiles * (ceil(log2(job.train_tiles)) + 1)
    yield "select", "allreduce", "train", 4 * 24 * rows / job.runs_axis, exchanges
    yield "select", "allreduce", "train", 4 * 16 * rows / job.runs_axis, exchanges
    yield "select", "allreduce", "world", 8, tiles


def _refine(job):
    rows, tiles = job.test / job.test_tiles, job.test_tiles
    of_share = rows / job.runs_axis
    runs = job.runs / job.runs_axis
    blocks = ceil(runs / max(1, LIMB_DEPTH // job.classes))
    passes = [(1, job.narrowed_pairs), (2, job.refined_pairs)] if job.narrowed_pairs else [(2, job.refined_pairs)]
    yield "refine", "allreduce", "world", 16, tiles
    yield "refine", "allreduce", "world", 8, tiles * (len(passes) - 1)
    for limbs, pairs in passes:
        # Pairs of a rank's training examples and all rows of a tile.
        of_axis = pairs / job.train_axis / tiles
        yield from _all_to_all("refine", "train", 4 * job.neighbors * of_share, tiles)
        yield from _gather("refine", "train", 4 * of_share / job.train_axis, tiles)
        yield from _gather("refine", "runs", 8 * of_share, tiles)
        yield from _gather("refine", "runs", 4 * of_axis / job.runs_axis, tiles)
        panel = LIMB * limbs * job.classes * rows * runs / blocks / job.host_axis
        yield "refine", "allgather", "host", panel, blocks * tiles
        yield "refine", "allreduce", "train", 16, tiles
        yield "refine", "allreduce", "runs", 16, tiles
        yield "refine", "allgather", "runs", 8, tiles
        yield "refine", "reduce_scatter", "runs", 8 * of_axis, tiles


def _merge(job):
    of_share = job.test / job.test_tiles / job.runs_axis
    yield from _all_to_all("refine", "train", 8 * job.neighbors * of_share, 2 * job.test_tiles)


def _rest():
    """Short agreements before and after the search: files, labels, averages, votes, what the ranks did."""
    yield "rest", "allreduce", "world", 8, SHORT_AGREEMENTS
