"""Makes the fixtures of these tests, with numpy and PyTorch where those are what writes such files."""

import gzip
import json
import pickle
import struct
import zipfile
from collections import OrderedDict
from pathlib import Path

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
