"""Makes the fixtures of these tests, with numpy and PyTorch where those are what writes such files."""

import datetime
import gzip
import json
import pickle
import re
import struct
import zipfile
from collections import Counter, OrderedDict, defaultdict
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import numpy as np
import torch

here = Path(__file__).parent / "Fixtures"
here.mkdir(exist_ok=True)
labels = np.arange(6) % 4

# .npy: numpy's own files. What they hold is expected in the tests as grid[i, j, k] = 100 i + 10 j + k.
grid = np.add.outer(np.add.outer(np.arange(3) * 100, np.arange(4) * 10), np.arange(5))
for code in ["f2", "f4", "f8", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8"]:
    np.save(here / f"grid_{code}.npy", (grid % 100).astype(code) if code in ("i1", "u1") else grid.astype(code))
np.save(here / "grid_fortran.npy", np.asfortranarray(grid.astype("f4")))
np.save(here / "grid_big.npy", grid.astype(">f4"))
np.save(here / "grid_fortran_big.npy", np.asfortranarray(grid.astype(">i8")))
np.save(here / "bool.npy", np.array([True, False, True]))
np.save(here / "scalar.npy", np.float64(2.5))
np.save(here / "empty.npy", np.zeros((0, 7), "f4"))
np.save(here / "object.npy", np.array([{"a": 1}, None], dtype=object), allow_pickle=True)
np.save(here / "structured.npy", np.zeros(2, dtype=[("x", "f4"), ("y", "i2")]))
for version in [(2, 0), (3, 0)]:
    with open(here / f"grid_version{version[0]}.npy", "wb") as file:
        np.lib.format.write_array(file, grid.astype("f4"), version=version)

# .npz: stored, deflated, and zip64 (as zipfile writes it beyond 4 GiB, at a limit lowered for the purpose).
arrays = {"logits": grid.astype("f4"), "labels": labels, "fortran": np.asfortranarray(grid.astype("f8"))}
np.savez(here / "stored.npz", **arrays)
np.savez_compressed(here / "deflated.npz", **arrays)
# Eight million objects, which take 20 KB and inflate to 16 MB.
np.savez_compressed(here / "inflates.npz", objects=np.full(8_000_000, True, dtype=object))
limit, zipfile.ZIP64_LIMIT = zipfile.ZIP64_LIMIT, 16
zipfile.ZIP_FILECOUNT_LIMIT, count = 1, zipfile.ZIP_FILECOUNT_LIMIT
np.savez(here / "zip64.npz", **arrays)
zipfile.ZIP64_LIMIT, zipfile.ZIP_FILECOUNT_LIMIT = limit, count

# .pt
base = torch.from_numpy(grid.astype("f4"))
torch.save(
    {
        "logits": base,
        "view": base[1:, ::2, 1:4].transpose(0, 2),
        "nested": OrderedDict(weight=torch.nn.Parameter(base[0].clone()), list=[torch.arange(3), 7, "text"]),
        "expanded": torch.tensor([5.0]).expand(3, 4),
        "scalar": torch.tensor(2.5, dtype=torch.float64),
        "epoch": 12,
        "note": None,
        "huge": 2**70,
        "rate": 0.5,
    },
    here / "tensors.pt",
)
types = [
    "bool",
    "uint8",
    "int8",
    "int16",
    "uint16",
    "int32",
    "uint32",
    "int64",
    "uint64",
    "float16",
    "bfloat16",
    "float32",
    "float64",
]
torch.save({name: torch.arange(4).to(getattr(torch, name)) for name in types}, here / "types.pt")
torch.save(torch.arange(6).reshape(2, 3), here / "single.pt")
model = torch.nn.Linear(3, 2)
torch.save(model.state_dict(), here / "state_dict.pt")
torch.save({"a": torch.arange(3)}, here / "legacy.pt", _use_new_zipfile_serialization=False)
with (
    zipfile.ZipFile(here / "tensors.pt") as source,
    zipfile.ZipFile(here / "deflated.pt", "w", zipfile.ZIP_DEFLATED) as target,
):
    for name in source.namelist():
        target.writestr(zipfile.ZipInfo(name), source.read(name), zipfile.ZIP_DEFLATED)

# .safetensors, by the published layout (header length, JSON, bytes).
entries, data = {"__metadata__": {"format": "pt"}}, b""
for name, code, array in [
    ("logits", "F32", grid.astype("<f4")),
    ("labels", "I64", labels.astype("<i8")),
    ("half", "F16", grid.astype("<f2")),
    ("flags", "BOOL", np.array([True, False])),
]:
    entries[name] = {"dtype": code, "shape": list(array.shape), "data_offsets": [len(data), len(data) + array.nbytes]}
    data += array.tobytes()
header = json.dumps(entries).encode()
header += b" " * (-len(header) % 8)
(here / "tensors.safetensors").write_bytes(struct.pack("<Q", len(header)) + header + data)

# IDX, plain and gzip.
images = (np.arange(3 * 4 * 5) % 251).astype(np.uint8).reshape(3, 4, 5)
idx = bytes([0, 0, 8, 3]) + struct.pack(">3I", *images.shape) + images.tobytes()
(here / "images-idx3-ubyte").write_bytes(idx)
(here / "images-idx3-ubyte.gz").write_bytes(gzip.compress(idx, mtime=0))
integers = np.array([1, -2, 70000], ">i4")
(here / "integers.idx").write_bytes(bytes([0, 0, 12, 1]) + struct.pack(">I", 3) + integers.tobytes())


# CIFAR-10: two batches of two images in each form; pixel (row, column, colour) of image n is a known number.
def planes(n):
    row, column, colour = np.meshgrid(np.arange(32), np.arange(32), np.arange(3), indexing="ij")
    return ((n * 50 + row * 3 + column * 5 + colour * 7) % 251).astype(np.uint8).transpose(2, 0, 1).reshape(-1)


(here / "cifar-binary").mkdir(exist_ok=True)
(here / "cifar-pickled").mkdir(exist_ok=True)
for name, first in [("data_batch_1", 0), ("data_batch_2", 2), ("test_batch", 4)]:
    rows = np.stack([planes(first), planes(first + 1)])
    with open(here / "cifar-binary" / f"{name}.bin", "wb") as file:
        file.writelines(bytes([first + n]) + rows[n].tobytes() for n in range(2))
    protocol = {"data_batch_1": 2, "data_batch_2": 4, "test_batch": 5}[name]
    batch = {"batch_label": name, "labels": [first, first + 1], "data": rows, "filenames": ["a.png", "b.png"]}
    (here / "cifar-pickled" / name).write_bytes(pickle.dumps(batch, protocol))


# The same batch as Python 2 pickled it: text as byte strings (opcodes U and T), as the published files are.
def python2(text):
    return b"U" + bytes([len(text)]) + text.encode()


rows = np.stack([planes(0), planes(1)])
(here / "python2_batch").write_bytes(
    b"\x80\x02}("
    + python2("labels")
    + b"](K\x00K\x01e"
    + python2("data")
    + b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85"
    + python2("b")
    + b"\x87R"
    + b"(K\x01K\x02M\x00\x0c\x86cnumpy\ndtype\n"
    + python2("u1")
    + b"K\x00K\x01\x87R"
    + b"(K\x03"
    + python2("|")
    + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89"
    + b"T"
    + struct.pack("<I", rows.nbytes)
    + rows.tobytes()
    + b"tbu."
)


# Foreign objects beside plain data, and numpy's arrays in pickles of all kinds. The classes of this file are foreign to
# any reader.
class Point(NamedTuple):
    x: object
    y: object


class Record:
    def __init__(self, **attributes):
        self.__dict__.update(attributes)


class Slots:
    __slots__ = ("values",)

    def __init__(self, values):
        self.values = values


class Kind(Enum):
    ONE = 1


class Dictionary(dict):
    pass


ring = Record(values=np.arange(3))
ring.self = ring
plain = {"logits": grid.astype("f4"), "labels": [0, 1, 2, 3, 0, 1]}
foreign = {
    "point": Point(np.arange(3), "text"),
    "place": Point(1, 2),
    "record": Record(values=np.arange(3), rate=0.5),
    "options": Record(rate=0.5, seed=1),
    "slots": Slots(np.arange(3)),
    "ring": ring,
    "kind": Kind.ONE,
    "mapping": Dictionary(values=np.arange(3)),
    "history": defaultdict(list, {"loss": [1.0, 0.5]}),
    "counts": Counter("aab"),
    "set": {1, 2},
    "frozen": frozenset([1]),
    "range": range(3),
    "slice": slice(1, 2),
    "complex": 1j,
    "decimal": Decimal("1.5"),
    "fraction": Fraction(1, 3),
    "date": datetime.date(2026, 1, 2),
    "path": PurePosixPath("/tmp"),
    "pattern": re.compile("a"),
    "function": np.mean,
    "random": np.random.RandomState(0),
    "masked": np.ma.array([1, 2], mask=[0, 1]),
    "dates": np.array(["2026-01-02"], "M8[D]"),
    "numbers": np.array([1j]),
    "records": np.zeros(2, dtype=[("x", "f4"), ("y", "i2")]),
    "hash": b"\xff\x00a",
    "keys": {None: 1, (0, "acc"): 2, 1.5: 3, np.int64(7): 4, True: 5, b"x": 6},
}
lists = {
    "integers": [1, -2, 2**40],
    "reals": [1.5, 2.0],
    "both": [1, True, 2.5],
    "flags": [True, False],
    "tuple": (3, 4),
    "rows": [[0, 1], [1, 0], [0, 0]],
    "ragged": [[1, 2], [3]],
    "scalars": [np.float32(1.5), np.int64(2)],
    "texts": ["cat", "d\u00f6g"],
    "strings": [np.str_("cat"), np.str_("dog")],
    "mixed": [1, None, "a"],
    "huge": [2**70, 1],
    "empty": [],
    "arrays": [np.arange(2), np.arange(3)],
    "words": np.array(["cat", "d\u00f6g", ""]),
    "bytes": np.array([b"cat", b"dog"]),
    "objects": np.array([3, 1, 2], dtype=object),
    "table": np.array([[1, 2], [3, 4]], dtype=object),
}
arrays = {
    f"{order}{code}": np.asarray(grid.astype(code), order=order) for order in "CF" for code in ["<f4", ">f8", "<i8"]
}
# The fast axis is in the middle: numpy pickles this in an order of its own.
arrays["transposed"] = np.ascontiguousarray(grid.transpose(0, 2, 1).astype("f4")).transpose(0, 2, 1)
arrays["half"], arrays["scalar"] = grid.astype("f2"), np.float32(2.5)
for protocol in range(6):
    if protocol < 2:
        foreign.pop("slots", None)
    everything = {**plain, "foreign": foreign, "lists": lists, "arrays": arrays}
    (here / f"results{protocol}.pkl").write_bytes(pickle.dumps(everything, protocol))
    foreign["slots"] = Slots(np.arange(3))
for protocol in [2, 4]:
    everything = {**plain, "foreign": foreign, "lists": lists, "arrays": arrays}
    torch.save(everything, here / f"results{protocol}.pt", pickle_protocol=protocol)


class Subclass(torch.Tensor):
    pass


def values():
    return torch.arange(6.0).reshape(2, 3)


noted = values()
noted.note = "an attribute"
pairs = torch.view_as_complex(values().reshape(3, 2))
torch.save(
    {
        "logits": torch.from_numpy(grid.astype("f4")),
        "noted": noted,
        "subclass": values().as_subclass(Subclass),
        "buffer": torch.nn.Buffer(values()),
        "negative": torch._neg_view(values()),
        "negative_integers": torch._neg_view(torch.tensor([1, -2, 3], dtype=torch.int16)),
        "imaginary": torch.view_as_complex(values().reshape(3, 2)).conj().imag,
        "complex": pairs,
        "conjugate": torch.view_as_complex(values().reshape(3, 2)).conj(),
        "float8": values().to(torch.float8_e4m3fn),
        "sparse": values().to_sparse(),
        "rows": values().to_sparse_csr(),
        "quantized": torch.quantize_per_tensor(values(), 0.1, 0, torch.qint8),
        "meta": values().to("meta"),
        "storage": torch.zeros(3).untyped_storage(),
        "size": values().shape,
        "device": torch.device("cpu"),
        "dtype": torch.float32,
        "model": torch.nn.Linear(3, 2),
    },
    here / "foreign.pt",
)
torch.save([torch.arange(2), torch.arange(3)], here / "list.pt")
torch.save([3, 1, 2], here / "numbers.pt")
torch.jit.script(torch.nn.Linear(3, 2)).save(here / "program.pt")
np.savez(
    here / "objects.npz",
    logits=grid.astype("f4"),
    class_names=np.array(["cat", "d\u00f6g"]),
    bytes=np.array([b"cat"]),
    objects=np.array([0, 1, 2], dtype=object),
    ragged=np.array([np.arange(2), np.arange(3)], dtype=object),
    foreign=np.array([Kind.ONE], dtype=object),
    records=np.zeros(2, dtype=[("x", "f4")]),
    complex=np.array([1j]),
)
with zipfile.ZipFile(here / "objects.npz", "a") as archive:
    archive.writestr("notes.txt", "no array")
np.save(here / "words.npy", np.array([["cat", "d\u00f6g"], ["a", ""]]))
np.save(here / "names.npy", np.array(["cat", "dog"], dtype=object), allow_pickle=True)

# Tensors of PyTorch by pickle.dump: each storage is a byte string in PyTorch's old format.
base = torch.from_numpy(grid.astype("f4"))
for protocol in [0, 2, 4]:
    tensors = {
        "logits": base,
        "view": base[1:, ::2],
        "half": base.half(),
        "parameter": torch.nn.Parameter(base[0].clone()),
        "labels": [torch.tensor(3), torch.tensor(1)],
        "complex": base.to(torch.complex64),
    }
    (here / f"torch{protocol}.pkl").write_bytes(pickle.dumps(tensors, protocol))
