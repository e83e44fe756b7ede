"""What the scripts that make fixtures share: the formulas, the random halves, and the real ensemble."""

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
    """The metrics of probabilities p (examples, classes) with labels y."""
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
    }


log = torch.load(here.parent.parent / "Fixtures/fashion-mlp/log.pt", weights_only=False)
logits = log["logits"].numpy().astype(np.float64)
labels = np.load(here.parent.parent / "Fixtures/fashion-mlp/labels.npy").astype(int)
