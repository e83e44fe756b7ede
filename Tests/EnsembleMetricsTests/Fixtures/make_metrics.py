"""Writes metrics.json: what independent implementations say of predictions.

Each case has probabilities (or which runs of Tests/Fixtures/fashion-mlp are averaged, and how), labels and expected
values. error: numpy; nll: scikit-learn where no probability is 0, else the formula in float64; brier: the formula;
ece: torchmetrics in float64; classwise_ece: torchmetrics' binary calibration error of every class; adaptive_ece and
accuracy_under_rejection: the formulas, by plain loops; temperature: scipy.optimize; calibrated_log_likelihood: scipy's
temperatures on halves that are drawn by this file's own xoshiro256**.
`members`: diversity of the first 12 real runs and variance of all 64, by numpy over runs and pairs in float64.
`evaluation`: real runs in random disjoint sets, as `evaluate` draws them; and the kernel's weighted vote, by numpy.
    pip install numpy scipy scikit-learn torch torchmetrics; python make_metrics.py
"""

import json

import numpy as np
import sklearn
import torch
from formulas import SEED, calibrated, expected, here, labels, log, log_softmax, logits, shuffled, temperature


def all_of(p, y):
    log_p = np.log(np.maximum(p, np.finfo(np.float64).tiny))
    return {
        **expected(p, y),
        "temperature": temperature(log_p, y),
        "calibrated_log_likelihood": float(calibrated(log_p, y)),
    }


cases = []
for runs in (1, 5, 64):
    x = log_softmax(logits[:runs])
    for average, p in (("probabilities", np.exp(x).mean(0)), ("logits", np.exp(log_softmax(x.mean(0))))):
        cases.append({"name": f"{average} of {runs} runs", "runs": runs, "average": average, **all_of(p, labels)})

random = np.random.default_rng(5)


def dirichlet(count, classes):
    return random.dirichlet(np.ones(classes), count)


def draw(p):
    return np.array([random.choice(p.shape[1], p=row) for row in p])


seven = dirichlet(200, 7)
two = dirichlet(100, 2)
some = dirichlet(90, 5)
never = np.where(draw(some) == 3, 0, draw(some))
never[never == 3] = 1
sure = np.eye(4)[random.integers(0, 4, 60)]
edges = {
    "calibrated": (seven, draw(seven)),
    "perfect": (0.9 * np.eye(3)[np.arange(30) % 3] + 0.1 / 3, np.arange(30) % 3),
    "constant": (np.tile([0.5, 0.3, 0.2], (40, 1)), np.arange(40) % 3),
    "two classes": (two, draw(two)),
    "a class that never occurs": (some, never),
    "probabilities of 0": (sure, np.where(np.arange(60) % 6 == 0, (sure.argmax(1) + 1) % 4, sure.argmax(1))),
    "one example": (np.array([[0.2, 0.7, 0.1]]), np.array([1])),
}
for name, (p, y) in edges.items():
    cases.append(
        {
            "name": name,
            "probabilities": p.flatten().tolist(),
            "classes": p.shape[1],
            "labels": np.asarray(y).tolist(),
            **all_of(p, y),
        }
    )
# Diversity and variance between runs, from the members themselves: numpy over all pairs, in float64.
x = log_softmax(logits[:12])
q = np.exp(x)
i = np.arange(len(labels))
answers = x.argmax(2)
member_nll = -x[:, i, labels].mean()
one_hot = np.eye(q.shape[2])[labels]


def brier(p):
    return ((p - one_hot) ** 2).sum(-1).mean()


pairs = [(a, b) for a in range(12) for b in range(a)]
right = logits.argmax(2) == labels
accuracy = right.mean(1)
share = right.mean(0)
independent = (share * (1 - share)).sum() / len(labels) ** 2 * 64 / 63
members = {
    "pairwise_disagreement": np.mean([(answers[a] != answers[b]).mean() for a, b in pairs]),
    "mean_member_nll": member_nll,
    "mean_member_brier": np.mean([brier(member) for member in q]),
    "gap_probabilities": member_nll + np.log(q.mean(0))[i, labels].mean(),
    "gap_logits": member_nll + log_softmax(x.mean(0))[i, labels].mean(),
    "gap_brier": np.mean([brier(member) for member in q]) - brier(q.mean(0)),
    "correct_without_members": ((q.mean(0).argmax(1) == labels) & (right[:12].sum(0) == 0)).mean(),
    "wrong_against_members": ((q.mean(0).argmax(1) != labels) & (right[:12].sum(0) > 6)).mean(),
    "mean_accuracy": accuracy.mean(),
    "variance": accuracy.var(ddof=1),
    "independent_variance": independent,
    "distributionwise_variance": len(labels) / (len(labels) - 1) * (accuracy.var(ddof=1) - independent),
    "calibration_bound": (1 - accuracy.mean()) / (len(labels) * 10),
}
members = {name: float(value) for name, value in members.items()}


def standardised(x):
    return (x - x.mean(0)) / x.std(0, ddof=1)


def evaluation(seed):
    def of(p):
        log_p = np.log(p)
        return {
            "error": (p.argmax(1) != labels).mean(),
            "nll": -log_p[i, labels].mean(),
            "calibrated_log_likelihood": calibrated(log_p, labels, seed),
        }

    x = log_softmax(logits)
    rows = []
    for size in (1, 2, 5, 10, 20, 50, 64):
        windows = []
        for permutation in range(10):
            order = shuffled(64, seed, permutation)
            windows += [frozenset(order[w : w + size]) for w in range(0, 64 - size + 1, size)]
        windows = list(dict.fromkeys(windows))[:10]
        for average in ("probabilities", "logits"):
            sets = [x[sorted(window)] for window in windows]
            found = [
                of(np.exp(s).mean(0) if average == "probabilities" else np.exp(log_softmax(s.mean(0)))) for s in sets
            ]
            for measure in found[0]:
                values = [value[measure] for value in found]
                rows.append(
                    {
                        "runs": size,
                        "average": average,
                        "measure": measure,
                        "subsets": len(windows),
                        "mean": np.mean(values),
                        "std": np.std(values, ddof=1) if len(values) > 1 else None,
                    }
                )
    train = log_softmax(log["logits_train"].numpy().astype(np.float64))
    train_labels = np.load(here.parent.parent / "Fixtures/fashion-mlp/labels_train.npy").astype(int)
    kernel = np.einsum("ric,rjc->ij", standardised(x), standardised(train), optimize=True) / (64 * 10)
    votes = np.full((len(labels), 10), 0.0)
    for row in range(len(labels)):
        for near in np.argsort(-kernel[row], kind="stable")[:20]:
            votes[row, train_labels[near]] += kernel[row, near] ** 4
    total = votes.sum(1, keepdims=True)
    return {"seed": seed, "rows": rows, "kernel": of((votes + total / 20 / 10) / (total * 21 / 20))}


versions = {m.__name__: m.__version__ for m in (np, sklearn, torch, __import__("torchmetrics"), __import__("scipy"))}
(here / "metrics.json").write_text(
    json.dumps(
        {
            "versions": versions,
            "seed": SEED,
            "cases": cases,
            "members": members,
            "evaluation": evaluation(0),
        }
    )
    + "\n"
)
