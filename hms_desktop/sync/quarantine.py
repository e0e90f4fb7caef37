# SPDX-License-Identifier: Apache-2.0
"""Refused change sets that still ask for somebody, and a person's decision over one: done again, or put away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, bindparam, literal, select

from hms_desktop.core.errors import BadInput
from hms_desktop.core.text import _
from hms_desktop.security.accounts import Device
from hms_desktop.security.permissions import action
from hms_desktop.security.versions import station_word
from hms_desktop.storage import ledger
from hms_desktop.storage.unit import Unit
from hms_desktop.sync.facts import DONE_AGAIN, PUT_AWAY, Refusal, RefusalSettled


@dataclass(frozen=True)
class Elsewhere:
    """A refused change set of this person on another workstation, which alone holds what was written."""

    author: int
    number: int
    reason: str
    refused: int
    station: str
    gone: bool


def unsettled(author: Any, number: Any) -> ColumnElement[bool]:
    """For a query: nobody has decided over the refused change set that these columns name."""
    decided = select(RefusalSettled.id).where(RefusalSettled.author == author, RefusalSettled.number == number)
    return ~decided.exists()


# Asked after every commit: a statement that is kept costs a tenth of one that is made anew.
_HERE = (
    select(ledger.refusal.c.number, ledger.refusal.c.reason)
    .where(ledger.refusal.c.author == bindparam("own"), unsettled(ledger.refusal.c.author, ledger.refusal.c.number))
    .order_by(ledger.refusal.c.number)
)
_ELSEWHERE = (
    select(Refusal.author, Refusal.number, Refusal.reason, Refusal.k, Device.name, Device.status)
    .outerjoin(Device, Device.author == Refusal.author)
    .where(
        Refusal.owner == bindparam("person"),
        Refusal.author != bindparam("own"),
        unsettled(Refusal.author, Refusal.number),
    )
    .order_by(Refusal.k)
)


def held_here(connection: Connection, author: int) -> list[tuple[int, str]]:
    """(number, reason) of this device's own refused change sets that nobody has decided over, oldest first."""
    return [(row.number, row.reason) for row in connection.execute(_HERE, {"own": author})]


def held_elsewhere(connection: Connection, author: int, person: UUID) -> list[Elsewhere]:
    """What the server refused of this person's work on workstations other than this author's, oldest first."""
    return [
        Elsewhere(
            row.author, row.number, row.reason, row.k,
            station_word({row.author: row.name or ""}, row.author), row.status not in (None, "approved"),
        )
        for row in connection.execute(_ELSEWHERE, {"own": author, "person": person})
    ]  # fmt: skip


@action("sync.mend_refused", needs="sync.mend")
def note_done_again(unit: Unit, *, author: int, number: int) -> None:
    """What the server did not take was done again: it asks for nobody any more, at any desk."""
    _decide(unit, author, number, DONE_AGAIN, None)


@action("sync.put_away", needs="sync.mend")
def put_away(unit: Unit, *, author: int, number: int, reason: str | None) -> None:
    """Nobody needs what the server did not take, for a reason; None where there is nothing that could be done again."""
    if reason is not None and not reason.strip():
        raise BadInput(_("Say why nobody needs it; it stays with the record."), "reason")
    _decide(unit, author, number, PUT_AWAY, reason.strip() if reason else None)


def _decide(unit: Unit, author: int, number: int, choice: str, reason: str | None) -> None:
    if unit.scalar(select(unsettled(literal(author), literal(number)))):
        unit.add(
            RefusalSettled, author=author, number=number, choice=choice, reason=reason, by=unit.person.id, at=unit.now
        )
