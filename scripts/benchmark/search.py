"""The other ways to find the neighbors, each in a process of its own:

    python -m benchmark.search METHOD ENSEMBLE OUT NEIGHBORS THREADS

With METHOD alone the process only starts and ends.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
import torch

if sys.argv[1] == "faiss":
    from faiss import METRIC_INNER_PRODUCT, knn


def standardized(path):
    """Logits (R, examples, C) of a file as log-softmax in float32, standardized over the runs."""
    logits = torch.from_numpy(np.load(path)).float()
    x = torch.log_softmax(logits, dim=2)
    return (x - x.mean(dim=0)) / x.std(dim=0)


def rows(z):
    """(R, examples, C) as one contiguous row (R C) an example."""
    return z.permute(1, 0, 2).reshape(z.shape[1], -1)


def reference(test, train, k):
    """As the reference script from the data set card does it, with its intermediate results: a kernel a class,
    scaled and added, and the largest of each row."""
    runs, _, classes = test.shape
    kernel = torch.zeros(test.shape[1], train.shape[1])
    for c in range(classes):
        of_class = (test[:, :, c].T @ train[:, :, c]) / runs
        kernel += of_class / classes
    return kernel.topk(k)


def gemm(test, train, k):
    """The sum over runs and classes as one product."""
    runs, _, classes = test.shape
    return (rows(test) @ rows(train).T / (runs * classes)).topk(k)


def faiss(test, train, k):
    """faiss's exact search by inner product."""
    runs, _, classes = test.shape
    products, indices = knn(rows(test).numpy(), rows(train).numpy(), k, metric=METRIC_INNER_PRODUCT)
    return torch.from_numpy(products / (runs * classes)), torch.from_numpy(indices)


def main(method, ensemble, out, k, threads):
    """Writes neighbors.npy (int64), similarities.npy (float32) and the seconds of search alone."""
    torch.set_num_threads(threads)
    test, train = (standardized(ensemble / name) for name in ("logits.npy", "logits_train.npy"))
    start = time.perf_counter()
    similarities, neighbors = {"reference": reference, "gemm": gemm, "faiss": faiss}[method](test, train, k)
    seconds = time.perf_counter() - start
    out.mkdir(parents=True, exist_ok=True)
    np.save(out / "neighbors.npy", neighbors.numpy())
    np.save(out / "similarities.npy", similarities.numpy())
    (out / "search.json").write_text(json.dumps({"seconds": seconds}))


if __name__ == "__main__" and len(sys.argv) > 2:
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5]))
