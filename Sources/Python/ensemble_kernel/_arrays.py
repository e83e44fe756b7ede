"""Arrays of numpy, PyTorch, JAX and others as logits, and logits as files."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


class Logits:
    """Logits of one kind of examples, a run at a time.

    Attributes
    ----------
    shape : tuple of int
        (runs, examples, classes).
    dtype : numpy.dtype
        float16, float32 or float64.
    """

    shape: tuple[int, int, int]
    dtype: np.dtype[Any]

    def run(self, number: int) -> Array:
        """Logits of a run, of shape (examples, classes)."""
        raise NotImplementedError

    def file(self) -> str | None:
        """The path of a `.npy` file that has these logits and nothing else, or None."""
        return None

    def files(self) -> list[str] | None:
        """The path of such a file for each run, of shape (examples, classes), or None."""
        return None

    def write(self, path: str, copies: int = 1) -> None:
        """Writes the logits to a `.npy` file, with a number of copies of each class."""
        runs, examples, classes = self.shape
        header = {
            "descr": np.lib.format.dtype_to_descr(self.dtype),
            "fortran_order": False,
            "shape": (runs, examples, classes * copies),
        }
        # Not through a memory map: on a full disk that ends the process.
        with open(path, "wb") as file:
            np.lib.format.write_array_header_2_0(file, header)
            for number in range(runs):
                values = np.tile(np.asarray(self.run(number), self.dtype), (1, copies))
                file.write(np.ascontiguousarray(values).data)


class ArrayLogits(Logits):
    """Logits in an array (runs, examples, classes)."""

    def __init__(self, array: Array) -> None:
        self.array = array
        self.shape = (array.shape[0], array.shape[1], array.shape[2])
        self.dtype = array.dtype

    def run(self, number: int) -> Array:
        found: Array = self.array[number]
        return found

    def file(self) -> str | None:
        return file_of(self.array)


class ListLogits(Logits):
    """Logits in arrays (examples, classes), one for each run."""

    def __init__(self, arrays: list[Array]) -> None:
        self.arrays = arrays
        self.shape = (len(arrays), arrays[0].shape[0], arrays[0].shape[1])
        self.dtype = np.result_type(*{array.dtype for array in arrays})

    def run(self, number: int) -> Array:
        return self.arrays[number]

    def files(self) -> list[str] | None:
        paths = [file_of(array) for array in self.arrays]
        return None if None in paths else [path for path in paths if path is not None]


class TableLogits(ArrayLogits):
    """One output of each run in an array (examples, runs), as scikit-learn's data are arranged."""

    def __init__(self, table: Array) -> None:
        super().__init__(table.T[:, :, np.newaxis])

    def file(self) -> str | None:
        # The program takes arrays with one class for those of a binary classifier.
        return None


def to_numpy(value: Any) -> Array:
    """Returns an array of any library as one of numpy, of the same values.

    Arrays in memory are not copied if numpy has their type; bfloat16 becomes float32.
    """
    if isinstance(value, np.ndarray):
        return value
    if hasattr(value, "detach"):
        tensor = value.detach().cpu()
        try:
            array = np.asarray(tensor.numpy())
        except TypeError:
            # numpy has no bfloat16.
            array = np.asarray(tensor.float().numpy())
        return array
    array = np.asarray(value)
    # JAX brings a bfloat16 of its own to numpy.
    return array.astype(np.float32) if array.dtype.name == "bfloat16" else array


def to_floats(value: Any) -> Array:
    """Returns an array of any library as one of float16, float32 or float64 in the byte order of the machine.

    Raises
    ------
    TypeError
        If the values are not numbers, or the array is sparse.
    ValueError
        If the values are complex numbers, or text that is no number.
    """
    if hasattr(value, "toarray") and hasattr(value, "nnz"):
        raise TypeError("Sparse data was passed, but dense data is required: X.toarray() converts it")
    array = to_numpy(value)
    if array.dtype.kind == "c":
        raise ValueError(f"Complex data not supported: {array.dtype}")
    if array.dtype in (np.float16, np.float32, np.float64):
        return array
    return array.astype(np.float64)


def to_logits(value: Any, *, samples_first: bool = False) -> Logits:
    """Returns logits in any form as `Logits`.

    Parameters
    ----------
    value : array, list of arrays, RunLogits or Logits
        (runs, examples, classes); (examples, runs); or a list with an array (examples, classes) for each run.
    samples_first : bool
        Whether 3-D arrays are (examples, runs, classes), and lists have an array (runs, classes) for each example.

    Raises
    ------
    TypeError, ValueError
        If the value is none of these.
    """
    if isinstance(value, Logits):
        return value
    if isinstance(value, Sequence) and not isinstance(value, str) and len(value) and np.ndim(_first(value)) == 2:
        arrays = [to_floats(item) for item in value]
        shapes = sorted({array.shape for array in arrays})
        if len(shapes) > 1:
            raise ValueError(f"all arrays of a list must have the same shape; found {shapes[0]} and {shapes[1]}")
        if not samples_first:
            return ListLogits(arrays)
        value = np.stack(arrays)
    array = to_floats(value)
    if array.ndim == 3:
        return ArrayLogits(array.swapaxes(0, 1) if samples_first else array)
    if array.ndim == 2:
        _check_table(array)
        return TableLogits(array)
    if array.ndim in (0, 1):
        raise ValueError(
            f"Expected 2D array, got {'scalar' if array.ndim == 0 else '1D'} array instead. Reshape your data: 2-D "
            "arrays are (examples, runs), 3-D arrays (runs, examples, classes)"
        )
    raise ValueError(f"Found array with dim {array.ndim}, while dim <= 3 is required")


def _first(value: Sequence[Any]) -> Any:
    # Tensors have no __array__ on a GPU, but ndim.
    first = value[0]
    return np.empty((0,) * first.ndim) if hasattr(first, "ndim") else first


def _check_table(table: Array) -> None:
    if not np.isfinite(table).all():
        found = "NaN" if np.isnan(table).any() else f"infinity or a value too large for {table.dtype}"
        raise ValueError(f"Input X contains {found}.")


def file_of(array: Array) -> str | None:
    """Returns the path of the `.npy` file of which an array is the memory map, or None.

    Parts of a file, other views of it, and changes that are not written to it are not the file.
    """
    if not isinstance(array, np.memmap) or array.mode == "c" or not array.flags.forc:
        return None
    # Results of arithmetic are of this class, too, but have no map.
    path, mapped = array.filename, getattr(array, "_mmap", None)
    if mapped is None or path is None or not os.fspath(path).endswith(".npy"):
        return None
    try:
        whole = np.load(path, mmap_mode="r")
    except (OSError, ValueError):
        return None
    same = (whole.shape, whole.dtype, whole.offset) == (array.shape, array.dtype, array.offset)
    if not same or whole.flags.f_contiguous != array.flags.f_contiguous:
        return None
    if array.mode != "r":
        array.flush()
    return os.path.abspath(path)
