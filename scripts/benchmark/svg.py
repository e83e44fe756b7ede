"""Pieces of SVG pictures."""

from math import log10
from xml.sax.saxutils import escape

# A panel with logarithmic scales: its size, and the room for what stands around its axes.
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 320, 220, 56, 14, 46, 40

# The gray is legible on white and on black: nobody knows what is behind a picture.
PANEL_STYLE = """
text { font: 12px sans-serif; fill: #767676 }
.title { font-weight: bold; font-size: 13px }
.axis { stroke: #8c959f; fill: none }
.plan { fill: none; stroke-width: 1.5; stroke-dasharray: 5 3 }
circle { fill: none; stroke-width: 2 }
"""


def write(path, width, height, style, elements):
    """Writes a picture of that size."""
    size = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" {size}>', f"<style>{style}</style>", *elements, "</svg>"]
    path.write_text("\n".join(lines) + "\n")


def text(x, y, words, kind=None, anchor=None):
    """A line of text, whose left end, or other anchor, is at x, y."""
    attributes = (f' class="{kind}"' if kind else "") + (f' text-anchor="{anchor}"' if anchor else "")
    return f'<text{attributes} x="{x:.1f}" y="{y:.1f}">{escape(words)}</text>'


def panel(x, y, name, axis, points, lines):
    """The elements of a panel at x, y: `points` (place, value, kind) as circles, and dashed `lines`, each a kind and a
    list of (place, value). The horizontal axis is called `axis`. What is zero has no place on the scales."""
    points = [point for point in points if point[1] > 0]
    lines = [(kind, sorted(point for point in line if point[1] > 0)) for kind, line in lines]
    yield text(x + LEFT, y + 36, name)
    if not points:
        return
    values = [value for _, value, _ in points] + [value for _, line in lines for _, value in line]
    places = sorted({place for place, _, _ in points})
    low, high = min(values) / 1.15, max(values) * 1.15

    def at(place, value):
        across = log10(place / places[0]) / max(1e-9, log10(places[-1] / places[0]))
        up = log10(value / low) / log10(high / low)
        return (x + LEFT + 8 + across * (WIDTH - LEFT - RIGHT - 16), y + HEIGHT - BOTTOM - up * (HEIGHT - TOP - BOTTOM))

    yield f'<path class="axis" d="M{x + LEFT} {y + TOP}V{y + HEIGHT - BOTTOM}H{x + WIDTH - RIGHT}"/>'
    for value in _ticks(low, high):
        yield text(x + LEFT - 5, at(places[0], value)[1] + 4, f"{value:g}", anchor="end")
    for place in places:
        yield text(at(place, low)[0], y + HEIGHT - BOTTOM + 16, f"{place:,}", anchor="middle")
    yield text(x + WIDTH - RIGHT, y + HEIGHT - BOTTOM + 30, axis, anchor="end")
    for kind, line in lines:
        if len(line) > 1:
            path = "L".join(f"{a:.1f} {b:.1f}" for a, b in (at(*point) for point in line))
            yield f'<path class="plan {kind}" d="M{path}"/>'
    for place, value, kind in points:
        a, b = at(place, value)
        yield f'<circle class="{kind}" cx="{a:.1f}" cy="{b:.1f}" r="4"/>'


def _ticks(low, high):
    """Powers of ten; where those are few, 2 and 5 times them, too, or all digits."""
    exponents = range(int(log10(low)) - 1, int(log10(high)) + 2)
    for digits in ((1,), (1, 2, 5), range(1, 10)):
        values = [digit * 10.0**exponent for exponent in exponents for digit in digits]
        values = [value for value in values if low <= value <= high]
        if len(values) > 1:
            break
    return values
