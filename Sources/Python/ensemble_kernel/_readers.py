"""Arrays in files, mapped rather than read: .npy, .npz, .safetensors and PyTorch's .pt. Nothing is executed."""

from __future__ import annotations

import io
import json
import mmap
import os
import pickle
import struct
import zipfile
from typing import Any

import numpy as np

from ._arrays import Array

_SAFETENSORS = {"F16": "<f2", "F32": "<f4", "F64": "<f8", "BF16": "bfloat16"}
_STORAGES = {"HalfStorage": "<f2", "FloatStorage": "<f4", "DoubleStorage": "<f8", "BFloat16Storage": "bfloat16"}


class FileArray:
    """An array in a file.

    Attributes
    ----------
    shape : tuple of int
    dtype : numpy.dtype
        float32 for bfloat16, which numpy does not have.
    mapped : numpy.ndarray
        The array as it is in the file; uint16 for bfloat16.
    """

    def __init__(self, mapped: Array, *, is_bfloat16: bool = False) -> None:
        self.mapped = mapped
        self.shape = mapped.shape
        self._is_bfloat16 = is_bfloat16
        self.dtype = np.dtype(np.float32) if is_bfloat16 else mapped.dtype

    def __getitem__(self, index: Any) -> Array:
        values = self.mapped[index]
        if self._is_bfloat16:
            # bfloat16 is the upper half of float32.
            values = (values.astype(np.uint32) << 16).view(np.float32)
        return np.asarray(values)


def open_array(path: str, name: str) -> FileArray:
    """Opens an array in a file.

    Parameters
    ----------
    path : str
        The file.
    name : str
        The name of the array, as `ensemble-kernel-mpi inspect` lists it. `.npy` files need none.

    Raises
    ------
    ValueError
        If the file is of another kind, or has no such array that can be mapped.
    OSError
        If it cannot be read.
    """
    kind = os.path.splitext(path)[1].lower()
    if kind == ".npy":
        return FileArray(np.load(path, mmap_mode="r"))
    if kind == ".npz":
        return _npz(path, name)
    if kind == ".safetensors":
        return _safetensors(path, name)
    if kind in (".pt", ".pth") and zipfile.is_zipfile(path):
        return _torch(path, name)
    raise ValueError(f"{path}: Python cannot map arrays in this file; the program reads it")


def _mapped(path: str, offset: int, kind: str, shape: tuple[int, ...]) -> FileArray:
    is_bfloat16 = kind == "bfloat16"
    element = np.dtype("<u2" if is_bfloat16 else kind)
    return FileArray(np.memmap(path, element, "r", offset, shape), is_bfloat16=is_bfloat16)


def _npz(path: str, name: str) -> FileArray:
    with zipfile.ZipFile(path) as archive:
        member = archive.getinfo(f"{name}.npy")
        if member.compress_type != zipfile.ZIP_STORED:
            with np.load(path) as arrays:
                return FileArray(arrays[name])
        with archive.open(member) as file:
            version = np.lib.format.read_magic(file)
            read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
            shape, is_fortran, element = read(file)
            header = file.tell()
    offset = _start(path, member) + header
    return FileArray(np.memmap(path, element, "r", offset, shape, "F" if is_fortran else "C"))


def _start(path: str, member: zipfile.ZipInfo) -> int:
    """Where the bytes of a stored member of an archive begin."""
    with open(path, "rb") as file:
        file.seek(member.header_offset)
        name, extra = struct.unpack("<26x2H", file.read(30))
    return member.header_offset + 30 + int(name) + int(extra)


def _safetensors(path: str, name: str) -> FileArray:
    with open(path, "rb") as file:
        (size,) = struct.unpack("<Q", file.read(8))
        if size > os.path.getsize(path):
            raise ValueError(f"{path}: the header is longer than the file")
        entry = json.loads(file.read(size)).get(name)
    if entry is None or entry["dtype"] not in _SAFETENSORS:
        raise ValueError(f"{path}: has no floats called {name}")
    return _mapped(path, 8 + size + entry["data_offsets"][0], _SAFETENSORS[entry["dtype"]], tuple(entry["shape"]))


class _Other:
    """Stands for every object that is not a tensor, and does nothing."""

    def __init__(self, *_: Any, **__: Any) -> None:
        pass

    def __setstate__(self, _: Any) -> None:
        pass


class _Storage:
    """The bytes of a tensor: the kind of its elements, and the member of the archive."""

    def __init__(self, kind: str, key: str) -> None:
        self.kind = kind
        self.key = key


class _Tensor:
    def __init__(self, storage: _Storage, offset: int, shape: tuple[int, ...], strides: tuple[int, ...]) -> None:
        self.storage = storage
        self.offset = offset
        self.shape = tuple(shape)
        self.strides = tuple(strides)


class _TorchUnpickler(pickle.Unpickler):
    """Reads tensors and their names. No class of the file is imported and no function called."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return lambda storage, offset, shape, strides, *_: _Tensor(storage, offset, shape, strides)
        if (module, name) == ("torch._utils", "_rebuild_parameter"):
            return lambda tensor, *_: tensor
        if (module, name) == ("collections", "OrderedDict"):
            return dict
        if module == "torch" and name.endswith("Storage"):
            return name
        return _Other

    def persistent_load(self, identity: Any) -> Any:
        _, kind, key, *_ = identity
        return _Storage(kind if isinstance(kind, str) else "", key)


def _tensors(value: Any, name: str) -> dict[str, _Tensor]:
    """All tensors in nested dictionaries, lists and tuples, named as the program names them."""
    if isinstance(value, _Tensor):
        return {name: value}
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, (list, tuple)) else ()
    found = {}
    for key, item in items:
        found.update(_tensors(item, f"{name}.{key}" if name else str(key)))
    return found


def _torch(path: str, name: str) -> FileArray:
    with zipfile.ZipFile(path) as archive:
        pickled = next(member for member in archive.namelist() if member.endswith("/data.pkl"))
        content = _TorchUnpickler(io.BytesIO(archive.read(pickled))).load()
        folder = pickled[: -len("data.pkl")]
        # A file that is one tensor has the name of the file.
        tensor = content if isinstance(content, _Tensor) else _tensors(content, "").get(name)
        if tensor is None or tensor.storage.kind not in _STORAGES:
            raise ValueError(f"{path}: has no floats called {name}")
        if f"{folder}byteorder" in archive.namelist() and archive.read(f"{folder}byteorder") != b"little":
            raise ValueError(f"{path}: was written by a big-endian machine")
        member = archive.getinfo(f"{folder}data/{tensor.storage.key}")
    kind = _STORAGES[tensor.storage.kind]
    is_bfloat16 = kind == "bfloat16"
    element = np.dtype("<u2" if is_bfloat16 else kind)
    with open(path, "rb") as file:
        content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    offset = _start(path, member) + tensor.offset * element.itemsize
    strides = tuple(step * element.itemsize for step in tensor.strides)
    # numpy checks that shape and strides stay within the mapped file.
    array: Array = np.ndarray(tensor.shape, element, content, offset, strides)
    return FileArray(array, is_bfloat16=is_bfloat16)
