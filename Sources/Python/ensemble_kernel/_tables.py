"""Tables: pandas where it is installed, else dictionaries of arrays."""

from __future__ import annotations

import csv
import os
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
    with open(path, newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    return table({name: _values([row[place] for row in rows]) for place, name in enumerate(header)})


def label_issues(folder: str, classes: Any) -> Any:
    """Reads the label suspects of a report.

    Parameters
    ----------
    folder : str
        The folder of the report's tables.
    classes : array (classes,) or None
        The label of each class number; None leaves the numbers.

    Returns
    -------
    pandas.DataFrame, or dict of arrays without pandas
        "example", "label", "suggested", "score" and "label_probability".
    """
    found = read_table(os.path.join(folder, "suspects.csv"))
    columns = {
        "example": np.asarray(found["train"], np.int64),
        "label": np.asarray(found["label"], np.int64),
        "suggested": np.asarray(found["suggested"], np.int64),
        "score": np.asarray(found["score"], np.float64),
        "label_probability": np.asarray(found["label_probability"], np.float64),
    }
    if classes is not None:
        columns.update({name: np.asarray(classes)[columns[name]] for name in ("label", "suggested")})
    return table(columns)


def _values(cells: list[str]) -> np.ndarray[Any, Any]:
    if cells and all(cell.lstrip("-").isdigit() for cell in cells):
        return np.array(cells, np.int64)
    try:
        return np.array([float(cell) if cell else np.nan for cell in cells])
    except ValueError:
        return np.array(cells)
