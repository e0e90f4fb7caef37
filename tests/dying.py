# SPDX-License-Identifier: Apache-2.0
"""A process that dies of itself, by SIGKILL, at its so-and-so-many-th step: what the environment of a test asks for.

A step is the moment before or after a commit, before or after a file takes the place of another, and before or after
a request. The clock of such a process may stand still, too.
"""

from __future__ import annotations

import functools
import os
import signal
from collections.abc import Callable, Mapping
from itertools import count
from typing import Any

from sqlalchemy.engine.default import DefaultDialect

from hms_desktop.core.clock import SystemClock
from hms_desktop.sync.client import HttpTransport
from tests.server.warm import LAST_STEP, STILL


def as_told(env: Mapping[str, str]) -> None:
    """Let the clock of this process stand from now on, or let it die at a step, where its environment says so."""
    if STILL in env:
        now = SystemClock().now_ms()
        SystemClock.now_ms = lambda self: now  # type: ignore[method-assign]
    if LAST_STEP in env:
        dies_at(int(env[LAST_STEP]))


def dies_at(last: int) -> None:
    """Kill this process at this step, counted from now: 1 is the next one."""
    steps = count(1)

    def step() -> None:
        if next(steps) >= last:
            os.kill(os.getpid(), signal.SIGKILL)

    for owner, name in ((DefaultDialect, "do_commit"), (os, "replace"), (HttpTransport, "_post")):
        setattr(owner, name, _between(step, getattr(owner, name)))


def _between(step: Callable[[], None], call: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(call)
    def stepped(*given: Any, **named: Any) -> Any:
        step()
        found = call(*given, **named)
        step()
        return found

    return stepped
