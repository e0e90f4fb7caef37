# SPDX-License-Identifier: Apache-2.0
"""What the server refused, as the administrator reads it: which change, whose, why, and what a person decided."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Connection, func, literal, select

from hms_desktop.core.clock import instant, stamp_ms
from hms_desktop.core.errors import BadInput, Damaged, NotFound, Refused
from hms_desktop.core.ids import author_code
from hms_desktop.core.text import _
from hms_desktop.security.accounts import Account, Device
from hms_desktop.storage import ledger
from hms_desktop.storage.change_sets import ChangeSet, Leaf, decode_details, readable_leaves
from hms_desktop.storage.reader import unpack_values
from hms_desktop.storage.records import REGISTRY
from hms_desktop.storage.unit import Unit
from hms_desktop.sync.accept import CheckFailed, judge_again
from hms_desktop.sync.apply import Applier
from hms_desktop.sync.entries import entry_of
from hms_desktop.sync.facts import DONE_AGAIN, PUT_AWAY, Refusal, RefusalQuestion, RefusalSettled
from hms_desktop.sync.quarantine import unsettled
from sync_server.administration import Also
from sync_server.home import Home
from sync_server.sync_api.centre import Centre, DeviceFacts

LONGEST_WORDS = 300


@dataclass(frozen=True)
class Quarantined:
    """One refused change set: `change` is its author's code and number; `settled` is empty while it asks for somebody.

    Moments are aware. `why` is the reason that a person gave with their decision. `records` are (table, end of the id,
    names of the fields), never what is in them; `questions` when and by whom its owner was asked about it.
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
    author: int = 0
    number: int = 0
    records: tuple[tuple[str, str, tuple[str, ...]], ...] = ()
    questions: tuple[tuple[datetime, str], ...] = ()


def quarantine(home: Home, everything: bool = False) -> list[Quarantined]:
    """What stands in quarantine, oldest first; with `everything` also what a person has decided over."""
    with home.store.reading() as connection:
        people = {row.id: row.name for row in connection.execute(select(Account.id, Account.name))}
        stations = {row.author: row.name for row in connection.execute(select(Device.author, Device.name))}
        decided: dict[tuple[int, int], Any] = {}
        for row in connection.execute(select(RefusalSettled.__table__).order_by(RefusalSettled.k)):
            decided.setdefault((row.author, row.number), row)
        refused = connection.execute(
            select(Refusal.__table__).order_by(Refusal.k, Refusal.author, Refusal.number)
        ).all()
        return [
            _told(connection, row, decided.get((row.author, row.number)), people, stations)
            for row in refused
            if everything or (row.author, row.number) not in decided
        ]


def waiting_count(home: Home, author: int | None = None) -> int:
    """How many of them ask for somebody; with an author those of one workstation."""
    undecided = select(func.count()).select_from(Refusal.__table__).where(unsettled(Refusal.author, Refusal.number))
    if author is not None:
        undecided = undecided.where(Refusal.author == author)
    with home.store.reading() as connection:
        return int(connection.execute(undecided).scalar_one())


def _told(
    connection: Connection, row: Any, decided: Any, people: Mapping[UUID, str], stations: Mapping[int, str]
) -> Quarantined:
    found = Quarantined(
        change=change_name(row.author, row.number),
        station=stations.get(row.author, ""),
        action=_action(connection, row.author, row.number),
        person=people.get(row.owner, ""),
        refused=instant(stamp_ms(row.k)),
        check=row.check,
        reason=row.reason,
        author=row.author,
        number=row.number,
        records=_records(connection, row.author, row.number),
        questions=_questions(connection, row.author, row.number, people),
    )
    if decided is None:
        return found
    return replace(
        found, settled=decided.choice, by=people.get(decided.by, ""), at=decided.at, why=decided.reason or ""
    )


def change_name(author: int, number: int) -> str:
    """What people call a change set: its author's code and its number."""
    return f"{author_code(author)} {number}"


def replay(centre: Centre, author: int, number: int, by: UUID, also: Also) -> None:
    """Check a refused change set by the rules of now, and write what it wrote if they hold; Refused says what does not.

    The server writes it as its own, naming the change: the refused one keeps its place and signature in its chain.
    """
    store = centre.store
    with store.writing() as connection:
        device, change_set = _refused(connection, author, number)
        try:
            applier = Applier(connection, frozenset(REGISTRY), store.clock.now_ms())
            leaves = judge_again(applier, change_set, centre.checks_for(applier.rows, device))
        except CheckFailed as still:
            message = _("Change {change} is still refused ({check}): {reason}")
            change = change_name(author, number)
            raise Refused(message.format(change=change, check=still.check, reason=still)) from still
        _none, changes = store.act_on(connection, partial(_write, leaves, author, number, by, also), centre.worker)
        changes |= centre.follow(connection, {(leaf.table, UUID(bytes=leaf.record)) for leaf in leaves})
    store.tell(changes)


def _refused(connection: Connection, author: int, number: int) -> tuple[DeviceFacts, ChangeSet]:
    """The workstation and the change set, if it stands in quarantine and nobody has decided over it."""
    log = ledger.change_log
    row = connection.execute(select(log).where(log.c.author == author, log.c.number == number)).first()
    entry = entry_of(row) if row is not None and row.state == ledger.REFUSED else None
    device = connection.execute(select(Device.__table__).where(Device.author == author)).first()
    undecided = connection.execute(select(unsettled(literal(author), literal(number)))).scalar()
    if not isinstance(entry, ChangeSet) or device is None or not undecided:
        raise NotFound(_("There is no such change in quarantine. Open the list again."))
    return DeviceFacts(device.id, author, device.kind, device.signing_public, device.former, device.site), entry


def _write(leaves: list[Leaf], author: int, number: int, by: UUID, also: Also, unit: Unit) -> None:
    unit.action = "server.replay"
    for leaf in leaves:
        table, id = REGISTRY[leaf.table], UUID(bytes=leaf.record)
        values = unpack_values(table, leaf.values)
        if leaf.bases is None:
            unit.add(table.record, id=id, **values)
        else:
            unit.change(table.record, id, **values)
    _decide(unit, author, number, DONE_AGAIN, None, by)
    also(unit)


def ask(home: Home, author: int, number: int, by: UUID, words: str, also: Also) -> None:
    """Ask the owner of a refused change set about it; the question travels to every desk of theirs."""
    words = " ".join(words.split())
    if not words or len(words) > LONGEST_WORDS:
        raise BadInput(_("Write a question of up to {most} letters.").format(most=LONGEST_WORDS), "question")

    def write(unit: Unit) -> None:
        unit.action = "server.question"
        _must_be_undecided(unit, author, number)
        unit.add(RefusalQuestion, author=author, number=number, words=words, by=by)
        also(unit)

    home.store.act(write, home.worker)


def put_away(home: Home, author: int, number: int, by: UUID, reason: str, also: Also) -> None:
    """Nobody needs a refused change set, for a reason that stays with it."""
    reason = " ".join(reason.split())
    if not reason or len(reason) > LONGEST_WORDS:
        raise BadInput(_("Say why nobody needs it, in up to {most} letters.").format(most=LONGEST_WORDS), "reason")

    def write(unit: Unit) -> None:
        unit.action = "server.put_away"
        _must_be_undecided(unit, author, number)
        _decide(unit, author, number, PUT_AWAY, reason, by)
        also(unit)

    home.store.act(write, home.worker)


def _decide(unit: Unit, author: int, number: int, choice: str, reason: str | None, by: UUID) -> None:
    unit.add(RefusalSettled, author=author, number=number, choice=choice, reason=reason, by=by, at=unit.now)


def _must_be_undecided(unit: Unit, author: int, number: int) -> None:
    known = select(Refusal.id).where(Refusal.author == author, Refusal.number == number)
    if unit.first(known) is None or not unit.scalar(select(unsettled(literal(author), literal(number)))):
        raise NotFound(_("There is no such change in quarantine. Open the list again."))


def _records(connection: Connection, author: int, number: int) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    log = ledger.change_log
    leaves = connection.execute(select(log.c.leaves).where(log.c.author == author, log.c.number == number)).scalar()
    found = readable_leaves(msgspec.msgpack.decode(leaves, type=list[bytes])) if leaves else []
    return tuple((leaf.table, leaf.record.hex()[-8:], tuple(sorted(leaf.values))) for leaf in found)


def _questions(
    connection: Connection, author: int, number: int, people: Mapping[UUID, str]
) -> tuple[tuple[datetime, str], ...]:
    table = RefusalQuestion.__table__
    rows = connection.execute(
        select(table.c.k, table.c.by).where(table.c.author == author, table.c.number == number).order_by(table.c.k)
    )
    return tuple((instant(stamp_ms(row.k)), people.get(row.by, "")) for row in rows)


def _action(connection: Connection, author: int, number: int) -> str:
    """What the author says was done; empty when that can't be read."""
    log = ledger.change_log
    details = connection.execute(select(log.c.details).where(log.c.author == author, log.c.number == number)).scalar()
    with suppress(Damaged):
        return decode_details(bytes(details or b"")).action
    return ""
