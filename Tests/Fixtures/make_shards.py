"""Makes shards/ from fashion-mlp/log.pt: real runs as people save them, in several PyTorch files of views.

    python3 make_shards.py        needs torch and numpy

Each file holds 8 of 24 runs of the first 60 test and 150 training examples as strided views with an offset into a
larger storage, or of another float type; labels are uint8, in one file lists. expected-*.npy have the kernel's 20
nearest neighbours and expected.json the accuracies, by the definition in float64.
"""

import json
import pathlib

import numpy as np
import torch

here = pathlib.Path(__file__).resolve().parent
log = torch.load(here / "fashion-mlp/log.pt", map_location="cpu")
labels = np.load(here / "fashion-mlp/labels.npy")[:60]
labels_train = np.load(here / "fashion-mlp/labels_train.npy")[:150]
test, train = log["logits"][:24, :60].contiguous(), log["logits_train"][:24, :150].contiguous()


def view(part):
    """The same numbers as every second example of a storage twice as long, classes first, after 3 strangers."""
    runs, examples, classes = part.shape
    storage = torch.zeros(3 + runs * classes * examples * 2, dtype=part.dtype)
    strided = storage[3:].as_strided(part.shape, (classes * examples * 2, 2, examples * 2))
    strided.copy_(part)
    return strided


def kept(numbers, shard):
    return numbers.tolist() if shard == 1 else torch.tensor(numbers, dtype=torch.uint8)


for shard, dtype in enumerate((torch.float16, torch.float32, torch.float64)):
    runs = slice(8 * shard, 8 * shard + 8)
    folder = here / "shards" / f"job{shard}"
    folder.mkdir(parents=True, exist_ok=True)
    torch.save(
        {
            "logits": view(test[runs].to(dtype)),
            "logits_train": view(train[runs].to(dtype)),
            "labels": kept(labels, shard),
            "labels_train": kept(labels_train, shard),
        },
        folder / "log.pt",
    )


def standardised(logits):
    x = torch.log_softmax(logits.double(), -1).numpy()
    z = (x - x.mean(0)) / x.std(0, ddof=1)
    return z.transpose(1, 0, 2).reshape(x.shape[1], -1)


a, b = standardised(test), standardised(train)
kernel = a @ b.T / a.shape[1]
nearest = np.argsort(-kernel, axis=1, kind="stable")[:, :20]
similarities = np.take_along_axis(kernel, nearest, 1)
votes = labels_train[nearest]


def accuracy(predicted):
    return float((predicted == labels).mean())


def most_frequent(k):
    return (votes[:, :k, None] == np.arange(10)).sum(1).argmax(1)


np.save(here / "shards/expected-neighbors.npy", nearest)
np.save(here / "shards/expected-similarities.npy", similarities)
expected = {
    "single_model_mean": float((test.numpy().argmax(-1) == labels).mean()),
    "ensemble_logits": accuracy(test.double().numpy().mean(0).argmax(1)),
    "ensemble_probabilities": accuracy(torch.softmax(test.double(), -1).numpy().mean(0).argmax(1)),
    "kernel_majority": accuracy(most_frequent(3)),
    "kernel_weighted": accuracy(
        ((similarities**4)[:, :, None] * (votes[:, :, None] == np.arange(10))).sum(1).argmax(1)
    ),
}
(here / "shards/expected.json").write_text(json.dumps(expected, indent=2))
