# SPDX-License-Identifier: Apache-2.0
"""The line between a desk and the server: it loses, cuts, repeats, holds back and reorders what it carries.

A message is what really travels: packed bytes. What is held back reaches the server at a later step, after messages
that were sent after it, or never; its answer reaches nobody, as the connection is gone by then.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

import msgspec

from hms_desktop.core.errors import BadInput, Unavailable
from hms_desktop.sync.protocol import Hello, Pull, Welcome, pack, unpack

T = TypeVar("T")
Answer = Callable[[UUID, str, Any], bytes]
MOST_MESSAGES = 3000
"""So many messages in one exchange are no exchange any more: it goes in circles."""


class NeverQuiet(AssertionError):
    """An exchange that does not come to an end."""


@dataclass(frozen=True)
class Late:
    """A request that the line still holds, and who is to answer it."""

    answer: Answer
    device: UUID
    path: str
    message: Any


@dataclass
class Weather:
    """How a line is: the chance of each mishap in every message, and whether anything gets through at all."""

    up: bool = True
    lost: float = 0.0
    repeated: float = 0.0
    held: float = 0.0
    torn: float = 0.0
    page: int = 5000


class Line:
    """One road of a desk. `answer` is the server's side: device, path and message in, packed answer out."""

    def __init__(self, device: UUID, answer: Answer, held: list[Late]) -> None:
        self._device = device
        self._answer = answer
        self._held = held
        self.weather = Weather()
        self.chance = random.Random(0)
        self.carried = 0
        self.mishaps: list[str] = []

    def begin(self, chance: random.Random) -> None:
        """A new exchange, with a chance of its own."""
        self.chance = chance
        self.carried = 0
        self.mishaps = []

    def greet(self, hello: Hello) -> Welcome:
        """Open a session."""
        return self.send("/v1/hello", hello, Welcome)

    def knock(self) -> bool:
        """Whether anything gets through."""
        return self.weather.up

    def close(self) -> None:
        """There is nothing to drop."""

    def send(self, path: str, message: Any, answer: type[T]) -> T:
        """Carry a message there and its answer back, unless the line has a mishap on the way."""
        self.carried += 1
        if self.carried > MOST_MESSAGES:
            raise NeverQuiet(f"an exchange went on after {MOST_MESSAGES} messages; the last was {path}")
        if isinstance(message, Pull):
            message = msgspec.structs.replace(message, limit=self.weather.page)
        request = unpack(pack(message), type(message))
        self._there(path, request)
        raw = self._answer(self._device, path, request)
        if self._happens(self.weather.repeated):
            self._note("repeated", path)
            raw = self._answer(self._device, path, request)
        return self._back(path, raw, answer)

    def _there(self, path: str, request: Any) -> None:
        if not self.weather.up:
            raise Unavailable("the line is down")
        if self._happens(self.weather.lost):
            self._fail("request lost", path)
        if self._happens(self.weather.held):
            self._held.append(Late(self._answer, self._device, path, request))
            self._fail("request held back", path)

    def _back(self, path: str, raw: bytes, answer: type[T]) -> T:
        if self._happens(self.weather.lost):
            self._fail("answer lost", path)
        if self._happens(self.weather.torn):
            try:
                unpack(raw[: self.chance.randrange(len(raw))], answer)
            except BadInput as torn:
                self._fail(f"answer torn ({type(torn).__name__})", path)
            raise AssertionError(f"a torn {answer.__name__} was taken for a whole one")
        return unpack(raw, answer)

    def _happens(self, share: float) -> bool:
        return self.chance.random() < share

    def _note(self, what: str, path: str) -> None:
        self.mishaps.append(f"{path.rsplit('/', 1)[-1]} {what}")

    def _fail(self, what: str, path: str) -> None:
        self._note(what, path)
        raise Unavailable(what)
