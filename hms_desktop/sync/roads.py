# SPDX-License-Identifier: Apache-2.0
"""The roads of a workstation: the centre, and while that can't be reached one of the hubs at its clinic.

The centre is always tried first. While a hub answers, the centre is knocked at now and then; once it answers, the
workstation greets it and goes on there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

import structlog

from hms_desktop.core.errors import ClinicError, Unavailable
from hms_desktop.sync.client import Transport
from hms_desktop.sync.protocol import Hello, Welcome

KNOCK_EVERY_MS = 20_000
T = TypeVar("T")
_log = structlog.get_logger(__name__)


class Road(Transport, Protocol):
    """A transport that can be asked whether anybody answers at its end."""

    def knock(self) -> bool:
        """Whether somebody answers."""

    def close(self) -> None:
        """Drop the connections."""


class Roads:
    """One transport made of several; `hubs` makes those that are known at the moment when they are needed."""

    def __init__(self, centre: Road, hubs: Callable[[], Sequence[Road]], now_ms: Callable[[], int]) -> None:
        self._centre, self._hubs, self._now_ms = centre, hubs, now_ms
        self._now: Road = centre
        self._knocked_ms = 0

    def greet(self, hello: Hello) -> Welcome:
        """Open a session with the centre, or with the first hub that takes this workstation in."""
        self._now = self._centre
        try:
            return self._centre.greet(hello)
        except Unavailable:
            welcome = self._greet_a_hub(hello)
            if welcome is None:
                raise
            return welcome

    def _greet_a_hub(self, hello: Hello) -> Welcome | None:
        for hub in self._hubs():
            try:
                welcome = hub.greet(hello)
            except ClinicError as error:
                _log.info("a hub is passed over", code=error.code)
                hub.close()
                continue
            if welcome.hub:
                self._now, self._knocked_ms = hub, self._now_ms()
                return welcome
        return None

    def send(self, path: str, message: Any, answer: type[T]) -> T:
        """Send within the session, to whoever greeted."""
        return self._now.send(path, message, answer)

    def centre_is_back(self) -> bool:
        """While a hub answers: whether the centre does again; asked every 20 seconds at most."""
        if self._now is self._centre or 0 <= self._now_ms() - self._knocked_ms < KNOCK_EVERY_MS:
            return False
        self._knocked_ms = self._now_ms()
        return self._centre.knock()

    def close(self) -> None:
        """Drop the connections."""
        for road in {id(one): one for one in (self._centre, self._now)}.values():
            road.close()
