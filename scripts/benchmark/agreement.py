"""Whether two methods found the same neighbours, up to the rounding of float32.

    python -m benchmark.agreement FOLDER OTHER

prints what `compare` returns. A process of its own: a process's peak of memory begins with that of its parent, and so
the one that starts the measurements has to stay small.
"""

import json
import subprocess
import sys
from pathlib import Path

TOLERANCE = 1e-5


def compare(folder, other):
    """How the neighbours in two folders compare: the fraction of `same_places`, the `largest_difference` of the
    similarities given to a neighbour, and the number of `disagreements`, differences not below the `tolerance`.

    A neighbour that only one list has is compared with the other list's last: it must be as near."""
    command = [sys.executable, "-m", "benchmark.agreement", f"{folder}", f"{other}"]
    return json.loads(subprocess.run(command, capture_output=True, check=True).stdout)


def _compare(first, second):
    import numpy as np

    differences = np.concatenate([_differences(first, second), _differences(second, first)])
    # A similarity that is not a number is far from all others.
    differences = np.nan_to_num(differences, nan=np.inf)
    return {
        "same_places": float(np.mean(first[0] == second[0])),
        "largest_difference": float(differences.max()),
        "disagreements": int(np.sum(differences >= TOLERANCE)),
        "tolerance": TOLERANCE,
    }


def _differences(first, second):
    """How much less near the second list has each neighbour of the first: (T k)."""
    import numpy as np

    (indices, similarities), (others, other_similarities) = first, second
    row = np.arange(len(indices))[:, None]
    stride = max(indices.max(), others.max()) + 1
    keys, other_keys = (indices + row * stride).ravel(), (others + row * stride).ravel()
    order = np.argsort(other_keys)
    place = order[np.minimum(np.searchsorted(other_keys, keys, sorter=order), len(order) - 1)]
    theirs = np.where(
        other_keys[place] == keys, other_similarities.ravel()[place],
        np.repeat(other_similarities[:, -1], indices.shape[1]))
    return np.abs(similarities.ravel() - theirs)


def _load(folder):
    """Neighbours (T, k) and their similarities, as a method wrote them."""
    import numpy as np

    return np.load(folder / "neighbors.npy"), np.load(folder / "similarities.npy").astype(np.float64)


if __name__ == "__main__":
    print(json.dumps(_compare(_load(Path(sys.argv[1])), _load(Path(sys.argv[2])))))
