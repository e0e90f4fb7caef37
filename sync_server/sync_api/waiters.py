# SPDX-License-Identifier: Apache-2.0
"""Waiting connections: a pull that found nothing sleeps until something was committed, or its time is over."""

from __future__ import annotations

import asyncio

from hms_desktop.core.changes import Changes


class Waiters:
    """Wakes every sleeping pull after a commit; `close` lets them all go when the server stops."""

    def __init__(self) -> None:
        self._events: set[asyncio.Event] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self.closing = False

    @property
    def some(self) -> bool:
        """Whether anybody sleeps."""
        return bool(self._events)

    def attach(self, loop: asyncio.AbstractEventLoop) -> None:
        """The loop in which the pulls sleep."""
        self._loop = loop

    def wake(self, _changes: Changes) -> None:
        """Something was committed (called on any thread)."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._set_all)

    def close(self) -> None:
        """Let every sleeper go, and those that come later."""
        self.closing = True
        self._set_all()

    def _set_all(self) -> None:
        for event in self._events:
            event.set()

    def subscribe(self) -> asyncio.Event:
        """An event that the next commit sets; look at the position after subscribing, before sleeping."""
        event = asyncio.Event()
        self._events.add(event)
        if self.closing:
            event.set()
        return event

    def leave(self, event: asyncio.Event) -> None:
        """This pull sleeps no more."""
        self._events.discard(event)
