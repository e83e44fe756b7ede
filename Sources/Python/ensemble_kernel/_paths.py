"""Paths as the system takes them, and patterns of paths."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterable
from typing import Union

from ._errors import InputNotFoundError

Path = Union[str, bytes, "os.PathLike[str]"]
Paths = Union[Path, Iterable[Path]]


def native(text: str) -> str:
    """Returns text in a form that the system takes as a path or an argument.

    In the C locale Python encodes only ASCII. File names and the program's arguments are UTF-8 there, too.
    """
    try:
        os.fsencode(text)
    except UnicodeEncodeError:
        return os.fsdecode(text.encode("utf-8", "surrogateescape"))
    return text


def absolute(path: Path) -> str:
    """Returns a path that stays valid when the working folder changes, and that no option begins like."""
    # Not os.path.abspath: x/.. is another folder where x is a link.
    return os.path.join(os.getcwd(), native(os.fsdecode(path)))


def is_path(value: object) -> bool:
    """Whether a value is one path."""
    return isinstance(value, (str, bytes, os.PathLike))


def listed(paths: Paths) -> list[str]:
    """Absolute paths of one path or several."""
    given = [paths] if isinstance(paths, (str, bytes, os.PathLike)) or not isinstance(paths, Iterable) else list(paths)
    if not given or any(isinstance(path, (str, bytes)) and not path for path in given):
        raise InputNotFoundError("there is no path", 66)
    return [absolute(path) for path in given]


def expanded(paths: list[str]) -> list[str]:
    """Returns paths with patterns replaced by their files in natural order: seed2 before seed10.

    Raises
    ------
    InputNotFoundError
        If a pattern has no files.
    """
    found: list[str] = []
    for path in paths:
        if glob.has_magic(path) and not os.path.exists(path):
            found += sorted(_files(path), key=_natural)
        else:
            found.append(path)
    return found


def split_pattern(paths: list[str]) -> tuple[list[str], str | None]:
    """Returns paths without patterns, and the pattern of the files in a folder, which the program then expands.

    The program finds labels and images in a folder, and a command line does not hold 20,000 paths.

    Raises
    ------
    InputNotFoundError
        If a pattern has no files.
    """
    folder, last = os.path.split(paths[0])
    if len(paths) == 1 and glob.has_magic(last) and os.path.isdir(folder) and not os.path.exists(paths[0]):
        _files(paths[0])
        return [folder], last
    return expanded(paths), None


def _files(pattern: str) -> list[str]:
    found = glob.glob(pattern)
    if not found:
        raise InputNotFoundError(f"{pattern}: no such files", 66)
    return found


def _natural(name: str) -> list[tuple[int, int, str]]:
    parts = re.split(r"(\d+)", name)
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts]
