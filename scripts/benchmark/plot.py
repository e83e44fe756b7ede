"""The methods against one another, by size, as two SVG pictures: for light and for dark pages."""

from . import svg
from .methods import PROGRAM

LABELS, PANEL, BAR, ROW, TITLE = 200, 250, 110, 26, 34

STYLE = """
text {{ font: 13px sans-serif; fill: {text} }}
.title {{ font-weight: bold }}
.program {{ fill: {program} }}
.other {{ fill: #8c959f }}
"""
LIGHT, DARK = {"text": "#1f2328", "program": "#1a7f37"}, {"text": "#e6edf3", "program": "#3fb950"}


def draw(comparisons, path):
    """Draws the wall times, a panel a size: a bar a method, its seconds, and how often this program's time they are.
    Bars of a panel are to its own scale. The picture for dark pages is beside `path`, as NAME-dark.svg."""
    labels = comparisons[0]["labels"]
    width, height = LABELS + PANEL * len(comparisons), TITLE + ROW * len(labels) + 4
    elements = [svg.text(0, _middle(row), label) for row, label in enumerate(labels.values())]
    for column, each in enumerate(comparisons):
        elements += _panel(LABELS + PANEL * column, each)
    for file, colors in [(path, LIGHT), (path.with_stem(path.stem + "-dark"), DARK)]:
        svg.write(file, width, height, STYLE.format(**colors), elements)


def _panel(x, each):
    """The elements of one size; x is the left end of its bars."""
    yield svg.text(x, 16, f"{each['test']:,} × {each['train']:,}, {each['runs']:,} runs", "title")
    seconds = {name: method["seconds"] for name, method in each["methods"].items() if "error" not in method}
    for row, name in enumerate(each["labels"]):
        if name not in seconds:
            yield svg.text(x, _middle(row), "failed")
            continue
        length = BAR * seconds[name] / max(seconds.values())
        kind = "program" if name == PROGRAM else "other"
        yield f'<rect class="{kind}" x="{x}" y="{TITLE + ROW * row + 4}" width="{length:.1f}" height="{ROW - 8}"/>'
        times = f" ({seconds[name] / seconds[PROGRAM]:.1f} ×)" if name != PROGRAM and PROGRAM in seconds else ""
        yield svg.text(x + length + 6, _middle(row), f"{_three_digits(seconds[name])} s{times}")


def _middle(row):
    """The base line of a row's text."""
    return TITLE + ROW * row + ROW / 2 + 4.5


def _three_digits(value):
    return f"{value:.{2 if value < 10 else 1 if value < 100 else 0}f}"
