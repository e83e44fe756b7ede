"""Arrays of numpy, PyTorch, JAX and others as logits, and logits as files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ._maps import files_of
from ._paths import is_path

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
        return files_of([self.array])[0]


class ListLogits(Logits):
    """Logits in arrays (examples, classes), one for each run."""

    def __init__(self, arrays: list[Array]) -> None:
        self.arrays = arrays
        self.shape = (len(arrays), arrays[0].shape[0], arrays[0].shape[1])
        self.dtype = np.result_type(*{array.dtype for array in arrays})

    def run(self, number: int) -> Array:
        return self.arrays[number]

    def files(self) -> list[str] | None:
        paths = files_of(self.arrays)
        return None if None in paths else [path for path in paths if path is not None]


class TableLogits(ArrayLogits):
    """One output of each run in an array (examples, runs), as scikit-learn's data are arranged."""

    def __init__(self, table: Array) -> None:
        super().__init__(table.T[:, :, np.newaxis])

    def file(self) -> str | None:
        # The program takes arrays with one class for those of a binary classifier.
        return None


def to_numpy(value: Any) -> Array:
    """Returns an array of any library, or a list of these, as one of numpy, of the same values.

    Arrays in memory are not copied if numpy has their type; bfloat16 becomes float32.

    Raises
    ------
    TypeError
        If the array is sparse.
    ValueError
        If it has entries without a value: those that are masked, or all on PyTorch's meta device.
    """
    if _holds_arrays(value):
        return np.stack([to_numpy(item) for item in value])
    if isinstance(value, np.ma.MaskedArray):
        if np.ma.is_masked(value):
            place = np.argwhere(np.ma.getmaskarray(value))[0].tolist()
            raise ValueError(f"a masked array has masked entries, first {place}: array.filled(...) gives them a value")
        return np.asarray(value.data)
    if isinstance(value, np.ndarray):
        return value
    _refuse_sparse(value)
    if hasattr(value, "detach"):
        return _of_torch(value)
    # TensorFlow's tensors.
    array = np.asarray(value.numpy() if callable(getattr(value, "numpy", None)) else value)
    # JAX brings a bfloat16 of its own to numpy.
    return array.astype(np.float32) if array.dtype.name == "bfloat16" else array


def _holds_arrays(value: Any) -> bool:
    """Whether a list, or lists in a list, hold arrays, of which numpy would lose masks and not know tensors."""
    if not isinstance(value, (list, tuple)) or not value:
        return False
    return bool(getattr(value[0], "ndim", 0)) or _holds_arrays(value[0])


def _refuse_sparse(value: Any) -> None:
    # Dense tensors of PyTorch have to_dense, too.
    is_sparse = str(getattr(value, "layout", "torch.strided")) != "torch.strided"
    ways = [name for name in ("toarray", "todense") if hasattr(value, name)] + ["to_dense"] * is_sparse
    if ways:
        raise TypeError(f"Sparse data was passed, but dense data is required: X.{ways[0]}() converts it")


def _of_torch(tensor: Any) -> Array:
    if getattr(tensor, "is_meta", False):
        raise ValueError("a tensor on the meta device has no values")
    tensor = tensor.detach().cpu()
    if hasattr(tensor, "resolve_neg"):
        # Views that are to be negated when they are read.
        tensor = tensor.resolve_conj().resolve_neg()
    try:
        return np.asarray(tensor.numpy())
    except TypeError:
        # numpy has no bfloat16.
        return np.asarray(tensor.float().numpy())


def to_floats(value: Any) -> Array:
    """Returns an array of any library as one of float16, float32 or float64 in the byte order of the machine.

    Raises
    ------
    TypeError
        If the values are not numbers, or the array is sparse.
    ValueError
        If the values are complex numbers, text that is no number, or missing.
    """
    array = to_numpy(value)
    if array.dtype.kind == "c":
        raise ValueError(f"Complex data not supported: {array.dtype}")
    if array.dtype.kind in "mM" or array.dtype.names:
        raise TypeError(f"logits must be numbers; got {array.dtype}")
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
    if is_path(value):
        raise TypeError(f"logits must be arrays; load_runs({value!r}) opens files")
    if hasattr(value, "train") and hasattr(value, "test"):
        # Runs, whose module uses this one.
        raise TypeError("these are logits of training and of test examples: pass .train to fit, .test to predict")
    if isinstance(value, Sequence) and not isinstance(value, str) and len(value) and _dimensions(value) == 3:
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


def _dimensions(value: Any) -> int:
    """The number of dimensions of an array or nested lists of arrays, which is not converted: it may be on a GPU."""
    if isinstance(value, (list, tuple)):
        return 1 + (_dimensions(value[0]) if value else 0)
    return int(getattr(value, "ndim", 0))


def _check_table(table: Array) -> None:
    if not np.isfinite(table).all():
        found = "NaN" if np.isnan(table).any() else f"infinity or a value too large for {table.dtype}"
        raise ValueError(f"Input X contains {found}.")
