# SPDX-License-Identifier: Apache-2.0
"""After a restore: who has given back what, who is still awaited, and what is still missing, by author and number."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from hms_desktop.core.clock import instant
from hms_desktop.core.ids import author_code
from hms_desktop.security.accounts import Device
from hms_desktop.storage import ledger
from hms_desktop.storage.ends import kept_ends
from sync_server import epochs
from sync_server.home import Home
from sync_server.sync_api.taking_back import lacking

ABSENT, IN_PART = "absent", "in part"


@dataclass(frozen=True)
class GaveBack:
    """What one workstation gave back: change sets of its own and of others, how many of these in parts, and how many
    the server refused, did not believe, or could not join to what it has."""

    station: str
    at: datetime
    own: int
    others: int
    parts: int
    refused: int
    unsigned: int
    unjoined: int
    done: bool


@dataclass(frozen=True)
class Missing:
    """Change sets of one author, from one number to another, that are not here: absent, or here in part only."""

    author: str
    station: str
    first: int
    last: int
    state: str


@dataclass(frozen=True)
class Reconciliation:
    """How far a restored server is again what it was. `place` is where its order stood in the backup."""

    restored: datetime
    backup: datetime
    author: str
    place: int
    gave: tuple[GaveBack, ...]
    awaited: tuple[str, ...]
    missing: tuple[Missing, ...]
    lends: bool

    @property
    def complete(self) -> bool:
        """Whether everybody gave back and nothing that anybody knows of is missing."""
        return not (self.awaited or self.missing)


def reconciliation(home: Home) -> Reconciliation | None:
    """The report; None for a server that was never put back."""
    with home.store.reading() as connection:
        how = epochs.begun(connection)
        if how is None:
            return None
        rows = connection.execute(select(Device.id, Device.author, Device.name)).all()
        given = epochs.given(connection)
        named = {row.id: row.name for row in rows}
        return Reconciliation(
            instant(how.at_ms),
            instant(how.backup_ms),
            author_code(how.author),
            how.place,
            tuple(
                GaveBack(
                    named.get(id, id.hex), instant(told.at_ms), told.own, told.others, told.parts, told.refused,
                    told.unsigned, told.unjoined, told.done,
                )
                for id, told in sorted(given.items(), key=lambda pair: pair[1].at_ms)
            ),
            tuple(name for _id, name in epochs.awaited(connection)),
            tuple(_missing(connection, given.values(), {row.author: row.name for row in rows})),
            epochs.may_lend(connection, home.store.clock.now_ms()),
        )  # fmt: skip


def _missing(connection: Connection, given: Iterable[epochs.Given], names: dict[int, str]) -> list[Missing]:
    here = {row.author: row.number for row in connection.execute(select(ledger.author_state))}
    known: dict[int, int] = {end.author: end.number for end in kept_ends(connection)}
    for told in given:
        for author, number in told.known:
            known[author] = max(number, known.get(author, 0))
    found = [
        Missing(author_code(author), names.get(author, ""), here.get(author, 0) + 1, number, ABSENT)
        for author, number in sorted(known.items())
        if number > here.get(author, 0)
    ]
    refused = {(row.author, row.number) for row in connection.execute(select(ledger.refusal))}
    for author, number in lacking(connection):
        if (author, number) not in refused:
            found.append(Missing(author_code(author), names.get(author, ""), number, number, IN_PART))
    return found
