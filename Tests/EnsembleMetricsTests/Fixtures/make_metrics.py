"""Writes metrics.json: what independent implementations say of predictions.

Each case has probabilities (or which runs of Tests/Fixtures/fashion-mlp are averaged, and how), labels and expected
values. error: numpy; nll: scikit-learn where no probability is 0, else the formula in float64; brier: the formula;
ece: torchmetrics in float64; classwise_ece: torchmetrics' binary calibration error of every class; adaptive_ece and
accuracy_under_rejection: the formulas, by plain loops; temperature: scipy.optimize; calibrated_log_likelihood: scipy's
temperatures on halves that are drawn by this file's own xoshiro256**.
`members`: diversity of the first 12 real runs and variance of all 64, by numpy over runs and pairs in float64.
`cascade`: the real run 7 and the average of the runs 7 to 11 as a window cascade, by plain loops.
`evaluation`: real runs in random disjoint sets, as `evaluate` draws them; and the kernel's weighted vote, by numpy.
    pip install numpy scipy scikit-learn torch torchmetrics; python make_metrics.py
"""

import json
import pathlib

import numpy as np
import sklearn.metrics
import torch
import torchmetrics.functional.classification as tm
from scipy.optimize import minimize_scalar

here = pathlib.Path(__file__).parent
MASK = 2**64 - 1
TINY = np.finfo(np.float64).tiny
SEED = 11


def split_mix(state):
    while True:
        state = state + 0x9E3779B97F4A7C15 & MASK
        z = state
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & MASK
        z = (z ^ z >> 27) * 0x94D049BB133111EB & MASK
        yield z ^ z >> 31


def rotated(x, k):
    return (x << k | x >> 64 - k) & MASK


def xoshiro(seed, run):
    mixed = next(split_mix(seed))
    mixed = next(split_mix(mixed + run & MASK))
    source = split_mix(mixed)
    s = [next(source) for _ in range(4)]
    while True:
        yield rotated(s[1] * 5 & MASK, 7) * 9 & MASK
        t = s[1] << 17 & MASK
        s[2] ^= s[0]
        s[3] ^= s[1]
        s[1] ^= s[2]
        s[0] ^= s[3]
        s[2] ^= t
        s[3] = rotated(s[3], 45)


def shuffled(count, seed, run):
    order = list(range(count))
    numbers = xoshiro(seed, run)
    for last in range(count - 1, 0, -1):
        bound = last + 1
        while True:
            product = next(numbers) * bound
            if (product & MASK) >= 2**64 % bound:
                break
        place = product >> 64
        order[last], order[place] = order[place], order[last]
    return np.array(order)


def log_softmax(x):
    x = x - x.max(-1, keepdims=True)
    return x - np.log(np.exp(x).sum(-1, keepdims=True))


def loss(log_p, y, beta):
    return -log_softmax(beta * log_p)[np.arange(len(y)), y].mean()


def temperature(log_p, y):
    # In the logarithm of beta there is one minimum as well, and the bounds are near.
    result = minimize_scalar(
        lambda b: loss(log_p, y, np.exp(b)),
        bounds=(np.log(1e-3), np.log(10)),
        method="bounded",
        options={"xatol": 1e-12, "maxiter": 1000},
    )
    # Where the loss is flat, down to what float64 can tell, the bound is the answer.
    best = min([np.log(10), np.log(1e-3), result.x], key=lambda b: loss(log_p, y, np.exp(b)))
    return float(np.exp(-best))


def calibrated(log_p, y, seed=SEED):
    if len(y) == 1:
        return -loss(log_p, y, 1 / temperature(log_p, y))
    total = 0
    for run in range(5):
        order = shuffled(len(y), seed, run)
        a, b = order[: len(y) // 2], order[len(y) // 2 :]
        for fit, score in ((a, b), (b, a)):
            total -= loss(log_p[score], y[score], 1 / temperature(log_p[fit], y[fit]))
    return total / 10


def shared(confidence, right):
    """Right or wrong, of equal confidences the mean; most confident first."""
    order = np.argsort(-confidence, kind="stable")
    confidence, right = confidence[order], right[order].astype(float)
    for value in np.unique(confidence):
        right[confidence == value] = right[confidence == value].mean()
    return confidence, right


def expected(p, y):
    y = np.asarray(y)
    classes = p.shape[1]
    log_p = np.log(np.maximum(p, TINY))
    confidence, answer = p.max(1), p.argmax(1)
    ranked, right = shared(confidence, answer == y)
    rising = np.array_split(np.arange(len(y))[::-1], 15)
    if (p > 1e-15).all():
        nll = sklearn.metrics.log_loss(y, p, labels=list(range(classes)))
    else:
        nll = -log_p[np.arange(len(y)), y].mean()
    tp, ty = torch.from_numpy(p), torch.from_numpy(y.astype(np.int64))
    confidences, rights = torch.from_numpy(confidence), torch.from_numpy((answer == y).astype(np.int64))
    # torchmetrics' binary form takes the probability of the statement "right" itself.
    ece = tm.binary_calibration_error(confidences, rights, n_bins=15)
    classwise = [tm.binary_calibration_error(tp[:, c], (ty == c).long(), n_bins=15).item() for c in range(classes)]
    return {
        "error": float((answer != y).mean()),
        "nll": float(nll),
        "brier": float(((p - np.eye(classes)[y]) ** 2).sum(1).mean()),
        "ece": float(ece),
        "classwise_ece": float(np.mean(classwise)),
        "adaptive_ece": float(sum(abs((ranked[b] - right[b]).sum()) for b in rising) / len(y)),
        "accuracy_under_rejection": float((right.cumsum() / np.arange(1, len(y) + 1)).mean()),
        "temperature": temperature(log_p, y),
        "calibrated_log_likelihood": float(calibrated(log_p, y)),
    }


cases = []
log = torch.load(here.parent.parent / "Fixtures/fashion-mlp/log.pt", weights_only=False)
logits = log["logits"].numpy().astype(np.float64)
labels = np.load(here.parent.parent / "Fixtures/fashion-mlp/labels.npy").astype(int)
for runs in (1, 5, 64):
    x = log_softmax(logits[:runs])
    for average, p in (("probabilities", np.exp(x).mean(0)), ("logits", np.exp(log_softmax(x.mean(0))))):
        cases.append({"name": f"{average} of {runs} runs", "runs": runs, "average": average, **expected(p, labels)})

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
            **expected(p, y),
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
    "mean_accuracy": accuracy.mean(),
    "variance": accuracy.var(ddof=1),
    "independent_variance": independent,
    "distributionwise_variance": len(labels) / (len(labels) - 1) * (accuracy.var(ddof=1) - independent),
    "calibration_bound": (1 - accuracy.mean()) / (len(labels) * 10),
}
members = {name: float(value) for name, value in members.items()}


def cascade(first, ensemble, coverage, others_cost, seed):
    """First member and ensemble: probabilities. All points, windows before single thresholds, `always` last."""
    order = shuffled(len(labels), seed, 0)
    half = len(labels) // 2
    found, measured = order[:half], order[half:]
    accepted = max(1, round(coverage * half))
    by_confidence = sorted(first[found].max(1), reverse=True)

    def point(share, ranks):
        chosen = [by_confidence[r] for r in ranks]
        low, high = (min(chosen), max(chosen)) if chosen else (2, 2)
        if 0 in ranks:
            high = 1
        if half - 1 in ranks:
            low = 0
        in_window = (low <= first.max(1)) & (first.max(1) <= high)
        p = np.where(in_window[:, None], ensemble, first)
        threshold = sorted(p[found].max(1), reverse=True)[accepted - 1]
        kept = [i for i in measured if p[i].max() >= threshold]
        passed = in_window[measured].mean()
        return {
            "share": share,
            "threshold": threshold,
            "passed": passed,
            "cost": 1 + passed * others_cost,
            "coverage": len(kept) / len(measured),
            "risk": np.mean([p[i].argmax() != labels[i] for i in kept]),
        }

    shares = [0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8]
    counts = [int(np.floor(share * half + 0.5)) for share in shares]
    starts = [max(0, min(accepted - count // 2, half - count)) for count in counts]
    return (
        [point(s, range(a, a + n)) for s, a, n in zip(shares, starts, counts, strict=True)]
        + [point(s, range(half - n, half)) for s, n in zip(shares, counts, strict=True)]
        + [point(1, range(half))]
    )


q = np.exp(log_softmax(logits[7:12]))
cascades = [{"coverage": c, "points": cascade(q[0], q.mean(0), c, 4, SEED)} for c in (0.3, 0.8, 1)]


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
            all_of = [
                of(np.exp(s).mean(0) if average == "probabilities" else np.exp(log_softmax(s.mean(0)))) for s in sets
            ]
            for measure in all_of[0]:
                values = [value[measure] for value in all_of]
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
            "cascades": cascades,
            "evaluation": evaluation(0),
        }
    )
    + "\n"
)
