# SPDX-License-Identifier: Apache-2.0
"""The register of controlled medicines: opened at one station of a place, a line for whatever comes or goes, two sign.

Only the station that keeps it writes in it, so that its balance runs on without a line too, whether or not the server
is there; another station is refused by its name.
"""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from hms_desktop.clinic.inventory.model_register import ControlledRegister, RegisterEntry, RegisterRelease
from hms_desktop.clinic.inventory.queries import item as item_of
from hms_desktop.clinic.inventory.queries import own_place
from hms_desktop.clinic.inventory.queries_register import Keeper, controlled_items, in_stock, keeper, last_entry
from hms_desktop.clinic.staff.model import Place
from hms_desktop.core.errors import BadInput, Refused
from hms_desktop.core.ids import rule_id
from hms_desktop.core.text import _
from hms_desktop.security.permissions import action
from hms_desktop.storage.owners import OwnerChange
from hms_desktop.storage.unit import Unit


@action("inventory.keep_register", needs="register.keep")
def keep_register(unit: Unit, *, witness: UUID | None, reason: str | None = None) -> UUID:
    """Keep the register of this station's place here from now on; what is on the shelf opens it, line by line.

    Refused while another station that is in use keeps it: that one lets go of it first (`release_register`). From a
    station that is out of use it is taken over as it stands, with the reason. A station of another site, which may not
    hold that register at all, does not keep it.
    """
    place = own_place(unit)
    stands = unit.get(Place, place)
    if stands.site not in (None, unit.station.site):
        message = _("{place} stands at {site}: its register is kept there, and not at {here}.")
        raise Refused(message.format(place=stands.name, site=stands.site, here=unit.station.site))
    held = keeper(unit, place)
    if held is not None and held.station == unit.station.device:
        raise Refused(_("The register is kept at this station already."))
    if held is not None and held.active:
        raise Refused(_kept_elsewhere(unit, place, held))
    return _begin(unit, place, witness, reason) if held is None else _take_over(unit, place, held, witness, reason)


@action("inventory.release_register", needs="register.keep")
def release_register(unit: Unit, *, witness: UUID | None, reason: str) -> None:
    """Let go of the register, so that another station of the place may keep it; only its keeper can."""
    held = must_keep(unit, own_place(unit))
    if not reason.strip():
        raise BadInput(_("Type why the register goes to another station."), "reason")
    unit.add(
        RegisterRelease, register=held.register, at=unit.now, by=unit.person.id, witness=_second(unit, witness),
        reason=reason.strip(),
    )  # fmt: skip


def must_keep(unit: Unit, place: UUID) -> Keeper:
    """Refuse, naming place and station, unless the register of this place is kept here."""
    held = keeper(unit, place)
    if held is None:
        message = _("No register of controlled medicines is kept at {place}: open it under Stock, Controlled register.")
        raise Refused(message.format(place=unit.get(Place, place).name))
    if held.station != unit.station.device:
        raise Refused(_kept_elsewhere(unit, place, held))
    return held


def note_entry(
    unit: Unit, *, item: UUID, place: UUID, quantity: Decimal, kind: str, witness: UUID | None,
    source: UUID | None = None, patient: UUID | None = None, reason: str | None = None,
) -> None:  # fmt: skip
    """Write the line of a stock move that was just made, when the item is controlled; part of the action that moved.

    Refused at a station that doesn't keep the register; BadInput without a second person.
    """
    described = item_of(unit, item)
    if described.schedule is None:
        return
    held = must_keep(unit, place)
    second = _second(unit, witness)
    last = last_entry(unit, item, place)
    before = last.balance if last else in_stock(unit, item, place) - quantity
    ordinal = last.ordinal + 1 if last else 1
    unit.add(
        RegisterEntry, id=rule_id(source, f"register:{kind}") if source else None, register=held.register, item=item,
        edition=described.edition, place=place, ordinal=ordinal, kind=kind, quantity=quantity,
        balance=before + quantity, source=source, patient=patient, reason=reason, at=unit.now, by=unit.person.id,
        witness=second,
    )  # fmt: skip


def _begin(unit: Unit, place: UUID, witness: UUID | None, reason: str | None) -> UUID:
    second = _second(unit, witness)
    register = unit.add(
        ControlledRegister, place=place, station=unit.station.device, at=unit.now, by=unit.person.id, witness=second,
        reason=(reason or "").strip() or None,
    )  # fmt: skip
    _open_lines(unit, register, place, second)
    return register


def _take_over(unit: Unit, place: UUID, held: Keeper, witness: UUID | None, reason: str | None) -> UUID:
    second = _second(unit, witness)
    if not (reason or "").strip():
        raise BadInput(_("Type why the register is taken over from {station}.").format(station=held.name), "reason")
    unit.add(
        OwnerChange, subject=held.register, subject_table=ControlledRegister.__tablename__, before=held.station,
        after=unit.station.device, at=unit.now, by=unit.person.id, witness=second, reason=(reason or "").strip(),
    )  # fmt: skip
    _open_lines(unit, held.register, place, second)
    return held.register


def _open_lines(unit: Unit, register: UUID, place: UUID, second: UUID) -> None:
    for item in controlled_items(unit):
        last, there = last_entry(unit, item, place), in_stock(unit, item, place)
        if last is None and there:
            unit.add(
                RegisterEntry, register=register, item=item, edition=item_of(unit, item).edition, place=place,
                ordinal=1, kind="opening", quantity=there, balance=there, at=unit.now, by=unit.person.id,
                witness=second,
            )  # fmt: skip


def _second(unit: Unit, witness: UUID | None) -> UUID:
    if witness is None or witness == unit.person.id:
        raise BadInput(_("A controlled medicine needs a second person who signs with you."), "login")
    return witness


def _kept_elsewhere(unit: Unit, place: UUID, held: Keeper) -> str:
    message = _("The register of controlled medicines of {place} is kept at {station}: do this there.")
    return message.format(place=unit.get(Place, place).name, station=held.name)
