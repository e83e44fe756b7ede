"""Writes cascades.json: what the functions of Xia and Bouganis make of cascades of the real runs.

Windows and thresholds are chosen by the plain loops below, on the first half that formulas.py draws. On the other half,
window_threshold_strategy and single_threshold_strategy of their cascade_utils.py combine the stages' scores,
correctness and costs, the last stage first; risk_coverage_curve of their eval_utils.py has the risk of the accepted,
with and without outliers. `outliers`: the first 250 examples with 0.9 times their scores.
    pip install numpy scipy scikit-learn torch torchmetrics
    git clone https://github.com/Guoxoug/window-early-exit
    python make_cascades.py window-early-exit/utils
"""

import json
import pathlib
import sys
import types

import numpy as np
import sklearn.metrics
import torch
from formulas import SEED, labels, log_softmax, logits, shuffled

# Their files import these, which the functions below do not need.
for name in ("torchvision", "tqdm"):
    sys.modules[name] = types.ModuleType(name)
sys.modules["tqdm"].tqdm = None
sklearn.metrics._ranking._binary_clf_curve = None
sys.path.insert(0, sys.argv[1])
import cascade_utils  # noqa: E402
import eval_utils  # noqa: E402

SHARES = [0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8]


def scores_of(p, score, decimals):
    values = p.max(1) if score == "confidence" else (p * np.log(p)).sum(1)
    # Halves away from zero, as in the test.
    return (
        values if decimals is None else np.sign(values) * np.floor(np.abs(values) * 10**decimals + 0.5) / 10**decimals
    )


def threshold(scores, correct, target):
    """The smallest score that is accepted, or infinity."""
    ranked = sorted(scores, reverse=True)
    if "coverage" in target:
        return ranked[max(1, int(target["coverage"] * len(ranked) + 0.5)) - 1]
    allowed = [t for t in ranked if np.mean(~correct[scores >= t]) <= target["risk"]]
    return min(allowed, default=np.inf)


def choose(scores, correct, share, around, target):
    """The windows of the stages, and the threshold. Scores and correctness: (stages, examples)."""
    answer, is_correct = scores[0].copy(), correct[0].copy()
    reached = list(range(len(answer)))
    windows = []
    for stage in range(len(scores) - 1):
        ranked = sorted((scores[stage][i] for i in reached), reverse=True)
        count = int(share * len(ranked) + 0.5)
        start = len(ranked) - count
        if around:
            place = sum(score >= threshold(answer, is_correct, target) for score in ranked)
            start = max(0, min(place - count // 2, len(ranked) - count))
        window = (np.inf, -np.inf)
        if count:
            low = -np.inf if start + count == len(ranked) else ranked[start + count - 1]
            window = (low, np.inf if start == 0 else ranked[start])
        windows.append(window)
        reached = [i for i in reached if window[0] <= scores[stage][i] <= window[1]]
        for i in reached:
            answer[i], is_correct[i] = scores[stage + 1][i], correct[stage + 1][i]
    return windows, threshold(answer, is_correct, target)


def combined(windows, around, scores, data):
    """What the cascade makes of data (stages, examples), by their functions."""
    result = torch.tensor(data[-1])
    for stage in reversed(range(len(windows))):
        metrics = {"confidence": torch.tensor(scores[stage])}
        before = torch.tensor(data[stage])
        low, high = windows[stage]
        if around or low > high:
            result = cascade_utils.window_threshold_strategy(metrics, before, result, window=[low, high])
        else:
            result = cascade_utils.single_threshold_strategy(metrics, before, result, threshold=high)
    return result.numpy()


def risk(correct, scores, limit):
    """Coverage and risk of the scores from the limit on, by their curve."""
    risks, coverages, thresholds = eval_utils.risk_coverage_curve(torch.tensor(correct), torch.tensor(scores))
    accepted = int((thresholds >= limit).sum())
    return float(coverages[accepted]), float(risks[accepted]) if accepted else None


def points_of(scores, correct, costs, target):
    order = shuffled(len(labels), SEED, 0)
    found, measured = order[: len(labels) // 2], order[len(labels) // 2 :]
    outliers = 0.9 * scores[:, :250]
    total = np.cumsum(costs)
    points = []
    for share, around in [(s, True) for s in SHARES] + [(s, False) for s in SHARES] + [(1, False)]:
        windows, limit = choose(scores[:, found], correct[:, found], share, around, target)

        def mean_cost(of, windows=windows, around=around):
            return combined(windows, around, of, np.repeat(total[:, None], of.shape[1], 1)).mean()

        mine = scores[:, measured]
        final = combined(windows, around, mine, mine)
        is_correct = combined(windows, around, mine, correct[:, measured].astype(float)) == 1
        coverage, own_risk = risk(is_correct, final, limit)
        theirs = combined(windows, around, outliers, outliers)
        both = risk(np.append(is_correct, np.zeros(250, bool)), np.append(final, theirs), limit)
        points.append(
            {
                "share": share,
                "threshold": None if np.isinf(limit) else limit,
                "cost": mean_cost(mine),
                "coverage": coverage,
                "risk": own_risk,
                "outlier_cost": mean_cost(outliers),
                "outliers_accepted": float((theirs >= limit).mean()),
                "risk_with_outliers": both[1],
            }
        )
    return points


CASES = [
    ("confidence at a coverage", [1, 5], "confidence", None, {"coverage": 0.8}, "real"),
    ("entropy at a risk", [1, 5], "entropy", None, {"risk": 0.1}, "real"),
    ("three stages", [1, 4, 12], "confidence", None, {"coverage": 0.7}, "real"),
    ("four stages of several members at a risk", [2, 4, 8, 16], "entropy", None, {"risk": 0.05}, "real"),
    ("ties", [1, 4, 12], "confidence", 1, {"coverage": 0.6}, "real"),
    ("ties at a risk", [1, 5], "entropy", 1, {"risk": 0.1}, "real"),
    ("no errors", [1, 5], "confidence", None, {"risk": 0.05}, "all"),
    ("all errors", [1, 3, 5], "confidence", None, {"risk": 0.05}, "none"),
    ("every example accepted", [1, 5], "confidence", None, {"coverage": 1}, "real"),
]

q = np.exp(log_softmax(logits))
cases = []
for name, runs, score, decimals, target, which in CASES:
    averages = [q[7 : 7 + count].mean(0) for count in runs]
    scores = np.array([scores_of(p, score, decimals) for p in averages])
    correct = np.array([p.argmax(1) == labels for p in averages])
    if which != "real":
        correct[:] = which == "all"
    costs = [float(count - before) for count, before in zip(runs, [0, *runs[:-1]], strict=True)]
    cases.append(
        {
            "name": name,
            "runs": runs,
            "score": score,
            "decimals": decimals,
            "correct": which,
            "costs": costs,
            **target,
            "points": points_of(scores, correct, costs, target),
        }
    )
content = {"first": 7, "seed": SEED, "cases": cases}
pathlib.Path(__file__).with_name("cascades.json").write_text(json.dumps(content) + "\n")
