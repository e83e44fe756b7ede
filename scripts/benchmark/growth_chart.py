"""Time by runs, training examples and classes, measured and predicted, as an SVG."""

from . import svg
from .svg import HEIGHT, LEFT, WIDTH

LEGEND = 26

STYLE = (
    svg.PANEL_STYLE
    + """
.job { stroke: #2f81f7 }
"""
)


def draw(growth, path):
    """Draws a panel for each number that grows: circles measured, a dashed line predicted by plan."""
    elements = [
        f'<circle class="job" cx="{LEFT}" cy="14" r="4"/>',
        svg.text(LEFT + 9, 18, "measured, seconds without start-up"),
        f'<path class="plan job" d="M{LEFT + 240} 14h30"/>',
        svg.text(LEFT + 276, 18, "predicted by plan"),
    ]
    for column, (name, series) in enumerate(growth.items()):
        jobs = [job for job in series["jobs"] if "error" not in job]
        points = [(job["place"], job["measured"]["total"], "job") for job in jobs]
        lines = [("job", [(job["place"], job["planned"]["total"]) for job in jobs])]
        elements += svg.panel(WIDTH * column, LEGEND, series["others"], name, points, lines)
    svg.write(path, WIDTH * len(growth), LEGEND + HEIGHT, STYLE, elements)
