"""Measured against predicted, by ranks, as an SVG."""

from .. import svg
from ..svg import HEIGHT, LEFT, WIDTH
from .jobs import planned_compute, planned_seconds, slowest_compute
from .report import groups, title

LEGEND = 30

STYLE = (
    svg.PANEL_STYLE
    + """
.train { stroke: #2f81f7 } .runs { stroke: #db6d28 } .both { stroke: #2ea043 } .alone { stroke: #767676 }
"""
)

FAMILIES = {"train": "training examples divided (1xP)", "runs": "runs divided (Px1)", "both": "both"}

# What a panel shows: of a job as it was measured, and as plan predicts it.
PANELS = {
    "compute of the slowest rank, s": (slowest_compute, planned_compute),
    "sent by all ranks, MB": (lambda job: job["bytes"] / 1e6, lambda job: job["plan"]["bytes_communicated"] / 1e6),
    "wall time, s": (lambda job: job["seconds"]["total"], planned_seconds),
}


def draw(jobs, path):
    """Draws a row of panels for every kind and size: circles measured, dashed lines predicted."""
    rows = groups(jobs)
    elements = list(_legend())
    for number, row in enumerate(rows):
        y = LEGEND + HEIGHT * number
        elements.append(svg.text(LEFT, y + 16, title(row[0]), "title"))
        for column, (name, values) in enumerate(PANELS.items()):
            elements += _panel(WIDTH * column, y, name, row, *values)
    svg.write(path, WIDTH * len(PANELS), LEGEND + HEIGHT * len(rows), STYLE, elements)


def _legend():
    x = LEFT
    for family, label in FAMILIES.items():
        yield f'<circle class="{family}" cx="{x}" cy="14" r="4"/>'
        yield svg.text(x + 9, 18, label)
        x += 28 + 6 * len(label)
    yield f'<circle class="alone" cx="{x}" cy="14" r="4"/>'
    yield svg.text(x + 9, 18, "measured")
    yield f'<path class="plan alone" d="M{x + 90} 14h30"/>'
    yield svg.text(x + 126, 18, "predicted by plan")


def _family(job):
    """How the work is divided among the ranks. One rank is the beginning of all lines."""
    runs, train = job["grid"].split("x")
    return "alone" if job["ranks"] == 1 else "train" if runs == "1" else "runs" if train == "1" else "both"


def _panel(x, y, name, jobs, measured, planned):
    points = [(job["ranks"], measured(job), _family(job)) for job in jobs]
    lines = [
        (family, [(job["ranks"], planned(job)) for job in jobs if _family(job) in (family, "alone")])
        for family in FAMILIES
    ]
    return svg.panel(x, y, name, "ranks", points, lines)
