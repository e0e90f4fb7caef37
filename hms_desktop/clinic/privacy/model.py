# SPDX-License-Identifier: Apache-2.0
"""Tables of privacy: what left the clinic, what patients asked for, which chart is a colleague's, settled questions."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Mapped

from hms_desktop.clinic.privacy.rules import BASES, RECIPIENTS, REQUESTS, STATES, STEPS, WAYS, WINS
from hms_desktop.clinic.privacy.rules_looks import OUTCOMES
from hms_desktop.storage.columns import choice, day, instant, link, text
from hms_desktop.storage.records import LAST_WRITER, Fact, Record, progress


class Disclosure(Fact, table="disclosure", phi=True):
    """Health information that left the clinic: when, to whom, what, why (45 CFR 164.528(b)(2)).

    `source` is the paper, file or request that it left with.
    """

    patient: Mapped[UUID] = link(index=True)
    at: Mapped[datetime] = instant()
    recipient: Mapped[str] = choice(*RECIPIENTS)
    name: Mapped[str | None] = text(phi=True, optional=True)
    address: Mapped[str | None] = text(phi=True, optional=True)
    what: Mapped[str] = text(phi=True)
    why: Mapped[str | None] = text(phi=True, optional=True)
    basis: Mapped[str] = choice(*BASES)
    way: Mapped[str] = choice(*WAYS)
    by: Mapped[UUID] = link()
    source: Mapped[UUID | None] = link(optional=True, index=True)


class PrivacyRequest(
    Record,
    table="privacy_request",
    phi=True,
    groups={
        "request": LAST_WRITER,
        "extension": LAST_WRITER,
        "state": progress("status", WINS, STEPS),
        "disagreement": LAST_WRITER,
    },
):
    """What a patient, or who acts for them, asks of the clinic about the record, and how it was answered.

    `recipient`, `address` and `authorised_until` belong to a release to somebody else.
    """

    patient: Mapped[UUID] = link(group="request", index=True)
    kind: Mapped[str] = choice(*REQUESTS, group="request")
    asked_on: Mapped[date] = day(group="request")
    asked_by: Mapped[str] = text(group="request", phi=True)
    what: Mapped[str] = text(group="request", phi=True)
    why: Mapped[str | None] = text(group="request", phi=True, optional=True)
    recipient: Mapped[str | None] = text(group="request", phi=True, optional=True)
    address: Mapped[str | None] = text(group="request", phi=True, optional=True)
    authorised_until: Mapped[date | None] = day(group="request", optional=True)
    extended_on: Mapped[date | None] = day(group="extension", optional=True)
    extended_why: Mapped[str | None] = text(group="extension", optional=True)
    status: Mapped[str] = choice(*STATES, group="state", index=True)
    decided_on: Mapped[date | None] = day(group="state", optional=True)
    ground: Mapped[str | None] = text(group="state", optional=True)
    words: Mapped[str | None] = text(group="state", phi=True, optional=True)
    by: Mapped[UUID | None] = link(group="state", optional=True)
    disagreement: Mapped[str | None] = text(group="disagreement", phi=True, optional=True)


class StaffChart(Fact, table="staff_chart", phi=True):
    """Whose own chart this is among those who work here, or that it is nobody's of them; the latest word counts."""

    patient: Mapped[UUID] = link(index=True)
    account: Mapped[UUID | None] = link(optional=True)
    by: Mapped[UUID] = link()


class LookReview(Fact, table="look_review", phi=True):
    """How the question about one person's looks at one patient on one day was settled, and why."""

    viewer: Mapped[UUID] = link(index=True)
    patient: Mapped[UUID] = link()
    on: Mapped[date] = day()
    outcome: Mapped[str] = choice(*OUTCOMES)
    words: Mapped[str] = text(phi=True)
    by: Mapped[UUID] = link()
