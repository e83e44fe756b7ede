"""The kernel by its definition, in numpy's longdouble, and checks of what the program writes, for scripts beside it.

The program computes x, mean and deviation in float64 and rounds z; `Examples.error` and `similarities` say how far it
may be off at most. Within that it may order two candidates either way; all else has to be exact.
"""

import math

import numpy as np

# Of float64: the distance from 1 to the next number, twice the error of one rounding.
EPSILON = 2.0**-52
# Squares that add up to less have lost their digits in float64: such a class counts as constant.
LEAST_SQUARES = np.longdouble(2.0) ** -960


class Difference(Exception):
    """The program does not do what it has to."""


def require(holds, what):
    if not holds:
        raise Difference(what)


def transformed(logits, transform):
    """x, shape (R, M, C), and how far off it may be in float64. What is -inf, in all runs, is 0: it is constant."""
    x = logits.astype(np.longdouble)
    if x.shape[2] == 1:
        # One logit of a binary classifier: the other is 0.
        x = np.concatenate([np.zeros_like(x), x], 2)
    masked = np.isneginf(x)
    if transform == "raw":
        return np.where(masked, 0, x), np.zeros(x.shape)
    below = x - x.max(2, keepdims=True)
    if transform in ("centered", "minus-max"):
        size = np.where(masked, 0, abs(below)).max(2, keepdims=True)
        if transform == "centered":
            below = below - np.where(masked, 0, below).sum(2, keepdims=True) / (~masked).sum(2, keepdims=True)
        return np.where(masked, 0, below), np.where(masked, 0, EPSILON * (4 + x.shape[2]) * size)
    powers = np.exp(below)
    powers_of_others = powers.copy()
    np.put_along_axis(powers_of_others, below.argmax(2)[..., None], 0, 2)
    others = powers_of_others.sum(2, keepdims=True)
    below = np.where(masked, 0, below)
    # A power has the error of its exponent, and that of exp.
    error = EPSILON * (powers_of_others * (8 + x.shape[2] + abs(below))).sum(2, keepdims=True) / (1 + others)
    if transform == "softmax":
        share = powers / (1 + others)
        return share, share * (EPSILON * (8 + abs(below)) + error)
    x = below - np.log1p(others)
    return np.where(masked, 0, x), np.where(masked, 0, EPSILON * (abs(below) + 4 * abs(x)) + error)


class Examples:
    """z of some examples, shape (M, R C), and how far off it may be before it is rounded; `varies` has shape (M, C).

    Examples with the same logits are of the same group.
    """

    def __init__(self, logits, transform, one_class=None):
        x, error = transformed(logits, transform)
        if one_class is not None:
            x, error = x[:, :, [one_class]], error[:, :, [one_class]]
        self.runs, self.count, self.classes = x.shape
        mean = x.mean(0)
        from_mean = x - mean
        squares = (from_mean**2).sum(0)
        self.varies = squares > LEAST_SQUARES
        deviation = np.sqrt(np.where(self.varies, squares, 1) / (self.runs - 1))
        z = np.where(self.varies, from_mean / deviation, 0)
        # Sums over the runs are of differences from the first of them.
        of_sums = EPSILON * (abs(mean) + (self.runs + 4) * abs(from_mean).max(0))
        error = (2 * error.max(0) + of_sums) / deviation * (1 + abs(z)) + EPSILON * (self.runs + 4) * abs(z)
        self.z = self.in_rows(z)
        # With more than that nothing is known anyway.
        self.error = self.in_rows(np.where(self.varies, np.minimum(error, 1e3), 0)).astype(np.float64)
        names = {}
        self.group = [names.setdefault(logits[:, i].tobytes(), len(names)) for i in range(self.count)]

    @property
    def terms(self):
        """Of the sum over runs and classes."""
        return self.runs * self.classes

    @property
    def constants(self):
        """Number of pairs (example, class) that are constant; None if float64 may see that otherwise."""
        return int((~self.varies).sum()) if self.error.max() < 0.1 else None

    def in_rows(self, array):
        """What has shape (R, M, C), or is the same in all runs, as a row for each example."""
        array = np.broadcast_to(array, (self.runs, self.count, self.classes))
        return array.transpose(1, 0, 2).reshape(self.count, -1)


def search_digits(rows, columns):
    """Binary digits of z behind the point, in a search for neighbors: z has 28 bits, one of them for the sign, or fewer
    where sums of products would not fit into 64."""
    largest = float(max(abs(rows.z).max(), abs(columns.z).max()))
    before_point = math.floor(math.log2(largest * (1 + 2**-10))) + 1 if largest > 0 else 0
    return min(27 - before_point, (62 - rows.terms.bit_length()) // 2)


def matrix_digits(rows):
    """The same in a matrix, where sums of products fit into the digits of a float64."""
    return (52 - rows.terms.bit_length()) // 2


def similarities(rows, columns, digits):
    """The kernel, and how far off it may be where z is rounded to `digits` binary digits behind the point."""
    kernel = rows.z @ columns.z.T / rows.terms
    of_rows, of_columns = (abs(side.z).astype(np.float64) for side in (rows, columns))
    errors = [side.error + side.in_rows(side.varies * 0.5**digits / 2) for side in (rows, columns)]
    error = of_rows @ errors[1].T + errors[0] @ of_columns.T + errors[0] @ errors[1].T
    return kernel, error / rows.terms + 4 * EPSILON * abs(kernel).astype(np.float64)


def require_near(found, kernel, error, counts):
    """Checks similarities, which are written in float32."""
    off = abs(found - kernel).astype(np.float64)
    allowed = error + abs(kernel).astype(np.float64) * 2.0**-24 + 2.0**-149
    worst = np.unravel_index(np.argmax(off - allowed), off.shape)
    require(
        np.isfinite(found).all() and off[worst] <= allowed[worst],
        f"a similarity is {found[worst]}, not {kernel[worst]:.12f}; off by {allowed[worst]:.1e} would do",
    )
    counts["similarities"] += found.size
    counts["off"] = max(counts["off"], float(off[error < 1e-6].max(initial=0)))


def require_order(row, listed, kernel, error, group, counts):
    """Checks the neighbors of an example, whose similarities to all others are the finite ones of `kernel`."""
    candidates = np.flatnonzero(np.isfinite(kernel))
    others = np.setdiff1d(candidates, listed)
    # Of all candidates behind a place none may be nearer for certain.
    behind = np.append((kernel - error)[listed][1:], (kernel - error)[others].max(initial=-np.inf))
    nearer = np.flatnonzero((kernel + error)[listed] < np.maximum.accumulate(behind[::-1])[::-1])
    require(not nearer.size, f"example {row}: others are nearer than neighbors {listed[nearer[:3]]}")
    # Equal examples are as near, and so are all of which the similarity is 0 without any error.
    latest = {}
    for example in [*listed, *others]:
        name = group[example] if error[example] > 0 else None
        require(latest.get(name, -1) < example, f"example {row}: {latest.get(name)} before {example}, which is as near")
        latest[name] = example
    nearest = np.lexsort((candidates, -kernel[candidates]))[: len(listed)]
    counts["neighbors"] += len(listed)
    counts["either"] += int((candidates[nearest] != listed).sum())


def require_neighbors(folder, k, rows, columns, leaves_out_self, counts):
    """Checks the files of neighbors and of their similarities."""
    neighbors, found = np.load(folder / "neighbors.npy"), np.load(folder / "similarities.npy")
    require(neighbors.shape == found.shape == (rows.count, k), f"shapes {neighbors.shape} and {found.shape}")
    require((neighbors.dtype, found.dtype) == (np.int64, np.float32), f"types {neighbors.dtype} and {found.dtype}")
    kernel, error = similarities(rows, columns, search_digits(rows, columns))
    if leaves_out_self:
        np.fill_diagonal(kernel, -np.inf)
    require(((neighbors >= 0) & (neighbors < columns.count)).all(), "a neighbor is no example")
    require(all(len(set(listed)) == k for listed in neighbors), "an example is listed twice")
    of_neighbors, error_of_neighbors = (np.take_along_axis(array, neighbors, 1) for array in (kernel, error))
    require(np.isfinite(of_neighbors).all(), "an example is its own neighbor")
    require_near(found, of_neighbors, error_of_neighbors, counts)
    require((np.diff(found) <= 0).all(), "similarities ascend")
    for row, listed in enumerate(neighbors):
        require_order(row, listed, kernel[row], error[row], columns.group, counts)


def require_matrix(path, rows, columns, counts):
    """Checks the file of a kernel."""
    found = np.load(path)
    require(found.shape == (rows.count, columns.count), f"shape {found.shape}")
    require(found.dtype == np.float32, f"type {found.dtype}")
    require_near(found, *similarities(rows, columns, matrix_digits(rows)), counts)
