# SPDX-License-Identifier: Apache-2.0
"""Which papers were printed: what makes the next print of the same one a copy, at this workstation and at the others.

It names no patient and holds no value, so every workstation may hold it: one that holds the record that a paper is of
knows whose it is, another one learns nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Mapped

from hms_desktop.core.clock import stamp_author
from hms_desktop.storage.columns import instant, link, ref, text
from hms_desktop.storage.reader import Reader
from hms_desktop.storage.records import Fact
from hms_desktop.storage.unit import Unit


class PaperPrint(Fact, table="paper_print"):
    """A paper went to a printer or into a file: its kind, what it is of and which version, by whom (`by`) and when.

    The workstation is the author of the stamp. `version` is empty where what it is of never changes.
    """

    kind: Mapped[str] = text()
    subject: Mapped[UUID] = link(index=True)
    version: Mapped[str] = text()
    by: Mapped[UUID] = link()
    at: Mapped[datetime] = instant()


class PaperPrintVoid(Fact, table="paper_print_void"):
    """The printer did not take the paper after all: it counts for nothing."""

    print: Mapped[UUID] = ref("paper_print")


@dataclass(frozen=True)
class Identity:
    """Which paper it is: two prints of the same kind, subject and version are one paper printed twice."""

    kind: str
    subject: UUID
    version: str = ""


@dataclass(frozen=True)
class Earlier:
    """What is known of the prints before: how many, and when and where (author of the workstation) the first was."""

    count: int
    first: datetime | None = None
    author: int = 0


def earlier(reader: Reader, paper: Identity) -> Earlier:
    """The prints of a paper that this device knows of: its own, and those that came from others."""
    void = select(PaperPrintVoid.print)
    question = select(PaperPrint.at, PaperPrint.k).where(
        PaperPrint.subject == paper.subject, PaperPrint.kind == paper.kind, PaperPrint.version == paper.version,
        PaperPrint.id.not_in(void),
    )  # fmt: skip
    rows = reader.rows(question.order_by(PaperPrint.at, PaperPrint.id))
    return Earlier(len(rows), rows[0].at, stamp_author(rows[0].k)) if rows else Earlier(0)


def add_print(unit: Unit, paper: Identity) -> UUID:
    """Write down that a paper leaves now."""
    return unit.add(
        PaperPrint, kind=paper.kind, subject=paper.subject, version=paper.version, by=unit.person.id, at=unit.now
    )


def void_print(unit: Unit, print: UUID) -> None:
    """Write down that it did not leave after all."""
    unit.add(PaperPrintVoid, print=unit.get(PaperPrint, print).id)
