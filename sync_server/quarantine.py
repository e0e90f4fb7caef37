# SPDX-License-Identifier: Apache-2.0
"""What the server refused, as the administrator reads it: which change, whose, why, and what a person decided."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select

from hms_desktop.core.clock import instant, stamp_ms
from hms_desktop.core.errors import Damaged
from hms_desktop.core.ids import author_code
from hms_desktop.security.accounts import Account, Device
from hms_desktop.storage import ledger
from hms_desktop.storage.change_sets import decode_details
from hms_desktop.sync.facts import Refusal, RefusalSettled
from sync_server.home import Home


@dataclass(frozen=True)
class Quarantined:
    """One refused change set: `change` is its author's code and number; `settled` is empty while it asks for somebody.

    Moments are aware. `why` is the reason that a person gave with their decision.
    """

    change: str
    station: str
    action: str
    person: str
    refused: datetime
    check: str
    reason: str
    settled: str = ""
    by: str = ""
    at: datetime | None = None
    why: str = ""


def quarantine(home: Home, everything: bool = False) -> list[Quarantined]:
    """What stands in quarantine, oldest first; with `everything` also what a person has decided over."""
    with home.store.reading() as connection:
        people = {row.id: row.name for row in connection.execute(select(Account.id, Account.name))}
        stations = {row.author: row.name for row in connection.execute(select(Device.author, Device.name))}
        decided: dict[tuple[int, int], Any] = {}
        for row in connection.execute(select(RefusalSettled.__table__).order_by(RefusalSettled.k)):
            decided.setdefault((row.author, row.number), row)
        refused = connection.execute(select(Refusal.__table__).order_by(Refusal.k)).all()
        return [
            _told(connection, row, decided.get((row.author, row.number)), people, stations)
            for row in refused
            if everything or (row.author, row.number) not in decided
        ]


def _told(
    connection: Connection, row: Any, decided: Any, people: Mapping[UUID, str], stations: Mapping[int, str]
) -> Quarantined:
    found = Quarantined(
        change=f"{author_code(row.author)} {row.number}",
        station=stations.get(row.author, ""),
        action=_action(connection, row.author, row.number),
        person=people.get(row.owner, ""),
        refused=instant(stamp_ms(row.k)),
        check=row.check,
        reason=row.reason,
    )
    if decided is None:
        return found
    return replace(
        found, settled=decided.choice, by=people.get(decided.by, ""), at=decided.at, why=decided.reason or ""
    )


def _action(connection: Connection, author: int, number: int) -> str:
    """What the author says was done; empty when that can't be read."""
    log = ledger.change_log
    details = connection.execute(select(log.c.details).where(log.c.author == author, log.c.number == number)).scalar()
    with suppress(Damaged):
        return decode_details(bytes(details or b"")).action
    return ""
