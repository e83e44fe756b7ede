"""Writes urn.json: how often the vote of some runs is that of all, by counting every way to draw them, in fractions.

python make_urn.py
"""

import json
import pathlib
from fractions import Fraction
from math import comb, prod

VOTES = [
    *([5], [3, 2], [2, 3], [4, 4], [0, 3, 3, 3], [7, 6, 5, 2], [1, 1, 1, 1, 1], [20, 1], [9, 10, 11]),
    *([6, 0, 2, 8, 1], [12, 5, 5, 5], [180, 130], [130, 180, 2], [100, 90, 60], [3, 140, 139]),
]


def ways(votes, drawn):
    """All ways to draw so many votes, as counts by class."""
    if len(votes) == 1:
        if drawn <= votes[0]:
            yield (drawn,)
        return
    for count in range(max(0, drawn - sum(votes[1:])), min(votes[0], drawn) + 1):
        for others in ways(votes[1:], drawn - count):
            yield (count, *others)


def agreement(votes, drawn):
    winner = votes.index(max(votes))
    same = sum(prod(map(comb, votes, counts)) for counts in ways(votes, drawn) if counts.index(max(counts)) == winner)
    return float(Fraction(same, comb(sum(votes), drawn)))


cases = [{"votes": votes, "agreement": [agreement(votes, n) for n in range(1, sum(votes) + 1)]} for votes in VOTES]
pathlib.Path(__file__).with_name("urn.json").write_text(json.dumps(cases) + "\n")
