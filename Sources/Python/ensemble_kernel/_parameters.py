"""Checks of parameters, the same for the classifier and all functions."""

from __future__ import annotations

import math
import numbers as number_types
from collections.abc import Iterable
from typing import Any

CHOICES: dict[str, tuple[str | None, ...]] = {
    "weights": ("similarity", "uniform"),
    "scaling": (None, "local"),
    "ties": ("smallest", "nearest"),
    "logit_transform": (None, "log-softmax", "softmax", "raw", "centered", "minus-max"),
    "select": (None, "loo"),
    "calibrators": ("all", "none", "temperature", "vector", "isotonic", "beta", "histogram"),
    "cascade_score": (
        None,
        "confidence",
        "entropy",
        "largest_logit",
        "energy",
        "mutual_information",
        "agreement",
    ),
    "inputs": ("logits", "probabilities", "log-probabilities"),
}

# The program's limit: (1 + S) is at most 5, and sums of its powers must stay in the range of float64.
MOST_POWER = 400
# That of the cost of a disagreement, in both directions.
MOST_COHESION = 1_000_000


def choice(name: str, value: Any) -> Any:
    """Returns a parameter that must be one of `CHOICES`.

    Raises
    ------
    ValueError
        If it is not.
    """
    choices = CHOICES[name]
    if not isinstance(value, (str, type(None))) or value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(map(repr, choices))}; got {value!r}")
    return value


def integer(name: str, value: Any, *, least: int = 1, most: int | None = None, also: str = "") -> int | None:
    """Returns a parameter that must be an integer or None. `also` names what else the caller takes.

    Raises
    ------
    ValueError
        If it is neither, or out of range.
    """
    if value is None:
        return None
    if not _is_integer(value) or value < least or (most is not None and value > most):
        span = f"of at least {least}" if most is None else f"from {least} to {most}"
        choices = ", ".join(filter(None, [f"an integer {span}", also, "or None"]))
        raise ValueError(f"{name} must be {choices}; got {value!r}")
    return int(value)


def integers(name: str, value: Any) -> list[int] | None:
    """Returns a parameter that must be a list of integers of at least 0, one integer, or None.

    Raises
    ------
    ValueError
        If it is none of these.
    """
    if value is None:
        return None
    listed = [value] if _is_integer(value) else list(value) if isinstance(value, Iterable) else []
    if isinstance(value, (str, bytes)) or not listed or not all(_is_integer(item) and item >= 0 for item in listed):
        raise ValueError(f"{name} must be a list of integers of at least 0; got {value!r}")
    return [int(item) for item in listed]


def number(name: str, value: Any, *, least: float = 0, most: float = math.inf, optional: bool = True) -> float | None:
    """Returns a parameter that must be a finite number of at least `least`, or None if it is optional.

    Raises
    ------
    ValueError
        If it is neither, or larger than `most`.
    """
    if value is None and optional:
        return None
    if not _is_real(value) or not least <= value <= most or math.isinf(value):
        span = f"of at least {least}" if math.isinf(most) else f"from {least} to {most}"
        raise ValueError(f"{name} must be a number {span}; got {value!r}")
    return float(value)


def numbers(name: str, value: Any) -> list[float] | None:
    """Returns a parameter that must be a list of finite numbers of at least 0, or None.

    Raises
    ------
    ValueError
        If it is neither, or empty.
    """
    if value is None:
        return None
    if isinstance(value, (str, bytes)) or not isinstance(value, Iterable):
        raise ValueError(f"{name} must be a list of numbers of at least 0; got {value!r}")
    listed = list(value)
    if not listed or not all(_is_real(item) and 0 <= item < math.inf for item in listed):
        raise ValueError(f"{name} must be a list of numbers of at least 0; got {value!r}")
    return [float(item) for item in listed]


def power(value: Any, *, optional: bool = True) -> float | None:
    """Returns the exponent of the votes."""
    return number("power", value, most=MOST_POWER, optional=optional)


def _is_real(value: Any) -> bool:
    return isinstance(value, number_types.Real) and not isinstance(value, bool)


def _is_integer(value: Any) -> bool:
    return isinstance(value, number_types.Integral) and not isinstance(value, bool)
