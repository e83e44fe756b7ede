"""What predict, evaluate, sweep, report and train compute, by numpy or torch in float32 as one would write it, in a
process of its own:

    python -m benchmark.peers COMMAND ENSEMBLE OUT THREADS

They form as many ensembles, kernels, neighbors and votes as this program does by default. OUT/peer.json has some
results, to be looked at beside this program's. With COMMAND alone the process only starts and ends.
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch
from torch.nn.functional import cross_entropy, nll_loss, one_hot

NEIGHBORS, SCALING_NEIGHBORS = 101, 10
# Of training.
RUNS, EPOCHS, BATCH = 256, 12, 100
KS = (1, 3, 5, 7, 9, 11, 15, 20, 25, 35, 51, 75, 101)
POWERS = (1, 2, 4, 8, 16)
TRANSFORMS = {
    "log-softmax": lambda logits: torch.log_softmax(logits, 2),
    "softmax": lambda logits: torch.softmax(logits, 2),
    "raw": lambda logits: logits,
}


class Ensemble:
    """Logits (R, examples, C) and labels of an ensemble's test and training examples."""

    def __init__(self, folder):
        self.test, self.train = (
            torch.from_numpy(np.load(folder / name)).float() for name in ("logits.npy", "logits_train.npy")
        )
        self.labels, self.train_labels = (
            torch.from_numpy(np.load(folder / name)).long() for name in ("labels.npy", "labels_train.npy")
        )
        self.runs, _, self.classes = self.test.shape


def rows(x):
    """x (R, examples, C), standardized over the runs, as one row (R C) an example."""
    z = (x - x.mean(0)) / x.std(0, correction=0).clamp(min=1e-12)
    return z.permute(1, 0, 2).reshape(x.shape[1], -1) / (x.shape[0] * x.shape[2]) ** 0.5


def kernel(a, b):
    """The kernel of two sets of transformed logits."""
    return rows(a) @ rows(b).T


def one_hot_of(labels, neighbors, classes):
    """The classes of neighbors, (examples, k, C)."""
    return one_hot(labels[neighbors], classes).float()


def temperature(log_p, labels):
    """The temperature of the largest likelihood, by Newton's method: L-BFGS, as in most libraries, takes far longer."""
    of_label = log_p.gather(1, labels[:, None])[:, 0]
    beta = 1.0
    for _ in range(20):
        p = torch.softmax(beta * log_p, 1)
        mean = (p * log_p).sum(1)
        slope = float((mean - of_label).mean())
        curvature = float(((p * log_p.square()).sum(1) - mean.square()).mean())
        step = slope / max(curvature, 1e-30)
        beta = min(max(beta - step, beta / 2), 2 * beta, 10.0)
        if abs(step) < 1e-5 * beta:
            break
    return 1 / beta


def measures(p, labels):
    """Error, likelihood, Brier score, calibration error with 15 bins, and the likelihood after calibration: over five
    divisions, the temperature of each half on the other."""
    log_p = p.clamp(min=1e-38).log()
    confidence, predicted = p.max(1)
    correct = (predicted == labels).float()
    bins = (confidence * 15).long().clamp(max=14)
    gaps = torch.zeros(15).index_add(0, bins, confidence - correct)
    calibrated = 0.0
    for seed in range(5):
        order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(seed))
        for half, other in (order.chunk(2), order.chunk(2)[::-1]):
            t = temperature(log_p[half], labels[half])
            calibrated -= float(cross_entropy(log_p[other] / t, labels[other])) / 10
    return {
        "error": 1 - float(correct.mean()),
        "log_likelihood": -float(nll_loss(log_p, labels)),
        "brier": float((p - one_hot(labels, p.shape[1])).square().sum(1).mean()),
        "calibration_error": float(gaps.abs().sum()) / len(labels),
        "calibrated_log_likelihood": calibrated,
        "temperature": temperature(log_p, labels),
    }


def disagreement(votes):
    """How often two members disagree, from the numbers of members for each class, (examples, C)."""
    members = votes.sum(1)[0]
    same = (votes * (votes - 1)).sum(1) / (members * (members - 1)).clamp(min=1)
    return 1 - float(same.mean())


def evaluate(ensemble):
    """Ensembles of 1, 2, 5, 10 ... runs, up to ten of each size, and the kernel of so many runs."""
    sizes = [size for size in (1, 2, 5, 10, 20, 50, 100, 200, 500) if size < ensemble.runs] + [ensemble.runs]
    probabilities = torch.softmax(ensemble.test, 2)
    choices = one_hot(ensemble.test.argmax(2), ensemble.classes).float()
    found = []
    for size in sizes:
        sets = [range(first, first + size) for first in range(0, ensemble.runs - size + 1, size)][:10]
        if size < ensemble.runs and len(sets) < 10:
            drawn = torch.Generator().manual_seed(size)
            sets = [torch.randperm(ensemble.runs, generator=drawn)[:size].tolist() for _ in range(10)]
        of_size = []
        for members in sets:
            some = list(members)
            of_size.append(
                {
                    "probabilities": measures(probabilities[some].mean(0), ensemble.labels),
                    "logits": measures(torch.softmax(ensemble.test[some].mean(0), 1), ensemble.labels),
                    "disagreement": disagreement(choices[some].sum(0)),
                }
            )
        found.append({"runs": size, "sets": of_size})
        if size > 1:
            log_p = [torch.log_softmax(logits[:size], 2) for logits in (ensemble.test, ensemble.train)]
            similarities, neighbors = kernel(*log_p).topk(NEIGHBORS)
            of_class = one_hot_of(ensemble.train_labels, neighbors, ensemble.classes)
            votes = (similarities.clamp(min=0).pow(8)[:, :, None] * of_class).sum(1)
            shares = votes / votes.sum(1, keepdim=True)
            product = (shares + 1e-6) * probabilities[:size].mean(0)
            found[-1]["kernel"] = measures(shares.clamp(min=1e-6), ensemble.labels)
            found[-1]["product"] = measures(product / product.sum(1, keepdim=True), ensemble.labels)
    return found


def accuracies(ensemble, similarities, neighbors):
    """Accuracies of all votes with all numbers of neighbors."""
    of_class = one_hot_of(ensemble.train_labels, neighbors, ensemble.classes)
    result = []
    for power in (0, *POWERS):
        sums = (similarities.abs().pow(power) * similarities.sign() ** power)[:, :, None].mul(of_class).cumsum(1)
        result.append([float((sums[:, k - 1].argmax(1) == ensemble.labels).float().mean()) for k in KS])
    return result


def windows_of(runs, most):
    """4, 8, 16 ... and all runs, in up to `most` sets without a common run."""
    sizes = [4 << place for place in range(20) if 4 << place < runs] + [runs]
    return [slice(n * size, (n + 1) * size) for size in sizes for n in range(min(most, runs // size))]


def sweep(ensemble):
    """The kernels of windows of the runs, by transform, and those of single classes."""
    found = {}
    for window in windows_of(ensemble.runs, 8):
        single = (ensemble.test[window].argmax(2) == ensemble.labels).float().mean()
        average = torch.softmax(ensemble.test[window], 2).mean(0).argmax(1) == ensemble.labels
        found[f"average {window.start} {window.stop}"] = [float(single), float(average.float().mean())]
    for name, transform in TRANSFORMS.items():
        x = [transform(logits) for logits in (ensemble.test, ensemble.train)]
        for window in windows_of(ensemble.runs, 8):
            nearest = kernel(x[0][window], x[1][window]).topk(NEIGHBORS)
            found[f"{name} {window.start} {window.stop}"] = accuracies(ensemble, *nearest)
        if name == "log-softmax":
            for c in range(ensemble.classes):
                nearest = kernel(x[0][:, :, c : c + 1], x[1][:, :, c : c + 1]).topk(NEIGHBORS)
                found[f"class {c}"] = accuracies(ensemble, *nearest)
    return found


def scaled(test, nearest_of_test, nearest_of_train):
    """The locally scaled kernel, from that of test with training examples and the largest similarities of both."""
    of_test, of_train = (largest[:, :SCALING_NEIGHBORS].mean(1) for largest in (nearest_of_test, nearest_of_train))
    return 2 * test - of_test[:, None] - of_train[None, :]


def report(ensemble):
    """Neighbors of test and training examples, the scaled kernel, label suspects, near-duplicates, calibration, and the
    kernel with and without scaling by the number of runs."""
    x = [torch.log_softmax(logits, 2) for logits in (ensemble.test, ensemble.train)]
    found = {}
    for window in [*windows_of(ensemble.runs, 4), slice(0, ensemble.runs)]:
        of_test = kernel(x[0][window], x[1][window])
        of_train = kernel(x[1][window], x[1][window])
        of_train.fill_diagonal_(-2)
        nearest = of_test.topk(NEIGHBORS)
        local = scaled(of_test, nearest.values, of_train.topk(SCALING_NEIGHBORS).values).topk(NEIGHBORS)
        found[f"{window.start} {window.stop}"] = [
            accuracies(ensemble, *nearest),
            accuracies(ensemble, 1 + local.values, local.indices),
        ]
    similarities, neighbors = of_train.topk(NEIGHBORS)
    of_class = one_hot_of(ensemble.train_labels, neighbors[:, :20], ensemble.classes)
    votes = (similarities[:, :20].pow(4)[:, :, None] * of_class).sum(1)
    shares = votes / votes.sum(1, keepdim=True)
    score = shares.max(1).values - shares.gather(1, ensemble.train_labels[:, None])[:, 0]
    found["suspects"] = torch.argsort(score, descending=True)[:100].tolist()
    found["duplicates"] = int((similarities[:, 0] > 0.95).sum() + (nearest.values[:, 0] > 0.95).sum())
    found["calibration"] = measures(torch.softmax(ensemble.test, 2).mean(0), ensemble.labels)
    return found


def train(folder, out):
    """256 networks with one hidden layer, one after the other, and their logits."""
    images, test_images = (
        torch.from_numpy(np.load(folder / name)).float().flatten(1) / 255 for name in ("images_train.npy", "images.npy")
    )
    labels = torch.from_numpy(np.load(folder / "labels_train.npy")).long()
    mean, deviation = images.mean(), images.std()
    images, test_images = (images - mean) / deviation, (test_images - mean) / deviation
    logits = {"logits": [], "logits_train": []}
    for seed in range(RUNS):
        torch.manual_seed(seed)
        network = torch.nn.Sequential(
            torch.nn.Linear(images.shape[1], 64), torch.nn.ReLU(), torch.nn.Linear(64, int(labels.max()) + 1)
        )
        optimizer = torch.optim.SGD(network.parameters(), lr=0.05, momentum=0.9, weight_decay=5e-4, nesterov=True)
        steps = EPOCHS * (len(labels) // BATCH)
        schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.0, steps)
        for _ in range(EPOCHS):
            for some in torch.randperm(len(labels)).split(BATCH):
                optimizer.zero_grad()
                cross_entropy(network(images[some]), labels[some]).backward()
                optimizer.step()
                schedule.step()
        with torch.no_grad():
            logits["logits"].append(network(test_images).half())
            logits["logits_train"].append(network(images).half())
    for name, of_runs in logits.items():
        np.save(out / f"{name}.npy", torch.stack(of_runs).numpy())
    return {"first": float(logits["logits_train"][0].float().argmax(1).eq(labels).float().mean())}


def predict(folder, out):
    """The 20 nearest of every test example by 400 runs, with numpy: one product and a partial sort."""

    def standardized(name):
        x = np.load(folder / name)[:400].astype(np.float32)
        x -= x.max(2, keepdims=True)
        x -= np.log(np.exp(x).sum(2, keepdims=True))
        x -= x.mean(0)
        x /= x.std(0)
        return x.transpose(1, 0, 2).reshape(x.shape[1], -1)

    test, train = standardized("logits.npy"), standardized("logits_train.npy")
    similarities = test @ train.T / test.shape[1]
    nearest = np.argpartition(-similarities, 20, axis=1)[:, :20]
    found = np.take_along_axis(similarities, nearest, 1)
    order = np.argsort(-found, axis=1)
    np.save(out / "neighbors.npy", np.take_along_axis(nearest, order, 1))
    np.save(out / "similarities.npy", np.take_along_axis(found, order, 1))
    labels, train_labels = (np.load(folder / name) for name in ("labels.npy", "labels_train.npy"))
    votes = np.zeros((len(labels), int(train_labels.max()) + 1), np.float32)
    np.add.at(votes, (np.arange(len(labels))[:, None], train_labels[nearest]), found**4)
    return {"accuracy": float((votes.argmax(1) == labels).mean())}


COMMANDS = {
    "predict": predict,
    "evaluate": lambda folder, _: evaluate(Ensemble(folder)),
    "sweep": lambda folder, _: sweep(Ensemble(folder)),
    "report": lambda folder, _: report(Ensemble(folder)),
    "train": train,
}


def main(command, folder, out, threads):
    """Computes what a command does."""
    torch.set_num_threads(threads)
    out.mkdir(parents=True, exist_ok=True)
    found = COMMANDS[command](folder, out)
    (out / "peer.json").write_text(json.dumps(found))


if __name__ == "__main__" and len(sys.argv) > 2:
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4]))
