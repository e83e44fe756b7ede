"""The votes of the nearest neighbors, from the lists that the program has found."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np

from ._arrays import Array


def weights(similarities: Array, vote: dict[str, Any]) -> Array:
    """Weights of neighbors: 1, K^power or (1 + S)^power.

    Parameters
    ----------
    similarities : array (examples, k) of float32
        K, or S for the scaled kernel.
    vote : dict
        "power", which the majority vote does not have, and "scaling" for the scaled kernel.

    Returns
    -------
    array (examples, k) of float64
    """
    if "power" not in vote:
        return np.ones(similarities.shape)
    power = float(vote["power"])
    base = similarities.astype(np.float64) + (1 if "scaling" in vote else 0)
    # As the program does it, so that ties are the same: numpy's powers differ in the last bit between processors.
    powers = map(math.pow, np.abs(base).ravel().tolist(), itertools.repeat(power))
    found = np.fromiter(powers, np.float64, base.size).reshape(base.shape)
    if "scaling" in vote or not power.is_integer():
        return np.where(base < 0, 0, found)
    return np.where(base < 0, -found, found) if power % 2 else found


def tally(labels: Array, weight: Array, classes: int) -> Array:
    """Sums of weights by class.

    Parameters
    ----------
    labels : array (examples, k) of int
        Classes of the neighbors, the nearest first.
    weight : array (examples, k)
        Their weights.
    classes : int
        Number of classes.

    Returns
    -------
    array (examples, classes) of float64
    """
    votes = np.zeros((len(labels), classes))
    rows = np.arange(len(labels))
    for place in range(labels.shape[1]):
        # In the order of the neighbors, as the program adds.
        votes[rows, labels[:, place]] += weight[:, place]
    return votes


def winners(votes: Array, labels: Array, *, ties: str) -> Array:
    """Classes with the largest sum: the smallest of equals, or with ties "nearest" the one of the nearest neighbor.

    Returns
    -------
    array (examples,) of int
    """
    best = votes.argmax(axis=1)
    if ties == "smallest":
        return np.asarray(best)
    wins = np.take_along_axis(votes, labels, axis=1) == votes.max(axis=1, keepdims=True)
    nearest = np.take_along_axis(labels, wins.argmax(axis=1)[:, np.newaxis], axis=1)[:, 0]
    return np.where(wins.any(axis=1), nearest, best)


def shares(votes: Array) -> Array:
    """Sums of weights divided by their total; negative sums are 0.

    Where no sum is positive, the classes with the largest sum have equal shares.

    Returns
    -------
    array (examples, classes) of float64
    """
    positive = np.maximum(0, votes)
    undecided = ~(positive.sum(axis=1) > 0)
    positive[undecided] = votes[undecided] == votes[undecided].max(axis=1, keepdims=True)
    normalized: Array = positive / positive.sum(axis=1, keepdims=True)
    return normalized
