"""Memory maps of numpy as the files that they map."""

from __future__ import annotations

import bisect
import os
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

_LIST = "/proc/self/maps"

# Each open map takes a file descriptor.
_AT_ONCE = 64


def files_of(arrays: Sequence[npt.NDArray[Any]]) -> list[str | None]:
    """Returns the paths of the `.npy` files of which arrays are memory maps.

    Returns
    -------
    list of str or None
        None for every array that is not what is at the path now: a part of a file, another view of it, changes that are
        not written to it, or a file that has been replaced. Without /proc, nobody knows.
    """
    batches = (arrays[start : start + _AT_ONCE] for start in range(0, len(arrays), _AT_ONCE))
    return [path for batch in batches for path in _files_of_few(batch)]


def _files_of_few(arrays: Sequence[npt.NDArray[Any]]) -> list[str | None]:
    now = [_mapped_again(array) for array in arrays]
    # Read after both have been mapped, so that it lists both.
    mappings = _Mappings()

    def is_same(array: npt.NDArray[Any], other: npt.NDArray[Any]) -> bool:
        same_values = (array.shape, array.dtype) == (other.shape, other.dtype)
        same_order = array.flags.f_contiguous == other.flags.f_contiguous
        place = mappings.place(array)
        return same_values and same_order and place is not None and place == mappings.place(other)

    return [
        os.path.abspath(_path(array)) if other is not None and is_same(array, other) else None
        for array, other in zip(arrays, now)
    ]


def _path(array: Any) -> str:
    return os.fsdecode(array.filename)


def _mapped_again(array: npt.NDArray[Any]) -> npt.NDArray[Any] | None:
    """A new map of the file of a memory map, or None if it is none, or has changes that are not in the file."""
    if not isinstance(array, np.memmap) or array.mode == "c" or not array.flags.forc:
        return None
    # Results of arithmetic are of this class, too, but have no map.
    if getattr(array, "_mmap", None) is None or array.filename is None or not _path(array).endswith(".npy"):
        return None
    try:
        if array.mode != "r":
            array.flush()
        again: npt.NDArray[Any] = np.load(_path(array), mmap_mode="r")
    except (OSError, ValueError):
        return None
    return again


class _Place(NamedTuple):
    """Where bytes in memory are on the disk."""

    device: bytes
    inode: bytes
    offset: int


class _Mappings:
    """The files that are mapped into this process, as the system lists them."""

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        self._places: list[_Place] = []
        try:
            with open(_LIST, "rb") as file:
                for line in file:
                    span, _, offset, device, inode, *_ = line.split(maxsplit=5)
                    if inode != b"0":
                        start, end = (int(address, 16) for address in span.split(b"-"))
                        self._starts.append(start)
                        self._ends.append(end)
                        self._places.append(_Place(device, inode, int(offset, 16)))
        except OSError:
            pass

    def place(self, array: npt.NDArray[Any]) -> _Place | None:
        """The place of the first byte of an array, or None if no file is mapped there."""
        address = array.__array_interface__["data"][0]
        number = bisect.bisect_right(self._starts, address) - 1
        if number < 0 or address >= self._ends[number]:
            return None
        place = self._places[number]
        return place._replace(offset=place.offset + address - self._starts[number])
