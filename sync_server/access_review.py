# SPDX-License-Identifier: Apache-2.0
"""The quarterly access review: everybody who may sign in, by name; its report's digest stands in the chain."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import delete, func, insert, select

from hms_desktop.core.clock import instant, stamp_ms
from hms_desktop.core.errors import BadInput, NotFound
from hms_desktop.core.text import _
from hms_desktop.security.administration import AdminEvent
from hms_desktop.security.roles import policy
from hms_desktop.storage import ledger
from hms_desktop.storage.change_sets import decode_details
from sync_server import notebook as tables
from sync_server.administration import By, note_act
from sync_server.home import Home
from sync_server.notebook import Notebook
from sync_server.staffing import employees, titles

KEEP, CHANGE = "keep", "change"
LOOKED_BACK_MS = 90 * 24 * 3_600_000


@dataclass(frozen=True)
class Line:
    """One person of the review: roles, how many rights they give, whether they open the console, when they last did
    anything at all, at a workstation or there."""

    id: UUID
    login: str
    name: str
    titles: str
    rights: int
    last: datetime | None
    console: bool


@dataclass(frozen=True)
class Decided:
    """One person of a report, with the decision over them: `keep` or `change`."""

    login: str
    name: str
    titles: str
    decision: str
    console: bool = False


@dataclass(frozen=True)
class Report:
    """A finished review."""

    quarter: str
    by: UUID
    at: datetime
    note: str
    digest: str
    lines: tuple[Decided, ...]

    @property
    def kept(self) -> int:
        """How many keep what they have."""
        return sum(line.decision == KEEP for line in self.lines)

    @property
    def changed(self) -> int:
        """How many are to be changed."""
        return len(self.lines) - self.kept


def quarter_of(home: Home) -> str:
    """The clinic's quarter of today, such as 2026-Q4."""
    today = instant(home.store.clock.now_ms()).astimezone(ZoneInfo(home.facts.zone))
    return f"{today.year}-Q{(today.month + 2) // 3}"


def lines(home: Home, book: Notebook) -> list[Line]:
    """Everybody who may sign in, whoever has the most rights first."""
    last = _last_work(home)
    found = [
        Line(p.id, p.login, p.name, titles(p.roles), len(policy().granted(p.roles)), last.get(p.id), p.console)
        for p in employees(home, book)
        if p.active
    ]
    return sorted(found, key=lambda line: (-line.rights, line.name.casefold()))


def _last_work(home: Home) -> Mapping[UUID, datetime]:
    """When each person's last change set, or last act at the console, of the last 90 days came here."""
    log, since = ledger.change_log, home.store.clock.now_ms() - LOOKED_BACK_MS
    recent = select(log.c.details, func.max(log.c.received_ms).label("at")).where(
        log.c.received_ms > since, func.length(log.c.details) != 32
    )
    found: dict[UUID, datetime] = {}
    with home.store.reading() as connection:
        for row in connection.execute(recent.group_by(log.c.details)):
            person = UUID(bytes=decode_details(bytes(row.details)).person)
            found[person] = max(found.get(person, instant(0)), instant(row.at))
        acts = AdminEvent.__table__
        for row in connection.execute(select(acts.c.by, func.max(acts.c.k).label("k")).group_by(acts.c.by)):
            if stamp_ms(row.k) > since:
                found[row.by] = max(found.get(row.by, instant(0)), instant(stamp_ms(row.k)))
    return found


def finish(home: Home, book: Notebook, by: By, decisions: Mapping[UUID, str], note: str) -> Report:
    """Close this quarter's review; BadInput unless everybody was decided over. A later one replaces it."""
    everybody, quarter = lines(home, book), quarter_of(home)
    open_ = [line.name for line in everybody if decisions.get(line.id) not in (KEEP, CHANGE)]
    if open_:
        raise BadInput(_("Decide over everybody: {names} are still open.").format(names=", ".join(open_[:5])), "review")
    decided = [Decided(line.login, line.name, line.titles, decisions[line.id], line.console) for line in everybody]
    body = msgspec.json.encode({"note": " ".join(note.split())[:400], "lines": decided})
    digest = hashlib.sha256(quarter.encode() + body).hexdigest()
    note_act(home, by, "access.reviewed", None, f"{quarter} {digest}")
    with book.writing() as connection:
        connection.execute(delete(tables.review).where(tables.review.c.quarter == quarter))
        values = {"quarter": quarter, "by": by.person.bytes, "at_ms": home.store.clock.now_ms(), "lines": body}
        connection.execute(insert(tables.review).values(**values))
    return report(book, quarter)


def reports(book: Notebook) -> list[Report]:
    """Every finished review, the newest first."""
    return [_report(row) for row in book.rows(select(tables.review).order_by(tables.review.c.quarter.desc()))]


def report(book: Notebook, quarter: str) -> Report:
    """The report of a quarter; NotFound when there is none."""
    row = book.first(select(tables.review).where(tables.review.c.quarter == quarter))
    if row is None:
        raise NotFound(_("There is no review of {quarter}.").format(quarter=quarter))
    return _report(row)


def _report(row: Any) -> Report:
    body = msgspec.json.decode(row.lines)
    digest = hashlib.sha256(row.quarter.encode() + bytes(row.lines)).hexdigest()
    found = tuple(Decided(**line) for line in body["lines"])
    return Report(row.quarter, UUID(bytes=row.by), instant(row.at_ms), body["note"], digest, found)
