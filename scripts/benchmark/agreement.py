"""Whether two methods found the same neighbors, up to the rounding of float32.

    python -m benchmark.agreement FOLDER REFERENCE ENSEMBLE

prints what `compare` returns. A process of its own: a process's peak of memory begins with that of its parent, and so
the one that starts the measurements has to stay small.
"""

import json
import subprocess
import sys
from pathlib import Path

TOLERANCE = 1e-5
MOST_JUDGED = 100


def compare(folder, reference, ensemble):
    """How the neighbors in two folders compare: the fraction of `same_places`, the `largest_difference` of the
    similarities given to a neighbor, and the number of `disagreements`, differences not below the `tolerance`.

    A neighbor that only one list has is compared with the other list's last: it must be as near. Where there are
    disagreements, the definition in float64 says what `error` and `reference_error` the two have, at the worst of up
    to a hundred of them."""
    command = [sys.executable, "-m", "benchmark.agreement", f"{folder}", f"{reference}", f"{ensemble}"]
    return json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)


def _compare(folder, reference, ensemble):
    import numpy as np

    first, second = _load(folder), _load(reference)
    both_ways = zip(_side_by_side(first, second), _side_by_side(second, first, is_swapped=True), strict=True)
    pairs, mine, theirs = map(np.concatenate, both_ways)
    # A similarity that is not a number is far from all others.
    differences = np.nan_to_num(np.abs(mine - theirs), nan=np.inf)
    disagreements = np.flatnonzero(differences >= TOLERANCE)
    result = {
        "same_places": float(np.mean(first[0] == second[0])),
        "largest_difference": float(differences.max()),
        "disagreements": len(disagreements),
        "tolerance": TOLERANCE,
    }
    if len(disagreements) > 0:
        worst = disagreements[np.argsort(-differences[disagreements])[:MOST_JUDGED]]
        exact = _definition(ensemble, pairs[worst])
        result["error"] = float(np.abs(mine[worst] - exact).max())
        result["reference_error"] = float(np.abs(theirs[worst] - exact).max())
    return result


def _load(folder):
    """Neighbors (T, k) and their similarities, as a method wrote them."""
    import numpy as np

    return np.load(folder / "neighbors.npy"), np.load(folder / "similarities.npy").astype(np.float64)


def _side_by_side(listed, other, is_swapped=False):
    """The (test, training) pairs of one list, and the similarities that it and the other give them, or the other's
    last where the other does not have the pair; swapped on request, so that those of one method come first."""
    import numpy as np

    (indices, similarities), (other_indices, other_similarities) = listed, other
    rows, k = indices.shape
    row = np.arange(rows)[:, None]
    stride = max(indices.max(), other_indices.max()) + 1
    keys, other_keys = (indices + row * stride).ravel(), (other_indices + row * stride).ravel()
    order = np.argsort(other_keys)
    place = order[np.minimum(np.searchsorted(other_keys, keys, sorter=order), len(order) - 1)]
    theirs = np.where(
        other_keys[place] == keys, other_similarities.ravel()[place], np.repeat(other_similarities[:, -1], k)
    )
    pairs = np.stack([keys // stride, keys % stride], axis=1)
    mine = similarities.ravel()
    return (pairs, theirs, mine) if is_swapped else (pairs, mine, theirs)


def _definition(ensemble, pairs):
    """The kernel of (test, training) pairs in float64, the logarithm of confident outputs computed exactly."""
    import numpy as np

    def standardized(name, examples):
        logits = np.load(ensemble / name, mmap_mode="r")[:, examples].astype(np.float64)
        top = logits.argmax(axis=2)[..., None]
        logits -= np.take_along_axis(logits, top, axis=2)
        others = np.exp(logits)
        np.put_along_axis(others, top, 0, axis=2)
        x = logits - np.log1p(others.sum(axis=2, keepdims=True))
        centered, deviation = x - x.mean(axis=0), x.std(axis=0, ddof=1)
        return np.divide(centered, deviation, out=np.zeros_like(x), where=deviation > 0)

    test, train = (standardized(*each) for each in (("logits.npy", pairs[:, 0]), ("logits_train.npy", pairs[:, 1])))
    return (test * train).mean(axis=(0, 2))


if __name__ == "__main__":
    print(json.dumps(_compare(*map(Path, sys.argv[1:4]))))
