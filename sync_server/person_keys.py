# SPDX-License-Identifier: Apache-2.0
"""What people changed of how they sign in, as workstations deliver it: checked, written into the account, answered.

Of two changes of one thing the one that arrives first holds: from then on the other's password is an old one, and
whoever knows only an old password never changes the one that replaced it.
"""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from hms_desktop.core.clock import instant
from hms_desktop.core.errors import BadInput, ClinicError
from hms_desktop.security import own_keys, roles
from hms_desktop.security.accounts import Account, AccountEvent, as_granted
from hms_desktop.security.granted import GrantedPerson
from hms_desktop.security.kdf import FLOOR
from hms_desktop.security.keys import wrapped_cost
from hms_desktop.security.own_keys import Change, SignedChange, applied, read_change, shows, verify_change
from hms_desktop.security.sealing import WontOpen
from hms_desktop.security.statements import read_statement
from hms_desktop.storage.acting import Acting
from hms_desktop.storage.store import Store
from hms_desktop.storage.unit import Unit
from hms_desktop.sync.person_keys import MOST_CHANGES, OVERTAKEN, REFUSED, TAKEN, KeyVerdict, PersonKeys
from sync_server.identity import ServerFacts

FIELDS = ("wrapped", "must_change", "sealed_totp", "second", "needs_code")


def take_person_keys(
    store: Store, worker: Acting, facts: ServerFacts, device: UUID, sent: PersonKeys
) -> list[KeyVerdict]:
    """Take the changes that a workstation delivers, one after another; each is answered for itself."""
    if len(sent.changes) > MOST_CHANGES:
        raise BadInput(f"At most {MOST_CHANGES} changes of passwords and second factors travel at once.")
    return [store.act(partial(_take, facts, device, change), worker) for change in sent.changes]


def _take(facts: ServerFacts, device: UUID, sent: SignedChange, unit: Unit) -> KeyVerdict:
    unit.action = "server.person_keys"
    try:
        change, row, before = _believed(unit, facts, sent)
        _must_be_sound(change, before)
    except ClinicError as error:
        return KeyVerdict(REFUSED, str(error))
    if shows(before, change):
        return KeyVerdict(TAKEN)
    after = applied(before, change)
    if after is None:
        _note(unit, change, device, "overtaken")
        return KeyVerdict(OVERTAKEN, "This was changed at another workstation, and that one was here first.")
    unit.change(Account, row.id, **_changed(before, after))
    _note(unit, change, device, change.part)
    return KeyVerdict(TAKEN)


def _believed(unit: Unit, facts: ServerFacts, sent: SignedChange) -> tuple[Change, Any, GrantedPerson]:
    """The change with the account that it is about; raises unless that person signed it and is still here."""
    change = read_change(sent)
    row = unit.get(Account, change.person)
    keys = read_statement(row.statement, facts.signing_public, facts.clinic).keys
    verify_change(sent, keys.signing)
    if change.clinic != facts.clinic or not row.active:
        raise BadInput("Who changed this is not, or no longer, among the clinic's people.")
    return change, row, as_granted(row)


def _must_be_sound(change: Change, before: GrantedPerson) -> None:
    """A change must not leave the person with less protection than their role and the clinic ask for."""
    if change.part == own_keys.PASSWORD:
        _must_cost_enough(change.value, before.wrapped)
    if (change.part == own_keys.KEY) != (change.key is not None):
        raise BadInput("This change of a security key can't be read. Update the program.")
    after = applied(before, change)
    weaker = after is not None and before.has_factor and not after.has_factor
    if weaker and roles.needs_code(before.roles):
        raise BadInput("This role needs a second factor: set up another one before this one goes.")


def _must_cost_enough(wrapped: bytes, before: bytes) -> None:
    try:
        cost, held = wrapped_cost(wrapped), wrapped_cost(before)
    except WontOpen as odd:
        raise BadInput("The new password's keys can't be read. Change the password again.") from odd
    least = (min(FLOOR.memory_kib, held.memory_kib), min(FLOOR.passes, held.passes))
    if cost.memory_kib < least[0] or cost.passes < least[1]:
        raise BadInput("The new password is not guarded well enough. Update the program on that workstation.")


def _changed(before: GrantedPerson, after: GrantedPerson) -> dict[str, Any]:
    return {name: getattr(after, name) for name in FIELDS if getattr(after, name) != getattr(before, name)}


def _note(unit: Unit, change: Change, device: UUID, what: str) -> None:
    unit.add(AccountEvent, person=change.person, what=what, at=instant(change.at_ms), device=device)
