# SPDX-License-Identifier: Apache-2.0
"""A bundle from the server as a road: it answers what a workstation asks in an exchange, as far as it was put in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from hms_desktop.core.errors import Damaged, Unavailable
from hms_desktop.core.text import _
from hms_desktop.security.receipts import Receipt
from hms_desktop.sync.bundle_file import BundleReader, Head
from hms_desktop.sync.protocol import Hello, Manifest, PageWanted, Pull, Pulled, Pushed, SnapshotWanted, Welcome

CARRIED = "carried"
HELLO, PUSH, PULL, SNAPSHOT, PAGE = "/v1/hello", "/v1/push", "/v1/pull", "/v1/snapshot", "/v1/page"

T = TypeVar("T")
Progress = Callable[[int, int], object]
"""(parts done, of)."""


class Carried(msgspec.Struct, array_like=True, frozen=True):
    """What a workstation says of itself in its own bundle: the X25519 key of its file, how far it followed the server.

    `after` is -1 where it was never filled; `holds` are the tables that it was filled with and that follow the server,
    `receipt` the last one for its chain, `asked` its question how it stands (packed; empty: none), `version`
    and `schema` those of its program.
    """

    pages: bytes
    after: int
    holds: list[str]
    receipt: Receipt | None = None
    asked: bytes = b""
    version: int = 0
    schema: int = 0


class BundleLine:
    """Answers from a bundle; Unavailable for whatever only a server can answer."""

    def __init__(self, bundle: BundleReader, author: int, progress: Progress) -> None:
        self._bundle, self._author, self._progress, self._read = bundle, author, progress, 0
        self._places = {head: place for place, head in enumerate(bundle.heads)}
        self._pulls = [head for head in bundle.heads if head.path == PULL]
        welcome, manifest = bundle.first(HELLO, Welcome), bundle.first(SNAPSHOT, Manifest)
        if welcome is None or not self._pulls:
            raise Damaged(_("This file holds no word of the server. Have it made anew there."))
        self.welcome: Welcome = welcome
        self.manifest: Manifest | None = manifest
        self.news = 0
        """How many change sets of others were handed out, as far as this workstation may see them."""

    @property
    def begins(self) -> int:
        """The place of the server's order that its entries follow."""
        return self._pulls[0].number

    @property
    def ends(self) -> int:
        """The place that its entries reach."""
        return self._pulls[-1].reaches

    def fills(self, tables: set[str]) -> bool:
        """Whether it holds all these tables whole."""
        return self.manifest is not None and tables <= {part.table for part in self.manifest.parts}

    def greet(self, _hello: Hello) -> Welcome:
        """What the server said when the bundle was made."""
        return self.welcome

    def send(self, path: str, message: Any, answer: type[T]) -> T:
        """The answer that lies in the bundle."""
        found: Any = None
        if isinstance(message, Pull):
            found = self._pull(message)
        elif isinstance(message, SnapshotWanted):
            found = self._snapshot(message)
        elif isinstance(message, PageWanted):
            found = self._message(Head(PAGE, message.table, message.page), answer)
        if not isinstance(found, answer):
            raise Unavailable(_("What is carried on a stick answers no questions: this waits for the line."))
        return found

    def _pull(self, wanted: Pull) -> Pulled:
        head = next((one for one in self._pulls if one.reaches > wanted.after), None)
        if head is None:
            return Pulled([], wanted.after, 0)
        page = self._message(head, Pulled)
        assert page is not None
        fresh = (entry.whole for entry in page.entries if entry.position > wanted.after)
        self.news += sum(whole is not None and whole.author != self._author for whole in fresh)
        return page

    def _snapshot(self, wanted: SnapshotWanted) -> Manifest | None:
        """The snapshot as far as it is asked for; none from before what came here meanwhile by the line."""
        tables = set(wanted.tables)
        if self.manifest is None or not self.fills(tables) or self.manifest.position < wanted.not_before:
            return None
        return msgspec.structs.replace(
            self.manifest,
            parts=[part for part in self.manifest.parts if part.table in tables],
            held=[held for held in self.manifest.held if held[1] in tables],
        )

    def _message(self, head: Head, kind: type[T]) -> T | None:
        place = self._places.get(head)
        if place is None:
            return None
        self._read += 1
        self._progress(min(self._read, len(self._places)), len(self._places))
        return self._bundle.message(place, kind)

    def delivered(self) -> tuple[int, Receipt | None]:
        """How far the server had this workstation's own work, and its receipt."""
        told = self._bundle.first(PUSH, Pushed)
        return (told.acknowledged, told.receipt) if told is not None else (self.welcome.acknowledged, None)
