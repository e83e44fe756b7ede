"""Writes selection.json: what plain loops and scipy choose of the real runs.

Of the first 12 runs of Tests/Fixtures/fashion-mlp, for each size: the runs that a greedy choice takes, in order, and
the best of all sets of that size (brute force), by the log-likelihood of the average of probabilities; the same by
quality minus disagreement, for several weights of the latter. Of all runs: the weights of highest likelihood by scipy,
with the log-likelihood per example; posterior probabilities; and the loss of a mixture that learns from one example
after the other, by a loop over the examples.
    pip install numpy scipy scikit-learn torch torchmetrics; python make_selection.py
"""

import itertools
import json
import pathlib

import numpy as np
from formulas import labels, log_softmax, logits
from scipy.optimize import minimize

RUNS = 12
SIZES = (1, 2, 3, 5, 8, 12)
COHESIONS = (1.0, 0.2, 0.0, -0.5)

log_p = log_softmax(logits)
p = np.exp(log_p)
of_label = p[:, np.arange(len(labels)), labels]
predicted = p.argmax(2)
differing = (predicted[:, None] != predicted[None]).mean(2)
quality = np.log(of_label).mean(1)


def likelihood(members):
    return np.log(of_label[list(members)].mean(0)).mean()


def form(members, cohesion):
    pairs = sum(differing[a, b] for a, b in itertools.combinations(members, 2))
    return sum(quality[m] for m in members) - cohesion * pairs


def greedy(value, size, runs):
    members = []
    while len(members) < size:
        members.append(max((r for r in range(runs) if r not in members), key=lambda r: (value([*members, r]), -r)))
    return members


def brute_force(value, size):
    best = max(itertools.combinations(range(RUNS), size), key=value)
    return {"members": list(best), "value": value(best)}


def choices(value):
    return [
        {"size": size, "greedy": greedy(value, size, RUNS), "brute_force": brute_force(value, size)} for size in SIZES
    ]


def stacked(rows):
    """By softmax coordinates, then polished on the simplex."""

    def loss(x):
        w = np.exp(x - x.max())
        w /= w.sum()
        mixture = w @ rows
        gradient = (rows / mixture).mean(1)
        return -np.log(mixture).mean(), -w * (gradient - 1)

    x = minimize(
        loss, np.zeros(len(rows)), jac=True, method="L-BFGS-B", options={"maxiter": 20000, "ftol": 0, "gtol": 1e-12}
    ).x
    w = np.exp(x - x.max())
    polished = minimize(
        lambda w: (-np.log(w @ rows).mean(), -(rows / (w @ rows)).mean(1)),
        w / w.sum(),
        jac=True,
        method="SLSQP",
        bounds=[(0, 1)] * len(rows),
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1, "jac": lambda w: np.ones(len(rows))},
        options={"maxiter": 2000, "ftol": 1e-15},
    )
    return min((w / w.sum(), polished.x / polished.x.sum()), key=lambda w: -np.log(w @ rows).mean())


def stacking(rows):
    w = stacked(rows)
    gap = (rows / (w @ rows)).mean(1).max() - 1
    return {"weights": w.tolist(), "log_likelihood": np.log(w @ rows).mean(), "gap": gap}


def prequential(rows):
    weights = np.full(len(rows), 1 / len(rows))
    loss = 0
    for column in rows.T:
        mixture = weights @ column
        loss -= np.log(mixture)
        weights = weights * column / mixture
    return {"nll": loss / rows.shape[1], "posterior": weights.tolist()}


content = {
    "runs": RUNS,
    "by_likelihood": choices(likelihood),
    "by_form": [
        {"cohesion": cohesion, "choices": choices(lambda members, c=cohesion: form(members, c))}
        for cohesion in COHESIONS
    ],
    "stacking": {str(runs): stacking(of_label[:runs]) for runs in (2, RUNS, len(of_label))},
    "prequential": prequential(of_label),
    "best_run_nll": -quality.max(),
}
pathlib.Path(__file__).with_name("selection.json").write_text(json.dumps(content) + "\n")
