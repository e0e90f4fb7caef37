# SPDX-License-Identifier: Apache-2.0
"""What a conflict is about, in one line: the thing, what happened to it, and whose chart it is in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select

from hms_desktop.clinic.appointments.model import Appointment
from hms_desktop.clinic.billing.model import Charge, Invoice
from hms_desktop.clinic.conflicts.queries_standing import Members
from hms_desktop.clinic.conflicts.queries_visits import opened
from hms_desktop.clinic.conflicts.queries_words import groups_said, thing_words
from hms_desktop.clinic.conflicts.rules import (
    ADMITTED_TWICE,
    CHARGED_TWICE,
    IDENTIFIER_TWICE,
    OVER_SUPPLIED,
    PAID_TWICE,
    PERSON_TWICE,
    RESULT_FOR_REVOKED,
    SLOT_OVER,
    STOCK_BELOW_ZERO,
    VISIT_TWICE,
)
from hms_desktop.clinic.ehr.model import Encounter, Order, Prescription
from hms_desktop.clinic.inventory.model import Batch, StockMove
from hms_desktop.clinic.inventory.queries import item
from hms_desktop.clinic.patients.model import PatientIdentifier
from hms_desktop.clinic.patients.queries_people import PatientName, names
from hms_desktop.clinic.pharmacy.queries import fill
from hms_desktop.core.dates import show_moment
from hms_desktop.core.quantities import show_decimal
from hms_desktop.core.tall_man import tall_man
from hms_desktop.core.text import _, ngettext
from hms_desktop.security.queries import query
from hms_desktop.storage.reader import Reader
from hms_desktop.storage.records import REGISTRY


@dataclass(frozen=True)
class Title:
    """`what` happened, in a sentence without a full stop; `who` is the patient's listed name; `until` what waits."""

    what: str
    who: str
    patient: UUID | None
    until: str
    name: PatientName | None = None


@query("conflict.read")
def title_of(
    reader: Reader, kind: str, table: str, subject: UUID, groups: Sequence[str | None], members: Members
) -> Title:
    """The words for a conflict of any kind."""
    records = [m for m in members if isinstance(m, UUID)]
    if kind in _TITLES:
        what, patient, until = _TITLES[kind](reader, subject, records)
    else:
        what, patient, until = _values(reader, table, subject, groups)
    found = names(reader, [patient]).get(patient) if patient else None
    return Title(what, found.listed if found else "", patient, until, found)


Told = tuple[str, UUID | None, str]


def _values(reader: Reader, table: str, subject: UUID, groups: Sequence[str | None]) -> Told:
    row: Any = reader.find(REGISTRY[table].record, subject)
    patient = subject if table == "patient" else getattr(row, "patient", None)
    changed, thing = [group for group in groups if group], thing_words(table, row)
    if thing:
        what = _("{thing}: {label} changed twice").format(thing=thing, label=groups_said(table, changed))
    else:
        label = groups_said(table, changed, opens=True)
        what = ngettext("{label} differs", "{label} differ", len(changed)).format(label=label)
    if table == "prescription":
        return (
            what,
            patient,
            _("Until you choose, the pharmacy sees both and can't supply {medicine}").format(medicine=thing),
        )
    return what, patient, _("Until you choose, every screen shows both values with this mark")


def _person(reader: Reader, subject: UUID, members: list[UUID]) -> Told:
    first = members[0] if members else None
    return _("Probably one person with two charts"), first, _("Until you choose, the two charts stay apart")


def _identifier(reader: Reader, subject: UUID, members: list[UUID]) -> Told:
    row = reader.get(PatientIdentifier, members[0])
    what = _("Two persons have the number {number} ({system})").format(number=row.value, system=row.system)
    return what, row.patient, _("Until you choose, both charts are found by this number")


def _slot(reader: Reader, subject: UUID, members: list[UUID]) -> Told:
    row = reader.get(Appointment, members[0])
    clock = show_moment(row.starts.astimezone(reader.clinic.zone))
    what = _("{time} was promised to {count} patients").format(time=clock, count=len(members))
    return what, row.patient, _("Until you choose, all of them are expected at that time")


def _supply(reader: Reader, subject: UUID, members: list[UUID]) -> Told:
    row, filled = reader.get(Prescription, subject), fill(reader, subject)
    what = _("{medicine}: {supplied} supplied, {authorised} prescribed").format(
        medicine=tall_man(row.display),
        supplied=show_decimal(filled.supplied),
        authorised=show_decimal(filled.authorised),
    )
    return what, row.patient, _("What was handed over stays on record; nothing more is supplied on it")


def _stock(reader: Reader, subject: UUID, members: list[UUID]) -> Told:
    move = reader.get(StockMove, members[0])
    lot, name = reader.get(Batch, move.batch).lot, tall_man(item(reader, move.item).display)
    what = _("{medicine}, batch {lot}: more left the shelf than was recorded there").format(medicine=name, lot=lot)
    return what, None, _("Until somebody counts the shelf, this batch shows a stock below zero")


def _paid(reader: Reader, subject: UUID, members: list[UUID]) -> Told:
    row = reader.get(Invoice, subject)
    what = _("Invoice {number} was paid more than once").format(number=row.number)
    return what, row.patient, _("Until you choose, the money that is too much belongs to nobody")


def _billed(reader: Reader, subject: UUID, members: list[UUID]) -> Told:
    question = select(Invoice.number, Invoice.patient).where(Invoice.id.in_(members)).order_by(Invoice.number)
    rows = reader.rows(question)
    charge = reader.get(Charge, subject)
    what = _("{code} stands on two invoices: {numbers}").format(
        code=charge.code, numbers=", ".join(row.number for row in rows)
    )
    return what, charge.patient, _("Until you choose, the patient is asked for it twice")


def _result(reader: Reader, subject: UUID, members: list[UUID]) -> Told:
    row = reader.get(Order, subject)
    what = _("{test}: a result came for an order that was cancelled").format(test=row.display)
    return what, row.patient, _("Until you choose, the result stays in the chart and the order stays cancelled")


def _visit(reader: Reader, subject: UUID, members: list[UUID]) -> Told:
    what = _("One patient, two visits: opened {one} and {other}").format(**_moments(reader, members))
    until = _("Until you choose, the patient waits twice and the visit is charged twice")
    return what, reader.get(Encounter, members[0]).patient, until


def _admission(reader: Reader, subject: UUID, members: list[UUID]) -> Told:
    what = _("One patient, admitted twice: {one} and {other}").format(**_moments(reader, members))
    until = _("Until you choose, two beds are taken and each night is charged twice")
    return what, reader.get(Encounter, members[0]).patient, until


def _moments(reader: Reader, members: list[UUID]) -> dict[str, str]:
    when = sorted(opened(reader.get(Encounter, member)) for member in members)
    one, other = (show_moment(moment.astimezone(reader.clinic.zone)) for moment in when)
    return {"one": one, "other": other}


_TITLES: Mapping[str, Callable[[Reader, UUID, list[UUID]], Told]] = {
    PERSON_TWICE: _person,
    IDENTIFIER_TWICE: _identifier,
    SLOT_OVER: _slot,
    OVER_SUPPLIED: _supply,
    STOCK_BELOW_ZERO: _stock,
    PAID_TWICE: _paid,
    CHARGED_TWICE: _billed,
    RESULT_FOR_REVOKED: _result,
    VISIT_TWICE: _visit,
    ADMITTED_TWICE: _admission,
}
