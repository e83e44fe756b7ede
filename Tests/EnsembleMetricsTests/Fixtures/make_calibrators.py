"""Writes calibrators.json: what independent implementations make of predictions.

Each case has probabilities (or which runs of Tests/Fixtures/fashion-mlp are averaged), labels, and for each calibrator
the probabilities of the second half of the examples when it is fitted to the first half. temperature and vector: the
losses minimized by scipy (the vector's has the normal prior of VectorScaling); isotonic: scikit-learn's
IsotonicRegression of each class, divided by the sum; beta: the loss minimized by scipy, without the first negative
factor until there is none; histogram: netcal's HistogramBinning with 15 bins, where every class has labels and no
probability is at the edge of a bin, with its NaN as equal probabilities. `measures` of a case: means over the ten
halves that formulas.py draws, by the formulas.
    pip install numpy scipy scikit-learn netcal torch torchmetrics; python make_calibrators.py
"""

import json
import pathlib

import formulas
import netcal
import numpy as np
import scipy
import sklearn
from netcal.binning import HistogramBinning
from scipy.optimize import minimize
from sklearn.isotonic import IsotonicRegression

TINY = np.finfo(np.float64).tiny
EPSILON = np.finfo(np.float64).eps


def log(p):
    return np.log(np.maximum(p, TINY))


def by_temperature(p, y, q):
    return np.exp(formulas.log_softmax(log(q) / formulas.temperature(log(p), y)))


def by_vector(p, y, q):
    classes = p.shape[1]
    one_hot = np.eye(classes)[y]

    def loss(x):
        w, b = x[:classes], x[classes:]
        logs = formulas.log_softmax(log(p) * w + b)
        excess = np.exp(logs) - one_hot
        gradient = np.concatenate([(excess * log(p)).sum(0) + w - 1, excess.sum(0) + b])
        return -logs[np.arange(len(y)), y].sum() + (((w - 1) ** 2).sum() + (b**2).sum()) / 2, gradient

    start = np.concatenate([np.ones(classes), np.zeros(classes)])
    found = minimize(loss, start, jac=True, method="BFGS", options={"gtol": 1e-9, "maxiter": 10_000})
    return np.exp(formulas.log_softmax(log(q) * found.x[:classes] + found.x[classes:]))


def one_versus_rest(fit):
    def calibrate(p, y, q):
        columns = []
        for c in range(p.shape[1]):
            occurred = y == c
            learned = occurred.any() and not occurred.all()
            columns.append(fit(p[:, c], occurred)(q[:, c]) if learned else q[:, c])
        result = np.stack(columns, 1)
        sums = result.sum(1, keepdims=True)
        return np.where(sums > 0, result / np.where(sums > 0, sums, 1), 1 / p.shape[1])

    return calibrate


def isotonic(p, occurred):
    return IsotonicRegression(out_of_bounds="clip").fit(p, occurred).predict


def beta(p, occurred):
    def terms(p):
        p = np.clip(p, EPSILON, 1 - EPSILON)
        return np.stack([np.log(p), -np.log1p(-p), np.ones(len(p))], 1)

    def factors(columns):
        x = terms(p)[:, columns]
        center = np.array([1, 1, 0])[columns]

        def loss(factors):
            odds = x @ factors
            value = np.logaddexp(0, np.where(occurred, -odds, odds)).sum() + ((factors - center) ** 2).sum() / 2
            return value, x.T @ (scipy.special.expit(odds) - occurred) + factors - center

        return minimize(loss, center, jac=True, method="BFGS", options={"gtol": 1e-9, "maxiter": 10_000}).x

    columns = [0, 1, 2]
    found = factors(columns)
    while (found[:-1] < 0).any():
        del columns[int(np.argmax(found[:-1] < 0))]
        found = factors(columns)
    return lambda q: scipy.special.expit(terms(q)[:, columns] @ found)


def by_histogram(p, y, q):
    at_edges = np.abs(15 * p - np.round(15 * p)) < 1e-9
    if set(y) != set(range(p.shape[1])) or (at_edges & (p > 0.01)).any():
        return None
    binning = HistogramBinning(bins=15)  # NaN, where all results are 0
    if p.shape[1] == 2:
        one = binning.fit(p[:, 1], y).transform(q[:, 1])
        return np.stack([1 - one, one], 1)
    return np.nan_to_num(binning.fit(p, y).transform(q), nan=1 / p.shape[1])


CALIBRATORS = {
    "none": lambda p, y, q: q,
    "temperature": by_temperature,
    "vector": by_vector,
    "isotonic": one_versus_rest(isotonic),
    "beta": one_versus_rest(beta),
    "histogram": by_histogram,
}


def measures(p, y, calibrate, names):
    rows = []
    for run in range(5):
        order = formulas.shuffled(len(y), formulas.SEED, run)
        a, b = order[: len(y) // 2], order[len(y) // 2 :]
        for fit, score in ((a, b), (b, a)):
            calibrated = calibrate(p[fit], y[fit], p[score])
            if calibrated is None:
                return None
            found = formulas.expected(calibrated, y[score])
            rows.append([found[name] for name in NAMES])
    means = dict(zip(NAMES, np.mean(rows, 0), strict=True))
    return {name: means[name] for name in names}


NAMES = ["error", "nll", "brier", "ece", "adaptive_ece", "classwise_ece"]
# What does not depend on whether probabilities are equal to the last digit: these two make many equal.
NAMES_WITH_TIES = ["nll", "brier"]

random = np.random.default_rng(8)


def draw(p):
    return np.array([random.choice(p.shape[1], p=row) for row in p])


def case(name, p, y, **more):
    half = len(y) // 2
    results = {}
    for calibrator, calibrate in CALIBRATORS.items():
        found = calibrate(p[:half], y[:half], p[half:])
        names = NAMES_WITH_TIES if name == "ties" or calibrator in ("isotonic", "histogram") else NAMES
        if found is not None:
            # A few rows keep the file small.
            results[calibrator] = {
                "probabilities": found[::23].flatten().tolist(),
                "measures": measures(p, y, calibrate, names),
            }
    return {"name": name, **more, "results": results}


def given(name, p, y):
    return case(name, p, y, probabilities=p.flatten().tolist(), classes=p.shape[1], labels=y.tolist())


def main():
    x = formulas.log_softmax(formulas.logits)
    cases = [case(f"{runs} runs", np.exp(x[:runs]).mean(0), formulas.labels, runs=runs, classes=10) for runs in (1, 64)]
    four = random.dirichlet(np.ones(4), 300)
    y = draw(four)
    cases.append(given("overconfident", np.exp(formulas.log_softmax(3 * np.log(four))), y))
    cases.append(given("ties", np.round(four * 8 + 1) / np.round(four * 8 + 1).sum(1, keepdims=True), y))
    two = random.dirichlet([0.7, 0.9], 240)
    cases.append(given("two classes", two, draw(two)))
    wrong = random.dirichlet(np.ones(3), 150)
    unlikely = np.where(random.random(150) < 0.7, wrong.argmin(1), draw(wrong))
    cases.append(given("worse than chance", wrong, unlikely))
    never = np.where(y == 3, 0, y)
    cases.append(given("a class without labels", four, never))
    modules = (np, scipy, sklearn, netcal)
    contents = {"versions": {m.__name__: m.__version__ for m in modules}, "seed": formulas.SEED, "cases": cases}
    path = pathlib.Path(__file__).with_name("calibrators.json")
    path.write_text(json.dumps(contents) + "\n")


main()
