# SPDX-License-Identifier: Apache-2.0
"""How commands speak: lines for people or one JSON object for scripts, and exit codes that mean the same everywhere."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import asdict, is_dataclass
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from hms_desktop.core.errors import BadInput, ClinicError, Damaged, NotAllowed, NotFound, Unavailable

P = ParamSpec("P")
R = TypeVar("R")

OK, FAILED, USAGE, BROKEN, REFUSED, MISSING, NOBODY = 0, 1, 2, 3, 4, 5, 6
_CODES: tuple[tuple[type[ClinicError], int], ...] = (
    (BadInput, USAGE),
    (Damaged, BROKEN),
    (NotAllowed, REFUSED),
    (NotFound, MISSING),
    (Unavailable, NOBODY),
)
_AT_THE_DOOR = frozenset({"sign-in-refused", "must-wait"})


def exit_code(error: ClinicError) -> int:
    """2 bad input, 3 damaged, 4 not allowed, 5 not found, 6 out of reach, else 1."""
    if error.code in _AT_THE_DOOR:
        return REFUSED
    return next((code for kind, code in _CODES if isinstance(error, kind)), FAILED)


def say(lines: str | list[str], facts: Any, as_json: bool) -> None:
    """Print lines for a person, or the facts as one JSON object."""
    if as_json:
        plain = asdict(facts) if is_dataclass(facts) and not isinstance(facts, type) else facts
        sys.stdout.write(json.dumps(plain, default=str, ensure_ascii=False, sort_keys=True) + "\n")
    else:
        sys.stdout.write("\n".join([lines] if isinstance(lines, str) else lines) + "\n")
    sys.stdout.flush()


def note(line: str) -> None:
    """A line of progress, beside the answer."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def plainly(command: Callable[P, R]) -> Callable[P, R]:
    """Turn a ClinicError into its sentence on stderr and its exit code; no person ever sees a traceback."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except ClinicError as error:
            note(str(error))
            raise SystemExit(exit_code(error)) from None

    return run
