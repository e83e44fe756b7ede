"""The methods against one another, by size, as an SVG."""

from .methods import PROGRAM

# Of middling lightness, so that they show on white and on black.
INK, OURS, OTHERS = "#7d8590", "#2da44e", "#8c959f"


def draw(comparisons, path):
    """Draws the wall times, a panel a size: bars with their seconds, and how often the program's time they are."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams.update({
        "svg.fonttype": "none", "svg.hashsalt": "", "font.family": "sans-serif", "font.size": 11, "text.color": INK,
        "xtick.color": INK, "ytick.color": INK})
    from matplotlib import pyplot

    figure, panels = pyplot.subplots(
        1, len(comparisons), figsize=(3.2 * len(comparisons) + 2, 2.6), sharey=True, squeeze=False)
    for axes, each in zip(panels[0], comparisons):
        _panel(axes, each)
    figure.tight_layout(w_pad=3)
    figure.savefig(path, transparent=True, metadata={"Date": None})


def _panel(axes, each):
    """One size: a horizontal bar a method."""
    measured = {name: method for name, method in each["methods"].items() if "error" not in method}
    base = measured.get(PROGRAM, {}).get("seconds")
    longest = max(method["seconds"] for method in measured.values())
    for name, method in measured.items():
        seconds = method["seconds"]
        label = f" {seconds:.3g} s" + (f", {seconds / base:.1f} x" if base and name != PROGRAM else "")
        axes.barh(each["labels"][name], seconds, color=OURS if name == PROGRAM else OTHERS)
        axes.text(seconds, each["labels"][name], label, va="center", ha="left")
    axes.set_title(f"{each['test']:,} x {each['train']:,}, {each['runs']:,} runs", color=INK, fontsize=11)
    axes.set_xlim(0, 1.5 * longest)
    axes.set_xticks([])
    axes.tick_params(length=0)
    axes.invert_yaxis() if not axes.yaxis_inverted() else None
    for side in axes.spines.values():
        side.set_visible(False)
