"""Fashion-MNIST with faults: wrong labels among the training examples, and copies of them among the test examples."""

import dataclasses
import gzip
import io

import numpy as np
from PIL import Image, ImageEnhance

FILES = {
    "train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}
TRAIN, FLIPPED, COPIES, CLASSES = 5_000, 100, 25, 10
SIDE = 28


@dataclasses.dataclass
class Planted:
    """The training examples with a wrong label, and for every kind of copy the test examples and their originals."""

    flipped: set
    copies: dict


def _shifted(image, chance):
    shifts = [(down, right) for down in range(-3, 4) for right in range(-3, 4) if (down, right) != (0, 0)]
    down, right = shifts[chance.integers(len(shifts))]
    moved = np.zeros_like(image)
    moved[max(0, down) : SIDE + min(0, down), max(0, right) : SIDE + min(0, right)] = image[
        max(0, -down) : SIDE + min(0, -down), max(0, -right) : SIDE + min(0, -right)
    ]
    return moved


def _cropped(image, chance):
    """A square of 24 to 26 pixels, enlarged to the whole image."""
    side = int(chance.integers(24, 27))
    left, top = (int(place) for place in chance.integers(0, SIDE - side + 1, 2))
    part = Image.fromarray(image).crop((left, top, left + side, top + side))
    return np.asarray(part.resize((SIDE, SIDE), Image.Resampling.BILINEAR))


def _compressed(image, _):
    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=75)
    return np.asarray(Image.open(file))


KINDS = {
    "equal pixels": lambda image, _: image,
    "moved by up to 3 pixels": _shifted,
    "mirrored": lambda image, _: image[:, ::-1],
    "brightened by a third": lambda image, _: np.asarray(
        ImageEnhance.Brightness(Image.fromarray(image)).enhance(4 / 3)
    ),
    "compressed (JPEG, 75)": _compressed,
    "cropped to 24 to 26 pixels": _cropped,
}


def read(folder, name, header):
    with gzip.open(folder / f"{name}.gz") as file:
        content = bytearray(file.read())
    return content, np.frombuffer(memoryview(content)[header:], np.uint8)


def plant(source, target, seed):
    """Writes the data set with its faults, and says which they are."""
    chance = np.random.default_rng(seed)
    files = {part: (read(source, images, 16), read(source, labels, 8)) for part, (images, labels) in FILES.items()}
    (_, pixels), (_, labels) = files["train"]
    (_, test_pixels), (_, test_labels) = files["test"]
    images, test_images = pixels.reshape(-1, SIDE, SIDE), test_pixels.reshape(-1, SIDE, SIDE)
    # No copies of examples with a wrong label: each fault is to be found by itself.
    chosen = chance.choice(TRAIN, FLIPPED + COPIES * len(KINDS), replace=False)
    flipped, copied = chosen[:FLIPPED], chosen[FLIPPED:].reshape(len(KINDS), COPIES)
    labels[flipped] = (labels[flipped] + chance.integers(1, CLASSES, FLIPPED)) % CLASSES
    places = chance.choice(len(test_labels), copied.shape, replace=False)
    for alter, examples, targets in zip(KINDS.values(), copied, places, strict=True):
        for example, target_place in zip(examples, targets, strict=True):
            test_images[target_place] = alter(images[example], chance)
            test_labels[target_place] = labels[example]
    target.mkdir(parents=True, exist_ok=True)
    for part, contents in files.items():
        for name, (content, _) in zip(FILES[part], contents, strict=True):
            (target / name).write_bytes(content)
    copies = {
        kind: dict(zip(map(int, targets), map(int, examples), strict=True))
        for kind, targets, examples in zip(KINDS, places, copied, strict=True)
    }
    return Planted(set(map(int, flipped)), copies)
