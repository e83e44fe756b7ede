"""Jobs that jobs/scaling.sbatch has measured."""

import json

from ..processes import Failed
from .jobs import job
from .plan import Planner


def read_jobs(folder):
    """The jobs of a folder: their summaries, and the rates that were measured with the same ranks at the same place."""
    lines = [json.loads(line) for line in (folder / "scaling.jsonl").read_text().splitlines()]
    return [_job(folder / line["summary"], line) for line in lines]


def _job(path, line):
    rates = path.with_name("rates.json")
    if not rates.exists():
        raise Failed(f"{rates} is missing: an older job measured no rates to plan with")
    # The allocation gives every thread a core.
    cores = line["ranks"] * line["threads"]
    return job(line["kind"], json.loads(path.read_text()), line["wall_seconds"], cores, Planner(rates))
