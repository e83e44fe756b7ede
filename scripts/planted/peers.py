"""Other programs that look for the same faults in the same files."""

import contextlib
import io

import imagehash
import numpy as np
from cleanlab import Datalab, rank
from PIL import Image

# Bits of 64 in which the hashes of copies may differ: what the authors of the hash call the same image.
DIFFERENT_BITS = 4


def _softmax(logits):
    powers = np.exp(logits - logits.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


def suspects(ensemble):
    """The training examples with the most suspect labels first, by each method of cleanlab."""
    labels = np.load(ensemble / "labels_train.npy")
    of_runs = _softmax(np.load(ensemble / "logits_train.npy", mmap_mode="r").astype(np.float32))
    by_average = rank.get_label_quality_scores(labels, of_runs.mean(0))
    by_ensemble = rank.get_label_quality_ensemble_scores(labels, list(of_runs), verbose=False)
    return {
        "cleanlab, mean probabilities": np.argsort(by_average, kind="stable").tolist(),
        "cleanlab, ensemble scores": np.argsort(by_ensemble, kind="stable").tolist(),
    }


def _by_datalab(features, test_count):
    """Test examples, and the training examples of which they are near-duplicates by cleanlab's check."""
    lab = Datalab({"features": features})
    with contextlib.redirect_stdout(io.StringIO()):
        lab.find_issues(features=features, issue_types={"near_duplicate": {}})
    sets = lab.get_info("near_duplicate")["near_duplicate_sets"]
    return {
        (example, int(other) - test_count)
        for example in range(test_count)
        for other in sets[example]
        if other >= test_count
    }


def _by_hash(test_images, images):
    def hashes(some):
        return np.array([np.packbits(imagehash.phash(Image.fromarray(image)).hash) for image in some])

    ours, others = hashes(test_images), hashes(images)
    bits = np.array([byte.bit_count() for byte in range(256)], np.uint8)
    found = set()
    for example, own in enumerate(ours):
        different = bits[others ^ own].sum(1)
        found.update((example, int(other)) for other in np.flatnonzero(different <= DIFFERENT_BITS))
    return found


def copies(ensemble):
    """Pairs of a test and a training example that each method takes for copies."""
    images = [np.load(ensemble / f"images{part}.npy") for part in ("", "_train")]
    pixels = np.concatenate([some.reshape(len(some), -1) for some in images]).astype(np.float32) / 255
    features = np.concatenate([np.load(ensemble / f"features{part}.npy") for part in ("", "_train")])
    return {
        "cleanlab, features of a network": _by_datalab(features, len(images[0])),
        "cleanlab, pixels": _by_datalab(pixels, len(images[0])),
        f"pHash, at most {DIFFERENT_BITS} bits": _by_hash(*images),
    }
