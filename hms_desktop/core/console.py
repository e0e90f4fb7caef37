# SPDX-License-Identifier: Apache-2.0
"""How commands speak: lines for people or one JSON object for scripts, and exit codes that mean the same everywhere."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from dataclasses import asdict, is_dataclass
from functools import wraps
from typing import Any, NoReturn, ParamSpec, TypeVar

from hms_desktop.core.disks import disk_words
from hms_desktop.core.errors import BadInput, ClinicError, Damaged, NotAllowed, NotFound, Unavailable
from hms_desktop.core.faults import fault_of, hear_again, note_caught

P = ParamSpec("P")
R = TypeVar("R")

OK, FAILED, USAGE, BROKEN, REFUSED, MISSING, NOBODY, FAULTY, STOPPED = 0, 1, 2, 3, 4, 5, 6, 70, 130
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
    """Turn every error into a sentence on stderr and an exit code; no person ever sees a traceback.

    A command that was asked for JSON also answers with one object that holds `error`, its short name, and `message`.
    """

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        as_json = bool(kwargs.get("as_json"))
        hear_again()
        try:
            return command(*args, **kwargs)
        except ClinicError as error:
            fail(error.code, str(error), exit_code(error), as_json)
        except BrokenPipeError:  # whoever read the answer has gone: nobody is left to tell
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise SystemExit(FAILED) from None
        except OSError as error:
            fail(Unavailable.code, _no_file(error), NOBODY, as_json)
        except KeyboardInterrupt:
            fail("stopped", "Stopped.", STOPPED, as_json)
        except Exception as error:
            fail("fault", _fault(error), FAULTY, as_json)

    return run


def _no_file(error: OSError) -> str:
    return (
        disk_words(error)
        or f"{error.filename or 'A file'}: {error.strerror or error}. Check that it is there and may be used."
    )


def fail(short_name: str, message: str, code: int, as_json: bool) -> NoReturn:
    """End a command that did not do what it was asked."""
    note(message)
    if as_json:
        say("", {"error": short_name, "message": message}, True)
    raise SystemExit(code) from None


def run_commands(commands: Callable[..., Any], name: str) -> NoReturn:
    """Run a command line to its exit code; words that it does not understand end like every other error."""
    try:
        done = commands(prog_name=name, standalone_mode=False)
    except Exception as error:
        show = getattr(error, "show", None)  # what the parser of command lines raises knows how to show itself
        if show is None:
            raise
        show()
        if "--json" in sys.argv:
            say("", {"error": BadInput.code, "message": error.format_message()}, True)  # type: ignore[attr-defined]
        raise SystemExit(getattr(error, "exit_code", USAGE)) from None
    raise SystemExit(done if isinstance(done, int) else OK)


def _fault(error: Exception) -> str:
    """Where the program broke, without a word of what it was working on."""
    fault = fault_of(error)
    note_caught(fault)
    where = " line ".join(fault.own_place.rsplit(":", 1))
    return f"The program is at fault here: {fault.kind}, {where}. Report these words."
