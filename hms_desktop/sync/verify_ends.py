# SPDX-License-Identifier: Apache-2.0
"""Crossing the chains with the ends that were signed and countersigned: a chain written anew, cut or put back shows."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from hms_desktop.core.clock import instant
from hms_desktop.core.errors import Damaged
from hms_desktop.security.key_history import SigningKey
from hms_desktop.security.receipts import ChainEnd, Receipt
from hms_desktop.security.signing import Forged
from hms_desktop.storage import ledger
from hms_desktop.storage.chain import BrokenLink
from hms_desktop.storage.ends import KeptEnd, kept_ends
from hms_desktop.sync.receipts import read_receipt, roots_at_ends


@dataclass(frozen=True)
class Window:
    """What of a chain no receipt covers yet: `since` change sets after number `number`, received at `at_ms` (0: none).

    Whoever holds both the file and its keys could write these anew without anybody noticing, and no others.
    """

    author: int
    station: str
    number: int
    at_ms: int
    since: int


class Ends:
    """The kept ends of one store. `devices` are public keys by author; `whole` are authors who must be here to the end
    of their receipts, None for everybody (the server)."""

    def __init__(
        self,
        connection: Connection,
        server_public: bytes,
        devices: Mapping[int, Sequence[SigningKey]],
        whole: Collection[int] | None,
    ) -> None:
        self._connection = connection
        self._server = server_public
        self._devices = devices
        self._whole = whole
        state = ledger.author_state
        found = connection.execute(select(state.c.author, state.c.number))
        self._reached = {row.author: row.number for row in found}
        self._good: set[bytes] = set()
        self._roots: dict[tuple[int, int], bytes] = {}

    def check(self) -> Iterator[BrokenLink | int]:
        """Each end that does not hold, and 1 for each that does."""
        self._roots = roots_at_ends(self._connection)
        for kept in kept_ends(self._connection):
            why = self._why(kept)
            yield BrokenLink(kept.author, kept.number, why) if why else 1

    def _why(self, kept: KeptEnd) -> str:
        try:
            receipt = read_receipt(kept)
            end = receipt.own if receipt.own.author == kept.author else receipt.end
            self._signed(receipt)
        except (Forged, Damaged):
            return "its signed end does not hold"
        if (end.number, end.root) != (kept.number, kept.root):
            return "its signed end is another one's"
        return self._against_the_log(kept, end)

    def _against_the_log(self, kept: KeptEnd, end: ChainEnd) -> str:
        reached = self._reached.get(kept.author, 0)
        if reached < end.number:
            if self._whole is not None and kept.author not in self._whole:
                return ""  # another's chain that has not come so far
            moment = f"{instant(kept.at_ms):%Y-%m-%d %H:%M} UTC"
            return f"the chain ends at {reached}, older than the receipt of {moment}"
        root = self._roots.get((kept.author, kept.number))
        return "" if root in (None, end.root) else "the receipt names another change"

    def _signed(self, receipt: Receipt) -> None:
        if receipt.signature in self._good:
            return
        receipt.verify(self._server)
        _by_one_of(self._devices.get(receipt.end.author, ()), receipt.end)
        self._good.add(receipt.signature)

    def windows(self, names: Mapping[int, str], authors: Collection[int] | None = None) -> tuple[Window, ...]:
        """What is not covered, by author: of these authors, or of every device."""
        last: dict[int, KeptEnd] = {kept.author: kept for kept in kept_ends(self._connection)}
        asked = sorted(self._reached) if authors is None else sorted(authors)
        found = []
        for author in asked:
            kept, reached = last.get(author), self._reached.get(author, 0)
            number, at = (kept.number, kept.at_ms) if kept else (0, 0)
            found.append(Window(author, names.get(author, ""), number, at, max(0, reached - number)))
        return tuple(found)


def _by_one_of(keys: Sequence[SigningKey], end: ChainEnd) -> None:
    """Raise Forged unless one of the workstation's keys signed the end; a workstation not known here can't be asked."""
    for at, key in enumerate(keys):
        try:
            return end.verify(key.public)
        except Forged:
            if at + 1 == len(keys):
                raise
