"""Labels of any kind: as arrays of integers or text, and as numbers of the classes of logits."""

from __future__ import annotations

import numbers
import re
import sys
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from ._arrays import Array, to_numpy
from ._errors import warn

_WANTED = "labels must be integers or text"
_MISSING = "leave out examples without a label; evaluate, sweep and report also take a negative integer for them"
_INT64 = np.iinfo(np.int64)
_TOO_LARGE = ("which does not fit int64", "numpy.unique(y, return_inverse=True)[1] numbers such labels anew")


def to_labels(value: Any, examples: int | None, name: str = "y") -> Array:
    """Returns labels as an array (examples,) of integers that fit int64, whole floats, booleans or text.

    Parameters
    ----------
    value : array, list or pandas.Series
        The labels. Objects that are all integers are integers.
    examples : int or None
        Number of examples; None takes any.
    name : str
        What messages call the labels.

    Raises
    ------
    ValueError
        If there is not a label for each example, or a label is missing or of another kind.
    """
    # numpy would make text of the 1 in [1, "a"], and of None.
    labels = to_numpy(np.array(value, object) if _is_list_of_scalars(value) else value)
    if labels.ndim == 2 and labels.shape[1] == 1:
        _warn_of_column(name)
        labels = labels[:, 0]
    if labels.ndim != 1:
        raise ValueError(f"{name} should be a 1d array, got an array of shape {labels.shape} instead.")
    if examples is not None and len(labels) != examples:
        raise ValueError(
            f"Found input variables with inconsistent numbers of samples: {examples} examples, but {len(labels)} "
            f"labels in {name}"
        )
    if labels.dtype.kind in "OT":
        labels = _of_objects(labels.astype(object), name)
    if labels.dtype.kind == "S":
        labels = np.char.decode(labels, "utf-8")
    if labels.dtype.kind == "f":
        _check_floats(labels, name)
    if labels.dtype.kind == "u":
        _refuse_if(labels > _INT64.max, labels, name, *_TOO_LARGE)
    if labels.dtype.kind not in "biufU":
        raise ValueError(f"{name} is of type {labels.dtype}: {_WANTED}")
    return labels


def _is_list_of_scalars(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and not any(getattr(item, "ndim", 0) for item in value[:1])


def _warn_of_column(name: str) -> None:
    category: type[Warning] = UserWarning
    if "sklearn" in sys.modules:
        from sklearn.exceptions import DataConversionWarning

        category = DataConversionWarning
    warn(
        f"A column-vector {name} was passed when a 1d array was expected. Please change the shape of {name} to "
        "(examples,)",
        category,
    )


def _of_objects(objects: Array, name: str) -> Array:
    """Objects as text if they all are, else as numbers."""
    items = [_plain(item, f"{name}[{place}]") for place, item in enumerate(objects)]
    texts = [place for place, item in enumerate(items) if isinstance(item, str)]
    if len(texts) == len(items):
        return np.array(items, str)
    if texts:
        other = next(place for place, item in enumerate(items) if not isinstance(item, str))
        raise ValueError(
            f"{name} mixes text and numbers: {name}[{texts[0]}] is {items[texts[0]]!r}, and {name}[{other}] is "
            f"{items[other]!r}"
        )
    if all(isinstance(item, bool) for item in items):
        return np.array(items, bool)
    if not all(isinstance(item, int) for item in items):
        return np.array(items, np.float64)
    fit = np.array([_INT64.min <= item <= _INT64.max for item in items])
    _refuse_if(~fit, np.array(items, object), name, *_TOO_LARGE)
    return np.array(items, np.int64)


def _plain(item: Any, place: str) -> Any:
    """An object as one of Python's own: text, a boolean, an integer or a float."""
    if isinstance(item, bytes):
        return item.decode()
    if isinstance(item, str):
        return str(item)
    if isinstance(item, int):
        return item
    # NaT of pandas and numpy and pandas.NA have nothing but their text in common.
    if item is None or item is np.ma.masked or str(item) in ("NaT", "<NA>", "nan"):
        raise ValueError(f"{place} is {item}: {_MISSING}")
    if isinstance(item, np.bool_) or (getattr(item, "ndim", None) == 0 and not isinstance(item, np.generic)):
        item = item.item()
    # Lengths of time are of a class of integers.
    if not isinstance(item, numbers.Real) or isinstance(item, np.timedelta64):
        raise ValueError(f"{place} is {item!r} of type {type(item).__name__}: {_WANTED}")
    return bool(item) if isinstance(item, bool) else int(item) if isinstance(item, numbers.Integral) else float(item)


def _check_floats(labels: Array, name: str) -> None:
    _refuse_if(np.isnan(labels), labels, name, "", _MISSING)
    _refuse_if(np.isinf(labels), labels, name, "")
    # scikit-learn's checks look for the first words.
    _refuse_if(labels != np.rint(labels), labels, f"Unknown label type: {name}", "which is no integer")
    _refuse_if(np.abs(labels) >= 2.0**63, labels, name, *_TOO_LARGE)


def _refuse_if(wrong: Array, labels: Array, name: str, what: str, advice: str = _WANTED) -> None:
    """Raises an error that names the first label that is wrong."""
    if wrong.any():
        place = int(wrong.argmax())
        raise ValueError(f"{name}[{place}] is {labels[place]}{', ' if what else ''}{what}: {advice}")


class LabeledExamples(NamedTuple):
    """Labels of one kind of examples, and what messages call them."""

    name: str
    labels: Any
    examples: int


def class_numbers(
    given: Sequence[LabeledExamples], columns: int, class_names: Any = None
) -> tuple[list[Array], list[str] | None]:
    """Numbers labels by the columns of the logits.

    Text is numbered by `class_names`, else by the categories of pandas, else in alphabetical order.

    Parameters
    ----------
    given : sequence of LabeledExamples
        Labels of test examples, of training examples, of both or of none.
    columns : int
        Number of columns of the logits.
    class_names : list of str, optional
        Names of the classes in the order of the columns.

    Returns
    -------
    numbers : list of arrays of int64
        Negative numbers are unlabeled examples.
    names : list of str or None
        The names of the classes, if the labels are text.

    Raises
    ------
    ValueError
        If labels are not those of the classes, or nobody can know which text is which class.
    """
    # One output of a binary classifier stands for two.
    classes = max(2, columns)
    names = None if class_names is None else _checked_names(class_names, classes)
    arrays = [to_labels(part.labels, part.examples, part.name) for part in given]
    are_text = [array.dtype.kind == "U" for array in arrays]
    if not any(are_text):
        for part, array in zip(given, arrays):
            _refuse_if(array >= classes, array, part.name, "", f"the classes of the logits are 0 to {classes - 1}")
        return [array.astype(np.int64) for array in arrays], None
    if not all(are_text):
        raise ValueError(f"{given[0].name} and {given[1].name} must both be text, or both integers")
    names = names or _names(given, arrays, classes)
    return [_numbered(array, names, part.name) for part, array in zip(given, arrays)], names


def _checked_names(class_names: Any, classes: int) -> list[str]:
    is_list = isinstance(class_names, Iterable) and not isinstance(class_names, (str, bytes))
    names = [str(name) for name in class_names] if is_list else []
    if not names:
        raise ValueError(f"class_names must be a list of names, one for each class; got {class_names!r}")
    if len(names) != classes:
        raise ValueError(f"class_names has {len(names)} names, but the logits have {classes} classes")
    if len(set(names)) < classes or "" in names:
        raise ValueError("class_names must be different from each other, and not empty")
    return names


def _names(given: Sequence[LabeledExamples], arrays: list[Array], classes: int) -> list[str]:
    """The names of the classes in the order of the columns, as far as the labels tell."""
    wanted = "pass class_names, the names in the order of the columns of the logits"
    categories = [_categories(part.labels) for part in given]
    known = [names for names in categories if names is not None]
    if any(names != known[0] for names in known):
        raise ValueError(f"{given[0].name} and {given[1].name} have different categories: {wanted}")
    names = known[0] if known else [str(name) for name in np.unique(np.concatenate(arrays))]
    if all(re.fullmatch(r"\s*[-+]?\d+\s*", name) for name in names):
        raise ValueError(f"labels such as {names[0]!r} are text: y.astype(int) makes integers of them, or {wanted}")
    if len(names) != classes:
        kind = "categories" if known else "distinct names"
        raise ValueError(f"the labels have {len(names)} {kind}, but the logits have {classes} classes: {wanted}")
    return names


def _categories(labels: Any) -> list[str] | None:
    """The categories of a pandas.Categorical, or of a Series of that type."""
    categories = getattr(getattr(labels, "dtype", None), "categories", None)
    return None if categories is None else [str(name) for name in categories]


def _numbered(labels: Array, names: list[str], name: str) -> Array:
    found, places = np.unique(labels, return_inverse=True)
    numbers_of = {text: number for number, text in enumerate(names)}
    numbered = np.array([numbers_of.get(text, -1) for text in found.tolist()], np.int64)[places.ravel()]
    _refuse_if(numbered < 0, labels, name, "which is not one of class_names", f"these are {', '.join(names[:20])}")
    return numbered
