"""A job of `predict` as its summary.json tells of it, beside what `plan` says of the same job."""

from statistics import mean

PHASES = ("read", "standardize", "product", "reduce", "select", "refine")


def job(kind, summary, wall_seconds, cores, planner):
    """A job of some kind whose ranks had so many cores together.

    Ranks that share a core are slower by their number: `sharing` is how many threads a core has, 1 at least."""
    ensemble, grid, threads = summary["ensemble"], summary["grid"], summary["threads_per_rank"]
    ranks = grid["runs"] * grid["train"]
    activity = [_activity(rank) for rank in summary["rank_activity"]]
    return {
        "kind": kind,
        "size": {name: ensemble[name] for name in ("runs", "test", "train", "classes")},
        "ranks": ranks,
        "grid": f"{grid['runs']}x{grid['train']}",
        "threads": threads,
        "sharing": max(1, ranks * threads / cores),
        "wall_seconds": wall_seconds,
        "seconds": summary["seconds"],
        "activity": activity,
        "bytes": summary["bytes_communicated"],
        "calls": sum(rank["mpi_calls"] for rank in summary["rank_activity"]),
        "plan": planner.plan(summary),
    }


def _activity(rank):
    """What a rank spent its time on. Waiting burns processor time, too, which is no computation; and the wall time of
    communication has in it what a rank waits for a core."""
    waiting = rank.get("waiting_seconds")
    return {
        "rank": rank["rank"],
        "host": rank["host"],
        "processor": rank["processor_seconds"],
        "compute": rank["processor_seconds"] - rank["mpi_processor_seconds"],
        "communication": rank["mpi_seconds"] - (waiting or 0),
        "waiting": waiting,
        "calls": rank["mpi_calls"],
        "bytes": rank["bytes_communicated"],
    }


def share_of_cores(job):
    """The part of the job's time in which a rank that had least of its core ran. What waits in MPI runs, too."""
    return min(rank["processor"] for rank in job["activity"]) / job["seconds"]["total"]


def slowest_compute(job):
    """Processor seconds outside of MPI, of the rank that has most."""
    return max(rank["compute"] for rank in job["activity"])


def fastest_compute(job):
    return min(rank["compute"] for rank in job["activity"])


def mean_of(job, part):
    """The mean over the ranks of a part of their activity; None where it was not measured."""
    values = [rank[part] for rank in job["activity"]]
    return None if None in values else mean(values)


def planned_compute(job):
    """Processor seconds of a rank, as planned."""
    plan = job["plan"]
    return (plan["seconds"]["total"] - plan["communication_seconds"]) * job["threads"]


def planned_seconds(job, phase="total"):
    """As planned, on cores that are shared as those of the job were."""
    return job["plan"]["seconds"][phase] * job["sharing"]
