"""Measured against planned, by ranks, as an SVG that is legible on white and on black."""

from math import log2, log10
from xml.sax.saxutils import escape

from .jobs import planned_compute, planned_seconds, slowest_compute
from .report import groups, title

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 320, 220, 56, 14, 46, 40
LEGEND = 30

STYLE = """
text { font: 12px sans-serif; fill: #1f2328 }
.title { font-weight: bold; font-size: 13px }
.tick { fill: #59636e }
.axis { stroke: #8c959f; fill: none }
.plan { fill: none; stroke-width: 1.5; stroke-dasharray: 5 3 }
.train { stroke: #0969da } .runs { stroke: #bc4c00 } .both { stroke: #1a7f37 } .alone { stroke: #59636e }
circle { fill: none; stroke-width: 2 }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 } .tick { fill: #9198a1 }
.train { stroke: #58a6ff } .runs { stroke: #f0883e } .both { stroke: #3fb950 } .alone { stroke: #9198a1 }
}
"""

FAMILIES = {"train": "training examples divided (1xP)", "runs": "runs divided (Px1)", "both": "both"}

# What a panel shows: of a job as it was measured, and as planned.
PANELS = {
    "compute of the slowest rank, s": (slowest_compute, planned_compute),
    "sent by all ranks, MB": (lambda job: job["bytes"] / 1e6, lambda job: job["plan"]["bytes_communicated"] / 1e6),
    "wall time, s": (lambda job: job["seconds"]["total"], planned_seconds),
}


def draw(jobs, path):
    """Draws a row of panels for every kind and size: circles measured, dashed lines planned."""
    rows = groups(jobs)
    width, height = WIDTH * len(PANELS), LEGEND + HEIGHT * len(rows)
    elements = list(_legend())
    for number, row in enumerate(rows):
        y = LEGEND + HEIGHT * number
        elements.append(_text(LEFT, y + 16, title(row[0]), "title"))
        for column, (name, values) in enumerate(PANELS.items()):
            elements += _panel(WIDTH * column, y, name, row, *values)
    size = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" {size}>', f"<style>{STYLE}</style>", *elements, "</svg>"]
    path.write_text("\n".join(lines) + "\n")


def _legend():
    x = LEFT
    for family, label in FAMILIES.items():
        yield f'<circle class="{family}" cx="{x}" cy="14" r="4"/>'
        yield _text(x + 9, 18, label)
        x += 28 + 6 * len(label)
    yield f'<circle class="alone" cx="{x}" cy="14" r="4"/>'
    yield _text(x + 9, 18, "measured")
    yield f'<path class="plan alone" d="M{x + 90} 14h30"/>'
    yield _text(x + 126, 18, "as planned")


def _family(job):
    """How the work is divided among the ranks. One rank is the beginning of all lines."""
    runs, train = job["grid"].split("x")
    return "alone" if job["ranks"] == 1 else "train" if runs == "1" else "runs" if train == "1" else "both"


def _panel(x, y, name, jobs, measured, planned):
    """The elements of a panel at x, y; what is zero has no place on its scale."""
    points = [(job["ranks"], value, _family(job)) for job in jobs if (value := measured(job)) > 0]
    lines = [(job["ranks"], value, _family(job)) for job in jobs if (value := planned(job)) > 0]
    yield _text(x + LEFT, y + 36, name)
    if not points:
        return
    values = [value for _, value, _ in points + lines]
    ranks = sorted({job["ranks"] for job in jobs})
    low, high = min(values) / 1.15, max(values) * 1.15

    def at(count, value):
        across = (log2(count) - log2(ranks[0])) / max(1, log2(ranks[-1]) - log2(ranks[0]))
        up = (log10(value) - log10(low)) / (log10(high) - log10(low))
        return (x + LEFT + 8 + across * (WIDTH - LEFT - RIGHT - 16), y + HEIGHT - BOTTOM - up * (HEIGHT - TOP - BOTTOM))

    yield (f'<path class="axis" d="M{x + LEFT} {y + TOP}V{y + HEIGHT - BOTTOM}H{x + WIDTH - RIGHT}"/>')
    for value in _ticks(low, high):
        yield _text(x + LEFT - 5, at(ranks[0], value)[1] + 4, f"{value:g}", "tick", "end")
    for count in ranks:
        yield _text(at(count, low)[0], y + HEIGHT - BOTTOM + 16, f"{count}", "tick", "middle")
    yield _text(x + WIDTH - RIGHT, y + HEIGHT - BOTTOM + 30, "ranks", "tick", "end")
    for family in FAMILIES:
        path = [at(count, value) for count, value, of in sorted(lines) if of in (family, "alone")]
        if len(path) > 1:
            yield f'<path class="plan {family}" d="M{"L".join(f"{a:.1f} {b:.1f}" for a, b in path)}"/>'
    for count, value, family in points:
        a, b = at(count, value)
        yield f'<circle class="{family}" cx="{a:.1f}" cy="{b:.1f}" r="4"/>'


def _ticks(low, high):
    """Powers of ten; where those are few, 2 and 5 times them, too, or all digits."""
    exponents = range(int(log10(low)) - 1, int(log10(high)) + 2)
    for digits in ((1,), (1, 2, 5), range(1, 10)):
        values = [digit * 10.0**exponent for exponent in exponents for digit in digits]
        values = [value for value in values if low <= value <= high]
        if len(values) > 2:
            break
    return values


def _text(x, y, text, kind=None, anchor=None):
    attributes = (f' class="{kind}"' if kind else "") + (f' text-anchor="{anchor}"' if anchor else "")
    return f'<text{attributes} x="{x:.1f}" y="{y:.1f}">{escape(text)}</text>'
