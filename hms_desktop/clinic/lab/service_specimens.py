# SPDX-License-Identifier: Apache-2.0
"""Specimens: collecting with a label, handing over, receiving by scan, rejecting, labelling anew; and the catalogue."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select

from hms_desktop.clinic.ehr.model import Order
from hms_desktop.clinic.lab.events import SpecimenCollected, SpecimenReceived, SpecimenRejected
from hms_desktop.clinic.lab.model import LabResult, LabTest, Specimen, SpecimenOrder, SpecimenStep
from hms_desktop.clinic.lab.queries import ACTIVE_SPECIMEN, LAB, find_specimen
from hms_desktop.clinic.lab.queries_catalogue import ordered_tests
from hms_desktop.clinic.lab.rules import SPECIMEN_STEPS
from hms_desktop.clinic.lab.rules_specimens import (
    ACCESSION_SERIES,
    ToCollect,
    fewest_tubes,
    read_scan,
    refuse_receipt,
    require_reason,
    require_same_patient,
    require_two_identifiers,
    scan_words,
)
from hms_desktop.clinic.patients.queries_people import one_person
from hms_desktop.core.errors import BadInput, NotFound, Refused
from hms_desktop.core.ids import rule_id
from hms_desktop.core.text import _
from hms_desktop.security.audit import record_access
from hms_desktop.security.permissions import action
from hms_desktop.storage.editions import publish
from hms_desktop.storage.unit import Unit


@dataclass(frozen=True)
class Collected:
    """One labelled tube."""

    specimen: UUID
    accession: str
    container: str
    type: str
    orders: tuple[UUID, ...]


@action("lab.publish_catalogue", needs="lab.catalogue")
def publish_catalogue(unit: Unit, tests: Sequence[Mapping[str, Any]]) -> int:
    """Put versions of tests into the clinic's catalogue, each from its day on; returns how many are new.

    The same version twice changes nothing; an order, a specimen and a result keep the version they were made with.
    """
    made = sum(publish(unit, LabTest, values, values["display"])[1] for values in tests)
    for panel in (values for values in tests if values.get("members")):
        _refuse_unknown_members(unit, panel)
    return made


def _refuse_unknown_members(unit: Unit, panel: Mapping[str, Any]) -> None:
    known = {row.code for row in unit.rows(select(LabTest.code).where(LabTest.code.in_(panel["members"])))}
    if unknown := [code for code in panel["members"] if code not in known]:
        message = _("{panel} asks for the test {code}, which is not in the catalogue. Add the test, or leave it out.")
        raise BadInput(message.format(panel=panel["display"], code=unknown[0]), "members")


@action("lab.open_specimen", needs="lab.read")
def open_specimen(unit: Unit, specimen: UUID) -> UUID:
    """Write down that a specimen with its results is about to be shown; returns it. Once for each opening."""
    row = unit.get(Specimen, specimen)
    record_access(unit, "result", row.patient, "bench")
    return specimen


@action("lab.collect", needs="specimen.collect")
def collect(
    unit: Unit, orders: Sequence[UUID], *, identified: Collection[str], place: UUID | None = None
) -> tuple[Collected, ...]:
    """Take the specimens for placed orders of one patient: the fewest tubes, each with its own accession number.

    `identified` are at least two keys of `rules_specimens.identifier_names` that were checked with the patient.
    """
    checked = require_two_identifiers(identified)
    if not orders:
        raise BadInput(_("Choose at least one order to collect for."), "orders")
    rows = [unit.get(Order, id) for id in dict.fromkeys(orders)]
    _refuse_mixed(unit, rows)
    wanted = []
    for row in rows:
        _refuse_uncollectable(unit, row)
        test, _members = ordered_tests(unit, row)
        wanted.append(ToCollect(row.id, test.container, test.specimen_type))
    return tuple(
        _take(unit, rows[0].patient, tube.container, tube.specimen_type, tube.orders, place, checked)
        for tube in fewest_tubes(wanted)
    )


def _refuse_mixed(unit: Unit, rows: list[Row[Any]]) -> None:
    people = {one_person(unit, row.patient).survivor for row in rows}
    if len(people) > 1:
        raise Refused(_("These orders belong to different patients. Collect for one patient at a time."))


def _refuse_uncollectable(unit: Unit, row: Row[Any]) -> None:
    if row.category != LAB:
        raise Refused(_("{name} needs no specimen.").format(name=row.display))
    if row.status != "active":
        raise Refused(
            _("{name} is “{state}”: only placed orders are collected for.").format(name=row.display, state=row.status)
        )
    served = (
        select(Specimen.accession)
        .join(SpecimenOrder, SpecimenOrder.specimen == Specimen.id)
        .where(SpecimenOrder.order == row.id, Specimen.status.in_(ACTIVE_SPECIMEN))
    )
    if (accession := unit.scalar(served)) is not None:
        raise Refused(
            _("{name} already has the specimen {code}. Reject that one first if it can't be used.").format(
                name=row.display, code=accession
            )
        )


def _take(
    unit: Unit,
    patient: UUID,
    container: str,
    type: str,
    orders: Sequence[UUID],
    place: UUID | None,
    identified: str,
    replaces: UUID | None = None,
) -> Collected:
    accession = unit.number(ACCESSION_SERIES)
    specimen = unit.add(
        Specimen,
        patient=patient,
        accession=accession,
        type=type,
        container=container,
        collected_at=unit.now,
        collected_by=unit.person.id,
        replaces=replaces,
        status="collected",
        place=place,
    )
    for order in orders:
        unit.add(SpecimenOrder, id=rule_id(specimen, "serves:" + order.hex), specimen=specimen, order=order)
    _step(unit, specimen, "collected", place, identified)
    unit.announce(SpecimenCollected(specimen, patient, accession, tuple(orders), unit.now))
    return Collected(specimen, accession, container, type, tuple(orders))


@action("lab.hand_over", needs="specimen.collect")
def hand_over(unit: Unit, specimen: UUID, place: UUID | None = None) -> None:
    """The specimen is on its way to the bench."""
    row = unit.get(Specimen, specimen)
    if row.status != "collected":
        raise Refused(_("{code} was handed over already.").format(code=row.accession))
    unit.change(Specimen, specimen, status="in-transit", place=place or row.place)
    _step(unit, specimen, "in_transit", place)


@action("lab.receive", needs="specimen.receive")
def receive(unit: Unit, scanned: str, *, place: UUID | None = None, expected: UUID | None = None) -> UUID:
    """Take a specimen in at the bench by its scanned label; returns it.

    A code that is none of ours, mistyped, old, or another patient's than `expected` raises Refused, which says what the
    code is and what to do. A custody step is added each time a specimen is received.
    """
    specimen = by_scan(unit, scanned)
    row = unit.get(Specimen, specimen)
    if expected is not None:
        require_same_patient(one_person(unit, expected).survivor, one_person(unit, row.patient).survivor, row.accession)
    refuse_receipt(row.status, row.accession, *_last_step(unit, specimen))
    unit.change(Specimen, specimen, status="available", place=place or row.place)
    _step(unit, specimen, "received", place)
    unit.announce(SpecimenReceived(specimen, row.patient, row.accession, unit.now))
    return specimen


def by_scan(unit: Unit, scanned: str) -> UUID:
    """The specimen of a scanned label; Refused says what the code is when it is none of ours."""
    kind, code = read_scan(scanned)
    found = find_specimen(unit, code) if kind == "accession" else None
    if found is None:
        raise Refused(scan_words(kind, code))
    return found


@action("lab.reject", needs="specimen.reject")
def reject(unit: Unit, specimen: UUID, code: str, comment: str = "") -> None:
    """A specimen can't be used, for a coded reason; its orders wait for a new one and who ordered them is told."""
    row = unit.get(Specimen, specimen)
    words = require_reason(code)
    if "unsatisfactory" not in SPECIMEN_STEPS[row.status]:
        raise Refused(
            _("{code} is “{state}” and can't be rejected any more.").format(code=row.accession, state=row.status)
        )
    orders = _served(unit, specimen)
    standing = [id for id in orders if unit.find(Order, id) is not None]
    requesters = {unit.get(Order, id).requester for id in standing} - {None}
    reason = f"{words}: {comment.strip()}" if comment.strip() else words
    unit.change(Specimen, specimen, status="unsatisfactory", reject_code=code)
    _step(unit, specimen, "rejected", row.place, reason)
    unit.announce(
        SpecimenRejected(
            specimen, row.patient, row.accession, tuple(orders), tuple(sorted(requesters)), code, reason, unit.now
        )
    )


@action("lab.relabel", needs="specimen.collect")
def relabel(unit: Unit, specimen: UUID, reason: str) -> Collected:
    """Give a tube a new label because the old one can't be read; the old number stays known and says what it is."""
    row = unit.get(Specimen, specimen)
    if not reason.strip():
        raise BadInput(_("Say why the label is replaced."), "reason")
    if unit.first(select(LabResult.id).where(LabResult.specimen == specimen)) is not None:
        raise Refused(
            _("{code} has results already and keeps its number. Print its label again.").format(code=row.accession)
        )
    if row.status not in ACTIVE_SPECIMEN:
        raise Refused(_("{code} is “{state}”: it needs no new label.").format(code=row.accession, state=row.status))
    unit.change(Specimen, specimen, status="entered-in-error")
    _step(unit, specimen, "relabelled", row.place, reason.strip())
    return _take(
        unit,
        row.patient,
        row.container,
        row.type,
        _served(unit, specimen),
        row.place,
        _("Replaces the label {code}").format(code=row.accession),
        replaces=specimen,
    )


def _served(unit: Unit, specimen: UUID) -> list[UUID]:
    return [row.order for row in unit.rows(select(SpecimenOrder.order).where(SpecimenOrder.specimen == specimen))]


def _last_step(unit: Unit, specimen: UUID) -> tuple[str, str]:
    """When and why the last step of a specimen was taken, for people at the clinic."""
    question = select(SpecimenStep.at, SpecimenStep.reason).where(SpecimenStep.specimen == specimen)
    row = unit.first(question.order_by(SpecimenStep.at.desc(), SpecimenStep.id.desc()))
    if row is None:
        raise NotFound(_("Nobody recorded how this specimen came here. Ask where it was collected."))
    return row.at.astimezone(unit.clinic.zone).strftime("%d-%b-%Y %H:%M"), row.reason or ""


def _step(unit: Unit, specimen: UUID, step: str, place: UUID | None, reason: str | None = None) -> None:
    unit.add(SpecimenStep, specimen=specimen, step=step, at=unit.now, by=unit.person.id, place=place, reason=reason)
