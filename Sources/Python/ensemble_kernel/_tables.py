"""Tables: pandas where it is installed, else dictionaries of arrays."""

from __future__ import annotations

import csv
from typing import Any

import numpy as np


def table(columns: dict[str, Any]) -> Any:
    """Returns columns as a pandas.DataFrame, or as they are without pandas."""
    try:
        import pandas
    except ImportError:
        return columns
    return pandas.DataFrame(columns)


def read_table(path: str) -> Any:
    """Reads a CSV file of the program.

    Returns
    -------
    pandas.DataFrame or dict of numpy.ndarray
        Integers, floats (NaN where a cell is empty) or text.
    """
    with open(path, newline="") as file:
        header, *rows = csv.reader(file)
    return table({name: _values([row[place] for row in rows]) for place, name in enumerate(header)})


def _values(cells: list[str]) -> np.ndarray[Any, Any]:
    if cells and all(cell.lstrip("-").isdigit() for cell in cells):
        return np.array(cells, np.int64)
    try:
        return np.array([float(cell) if cell else np.nan for cell in cells])
    except ValueError:
        return np.array(cells)
