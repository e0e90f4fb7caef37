# SPDX-License-Identifier: Apache-2.0
"""What the centre states about change sets, as facts that travel like any other record: refusals, releases, bounds."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Mapped

from hms_desktop.storage.columns import choice, data, flag, instant, link, ref, secret, text, whole
from hms_desktop.storage.records import REGISTRY, Fact


class Refusal(Fact, table="refusal", server_owned=True):
    """A change set that the centre does not take, why, and which others fall with it ([author, number] pairs).

    `reason` names rule, table and columns, never a value; `owner` is who can mend it.
    """

    author: Mapped[int] = whole()
    number: Mapped[int] = whole()
    root: Mapped[bytes] = secret()
    check: Mapped[str] = text()
    reason: Mapped[str] = text()
    owner: Mapped[UUID] = link()
    with_it: Mapped[list[Any]] = data()


class Release(Fact, table="refusal_release", server_owned=True):
    """The end of a quarantine: applied as it was written, or voided."""

    refusal: Mapped[UUID] = ref("refusal")
    applied: Mapped[bool] = flag()


DONE_AGAIN, PUT_AWAY = "done-again", "put-away"


class RefusalSettled(Fact, table="refusal_settled", phi=True):
    """A person's decision over a refused change set: it was done again, or nobody needs it; who, when and why.

    It names author and number, as the refusal does, so that it is understood wherever the refusal is held.
    """

    author: Mapped[int] = whole()
    number: Mapped[int] = whole()
    choice: Mapped[str] = choice(DONE_AGAIN, PUT_AWAY)
    reason: Mapped[str | None] = text(phi=True, optional=True)
    by: Mapped[UUID] = link()
    at: Mapped[datetime] = instant()


class RefusalQuestion(Fact, table="refusal_question", server_owned=True, phi=True):
    """What an administrator asks the owner of a refused change set, beside which it stands at every desk of theirs."""

    author: Mapped[int] = whole()
    number: Mapped[int] = whole()
    words: Mapped[str] = text(phi=True)
    by: Mapped[UUID] = link()


class TimeBound(Fact, table="time_bound", server_owned=True):
    """The latest time (ms) at which a change set with a clock far ahead counts as written."""

    stamp: Mapped[int] = whole(index=True)
    ms: Mapped[int] = whole()


class HandedDraft(Fact, table="handed_draft", phi=True):
    """A draft of one person, sealed to them; `form` is the table that its form writes, no words for any."""

    person: Mapped[UUID] = link(index=True)
    form: Mapped[str] = text()
    sealed: Mapped[bytes] = secret()


class HandedDraftTaken(Fact, table="handed_draft_taken", phi=True):
    """The person has it again, at the workstation that wrote this."""

    draft: Mapped[UUID] = ref("handed_draft")


SPECIAL = frozenset({"refusal", "refusal_release", "time_bound"})
HUB = "hub"
"""The kind of device that a hub is: no workstation, and not the centre."""
_BY_HUBS = frozenset({"lease", "time_bound"})


def written_by_hubs(table: str) -> bool:
    """Whether a hub may write it by itself: what follows where histories meet, loans, and moments of receipt."""
    return table in _BY_HUBS or (table in REGISTRY and not REGISTRY[table].server_owned)
