# SPDX-License-Identifier: Apache-2.0
"""Unfinished forms that a workstation may no longer hold: sealed to who typed them, kept by the clinic, given back.

Only the person's own key opens one. It becomes a draft again where that person next signs in at a workstation that
holds what the form writes.
"""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import msgspec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlalchemy import select

from hms_desktop.core.clock import stamp_author
from hms_desktop.security import sealing
from hms_desktop.security.accounts import Account
from hms_desktop.security.permissions import action
from hms_desktop.security.sealing import WontOpen
from hms_desktop.security.statements import read_statement
from hms_desktop.storage.drafts import Drafts
from hms_desktop.storage.reader import Reader
from hms_desktop.storage.unit import Unit
from hms_desktop.sync.erase import form_table
from hms_desktop.sync.facts import HandedDraft, HandedDraftTaken
from hms_desktop.sync.verify import Trust

_PURPOSE = "handed draft"


@action("sync.hand_over_drafts", needs="sync.see")
def hand_over(unit: Unit, *, drafts: list[tuple[UUID, str, bytes]], trust: Trust) -> None:
    """Seal drafts to who typed them, so that they leave this workstation and are not lost."""
    for person, key, body in drafts:
        row = unit.find(Account, person)
        if row is None:
            continue
        public = read_statement(row.statement, trust.server_public, trust.clinic).keys.exchange
        plain = msgspec.msgpack.encode((key, body))
        box = sealing.seal_to(public, plain, purpose=_PURPOSE, context=person.bytes)
        unit.add(HandedDraft, person=person, form=form_table(key), sealed=box)


@action("sync.take_drafts", needs="sync.see")
def note_taken(unit: Unit, *, drafts: list[UUID]) -> None:
    """Write down that a person has their handed drafts again."""
    for draft in drafts:
        unit.add(HandedDraftTaken, draft=draft)


def take_back(
    reader: Reader, private: X25519PrivateKey, drafts: Drafts, holds: Callable[[str], bool], *, afresh: bool
) -> list[UUID]:
    """Put this person's handed drafts back where their forms can be finished; returns which. A newer one stays.

    With `afresh` also those that this very workstation handed over, which holds their tables again.
    """
    taken = select(HandedDraftTaken.id).where(HandedDraftTaken.draft == HandedDraft.id).exists()
    question = select(HandedDraft.__table__).where(HandedDraft.person == reader.person.id, ~taken)
    found = []
    for row in reader.rows(question):
        own = stamp_author(row.k) == reader.station.author
        if (row.form and not holds(row.form)) or (own and not afresh):
            continue
        try:
            plain = sealing.open_sealed(private, row.sealed, purpose=_PURPOSE, context=reader.person.id.bytes)
        except WontOpen:
            continue  # sealed to keys that a reset has replaced: it stays where it is
        key, body = msgspec.msgpack.decode(plain, type=tuple[str, bytes])
        if drafts.load(reader.person.id, key) is None:
            drafts.save(reader.person.id, key, msgspec.msgpack.decode(body))
        found.append(row.id)
    return found
