# SPDX-License-Identifier: Apache-2.0
"""Dual control: what one administrator asks for, another one approves within a day, or it never happens.

Where no other administrator is left, who asked may do it alone after a day, within the next: the privacy officer is
told when it is asked, and has that day to object.
Kinds are declared where they are carried out (`declare`). A request is kept in the notebook; that it was made,
approved, declined and carried out stands in the server's chain.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import insert, select, update

from hms_desktop.clinic.patients.model import Task
from hms_desktop.core.clock import instant, milliseconds
from hms_desktop.core.errors import BadInput, ClinicError, NotAllowed, NotFound, Refused
from hms_desktop.core.text import _
from hms_desktop.storage.unit import Unit
from sync_server import console_access as access
from sync_server import notebook as tables
from sync_server.administration import By, note_act, noted
from sync_server.home import Home
from sync_server.notebook import Notebook

OPEN_HOURS = 24
ALONE_HOURS = 24
REVIEW_DAYS = 3
USE_MINUTES = 60
WAITING, APPROVED, DECLINED, WITHDRAWN, EXPIRED, FAILED, USED = (
    "waiting", "approved", "declined", "withdrawn", "expired", "failed", "used",
)  # fmt: skip
LONGEST_REASON = 400


@dataclass(frozen=True)
class Request:
    """One request: `words` say what would happen, `payload` holds what is needed to do it; moments are aware."""

    id: UUID
    kind: str
    by: UUID
    subject: UUID | None
    words: str
    payload: Mapping[str, Any]
    reason: str
    asked: datetime
    until: datetime
    state: str
    decided_by: UUID | None
    decided: datetime | None
    why: str

    @property
    def of_what(self) -> str:
        """What it is about in full, for whoever approves; the chain holds no more than `words`."""
        return str(self.payload.get("told", ""))

    @property
    def alone_from(self) -> datetime | None:
        """From when on who asked may do it alone; None where another administrator has to approve."""
        alone = self.state == WAITING and self.until - self.asked > timedelta(hours=OPEN_HOURS)
        return self.asked + timedelta(hours=ALONE_HOURS) if alone else None


Told = Sequence[tuple[str, str]]
"""What approval shows once to whoever approved: (what it is, the word itself), such as a start password."""
CarryOut = Callable[[Home, Notebook, Request, By], Told]


@dataclass(frozen=True)
class Kind:
    """What may be asked for: its title, the right that both persons need, and what approval does.

    A kind that is `for_use` does nothing when it is approved: whoever asked may use it once, within an hour.
    """

    name: str
    title: str
    needs: str
    carry_out: CarryOut | None = None

    @property
    def for_use(self) -> bool:
        """Whether approval only opens something for whoever asked."""
        return self.carry_out is None


KINDS: dict[str, Kind] = {}


def declare(kind: Kind) -> Kind:
    """Make a kind known; where it is carried out, beside the function that does it."""
    KINDS[kind.name] = kind
    return kind


def ask(
    home: Home, book: Notebook, by: By, kind: str, words: str, *, reason: str,
    subject: UUID | None = None, payload: Mapping[str, Any] | None = None,
) -> UUID:  # fmt: skip
    """Ask for something that takes two persons; returns the request's id. BadInput without a reason."""
    reason = " ".join(reason.split())
    if not reason or len(reason) > LONGEST_REASON:
        raise BadInput(_("Say why, in up to {most} letters: whoever approves reads it.").format(most=LONGEST_REASON))
    now, id = home.store.clock.now_ms(), home.store.ids.new()
    alone = not _others(home, book, by, KINDS[kind])
    hours = OPEN_HOURS + ALONE_HOURS if alone else OPEN_HOURS
    values = {
        "id": id.bytes, "kind": KINDS[kind].name, "by": by.person.bytes, "subject": subject.bytes if subject else None,
        "words": words, "payload": msgspec.json.encode(dict(payload or {})), "reason": reason, "asked_ms": now,
        "until_ms": now + hours * 3_600_000, "state": WAITING, "decided_ms": 0, "why": "",
    }  # fmt: skip
    note_act(home, by, "request.asked", id, f"{kind}: {words}")
    with book.writing() as connection:
        connection.execute(insert(tables.request).values(**values))
    if alone:
        home.store.act(partial(_alert, by, id, words), home.worker)
    return id


def _others(home: Home, book: Notebook, by: By, kind: Kind) -> bool:
    """Whether somebody else can open the console and may approve this."""
    return any(one.id != by.person and kind.needs in one.rights for one in access.holders(home, book))


def _alert(by: By, id: UUID, words: str, unit: Unit) -> None:
    """Tell whoever answers for privacy, at a workstation, that somebody is about to act alone."""
    noted(by, "request.alone", id, words)(unit)
    title = _("{name} asks alone, with no second administrator: {words}. Look whether this is right.")
    unit.add(
        Task, kind="administrator-alone", title=title.format(name=by.name, words=words), role="privacy_officer",
        due=unit.now + timedelta(days=REVIEW_DAYS), subject=id, subject_table="admin_event", status="requested",
    )  # fmt: skip


def approve(home: Home, book: Notebook, by: By, id: UUID, rights: frozenset[str]) -> Told:
    """Another administrator approves, and it is done. NotAllowed for whoever asked and for who lacks the right."""
    found = _open(home, book, id)
    kind = KINDS[found.kind]
    if by.person == found.by:
        raise NotAllowed(_("Who asks for something can't approve it. Another administrator has to."), "two-person")
    if kind.needs not in rights:
        message = _("Approving “{title}” takes the right {right}, which you don't have.")
        raise NotAllowed(message.format(title=kind.title, right=kind.needs), kind.needs)
    return _do(home, book, by, found, "")


def carry_out_alone(home: Home, book: Notebook, by: By, id: UUID, rights: frozenset[str]) -> Told:
    """Who asked does it alone, a day after asking, while nobody else could approve it; Refused otherwise."""
    found = _open(home, book, id)
    kind, from_then = KINDS[found.kind], found.alone_from
    if by.person != found.by or kind.needs not in rights:
        raise NotAllowed(_("Only who asked for this may do it alone, with the right that it takes."), kind.needs)
    if from_then is None or _others(home, book, by, kind):
        raise Refused(_("There is another administrator: let them approve this request, or decline it."))
    if home.store.clock.now_ms() < milliseconds(from_then):
        message = _("Nobody else can approve this, so it waits. Carry it out from {moment} UTC on.")
        raise Refused(message.format(moment=f"{from_then:%Y-%m-%d %H:%M}"))
    note_act(home, by, "request.done_alone", id, f"{found.kind}: {found.words}")
    return _do(home, book, by, found, _("Alone, after a day"))


def _do(home: Home, book: Notebook, by: By, found: Request, why: str) -> Told:
    kind = KINDS[found.kind]
    until = home.store.clock.now_ms() + USE_MINUTES * 60_000 if kind.for_use else None
    _settle(home, book, by, found, APPROVED, why, until)
    if kind.carry_out is None:
        return ()
    try:
        return kind.carry_out(home, book, found, by)
    except ClinicError as error:
        _set(book, found.id, APPROVED, state=FAILED, why=str(error))
        note_act(home, by, "request.failed", found.id, found.kind)
        raise


def decline(home: Home, book: Notebook, by: By, id: UUID, why: str) -> None:
    """Another administrator says no, with a reason; who asked may only take it back."""
    found = _open(home, book, id)
    own = by.person == found.by
    if not own and not why.strip():
        raise BadInput(_("Say why not: whoever asked reads it."), "why")
    _settle(home, book, by, found, WITHDRAWN if own else DECLINED, " ".join(why.split())[:LONGEST_REASON])


def use(home: Home, book: Notebook, by: By, id: UUID, kind: str) -> Request:
    """Take up an approved request once; Refused unless it is this person's, of this kind, approved and not too old."""
    found = request(home, book, id)
    if found.by != by.person or found.kind != kind or found.state != APPROVED:
        raise Refused(_("This needs a request of yours that another administrator approved within the last hour."))
    if not _set(book, id, APPROVED, state=USED):
        raise Refused(_("This request was used already. Ask again."))
    note_act(home, by, "request.used", id, found.kind)
    return found


def requests(home: Home, book: Notebook, *, waiting: bool = False) -> list[Request]:
    """Every request, the newest first; with `waiting` only those that still ask for somebody."""
    rows = book.rows(select(tables.request).order_by(tables.request.c.asked_ms.desc()).limit(200))
    found = [_request(row, home.store.clock.now_ms()) for row in rows]
    return [one for one in found if one.state == WAITING] if waiting else found


def request(home: Home, book: Notebook, id: UUID) -> Request:
    """One request; NotFound when there is none."""
    row = book.first(select(tables.request).where(tables.request.c.id == id.bytes))
    if row is None:
        raise NotFound(_("There is no such request. Open the list again."))
    return _request(row, home.store.clock.now_ms())


def _open(home: Home, book: Notebook, id: UUID) -> Request:
    found = request(home, book, id)
    if found.state != WAITING:
        raise Refused(_("This request is {state}: nothing was changed. Ask again if it is still wanted.").format(
            state=found.state))  # fmt: skip
    return found


def _settle(home: Home, book: Notebook, by: By, found: Request, state: str, why: str, until: int | None = None) -> None:
    values = {"state": state, "decided_by": by.person.bytes, "decided_ms": home.store.clock.now_ms(), "why": why}
    if not _set(book, found.id, WAITING, **values, **({"until_ms": until} if until else {})):
        raise Refused(_("Somebody else decided this request just now. Open it again."))
    note_act(home, by, f"request.{state}", found.id, f"{found.kind}: {found.words}")


def _set(book: Notebook, id: UUID, before: str, **values: Any) -> bool:
    table = tables.request
    with book.writing() as connection:
        done = connection.execute(update(table).where(table.c.id == id.bytes, table.c.state == before).values(**values))
        return bool(done.rowcount)


def _request(row: Any, now_ms: int) -> Request:
    late = row.state in (WAITING, APPROVED) and row.until_ms <= now_ms and (row.state == WAITING or _for_use(row.kind))
    return Request(
        id=UUID(bytes=row.id), kind=row.kind, by=UUID(bytes=row.by),
        subject=UUID(bytes=row.subject) if row.subject else None, words=row.words,
        payload=msgspec.json.decode(row.payload), reason=row.reason, asked=instant(row.asked_ms),
        until=instant(row.until_ms), state=EXPIRED if late else row.state,
        decided_by=UUID(bytes=row.decided_by) if row.decided_by else None,
        decided=instant(row.decided_ms) if row.decided_ms else None, why=row.why,
    )  # fmt: skip


def _for_use(kind: str) -> bool:
    return kind in KINDS and KINDS[kind].for_use
