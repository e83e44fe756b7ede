"""What the program and mpirun write to standard error, in terms of Python."""

from __future__ import annotations

import re
import signal

from ._program import NAME

PREFIX = f"{NAME}: "
_WARNING = "warning: "

# What the program's messages name, and the parameters that set it. What has no parameter keeps its name.
_PARAMETERS = {
    "--against": "against",
    "--budgets": "budgets",
    "--cascade": "cascade",
    "--cascade-runs": "cascade_runs",
    "--cascade-score": "cascade_score",
    "--class-names": "class_names",
    "--classes": "classes",
    "--cohesion": "cohesion",
    "--coverage": "coverage",
    "--dataset": "dataset",
    "--duplicate-similarity": "duplicate_similarity",
    "--duplicates": "duplicates",
    "--inputs": "inputs",
    "--k": "n_neighbors",
    "-k": "n_neighbors",
    "--labels": "y",
    "--labels-train": "y_train",
    "--leave-out": "leave_out",
    "--logits": "test",
    "--logits-train": "train",
    "--member-costs": "member_costs",
    "--memory": "memory",
    "--out": "path",
    "--power": "power",
    "--risk": "risk",
    "--runs": "runs",
    "--scaling": "scaling",
    "--scaling-k": "scaling_neighbors",
    "--seed": "random_state",
    "--select": "select",
    "--size": "size",
    "--settled": "settled",
    "--sizes": "sizes",
    "--subsets": "subsets",
    "--threads": "threads",
    "--ties": "ties",
    "--transform": "logit_transform",
    "--weighted-k": "n_neighbors",
    "--windows": "windows",
}
_OPTION = re.compile(r"(?<![\w/.-])--?[a-z][a-z-]*(?![\w/]|\.\w)")

# Exit codes with which the program ends by itself, after a message: those of sysexits.h.
_SAID = range(64, 79)

# mpirun writes its own words between such lines.
_RULE = re.compile(r"[-=]{20,}$")
_LINES = 5


def in_python(message: str) -> str:
    """Returns a message with parameters of Python in the place of options."""
    return _OPTION.sub(lambda found: _PARAMETERS.get(found[0], found[0]), message)


def advice(messages: list[str]) -> list[str]:
    """The program's warnings."""
    return [in_python(message[len(_WARNING) :]) for message in _own(messages) if message.startswith(_WARNING)]


def failure(messages: list[str], exit_code: int, *, under_mpirun: bool) -> str:
    """Why a job failed: the program's own words, or how it ended and what was written last."""
    failures = [message for message in _own(messages) if not message.startswith(_WARNING)]
    if failures and exit_code in _SAID:
        return in_python(failures[-1])
    # mpirun ends as a shell does if a signal ended one of its ranks.
    number = -exit_code if exit_code < 0 else exit_code - 128 if under_mpirun else 0
    names = {known.value: known.name for known in signal.Signals}
    if number in names:
        end = f"was killed by signal {number} ({names[number]})"
        end += ", perhaps for lack of memory" if number == signal.SIGKILL else ""
    else:
        end = f"ended with exit code {exit_code}"
    return "\n".join([f"{NAME} {end}", *_written_last([message for message in messages if message])])


def _own(messages: list[str]) -> list[str]:
    return [message[len(PREFIX) :] for message in messages if message.startswith(PREFIX)]


def _written_last(messages: list[str]) -> list[str]:
    lines = [message for message in messages if not message.startswith(PREFIX)]
    # A crash of Swift says its reason first, and then pages of addresses.
    reasons = [line for line in lines if "atal error" in line or (line.startswith("*** ") and "Signal" not in line)]
    before = next((place for place, line in enumerate(lines) if _RULE.match(line)), len(lines))
    return (reasons or lines[:before] or [line for line in lines if not _RULE.match(line)])[-_LINES:]
