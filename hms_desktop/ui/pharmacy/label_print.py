# SPDX-License-Identifier: Apache-2.0
"""The medicine label: gathered as an action that notes the print, drawn beside the window, shown in the preview."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from PySide6.QtWidgets import QWidget

from hms_desktop.clinic.inventory.rules import unit_words
from hms_desktop.clinic.patients import queries_people
from hms_desktop.clinic.patients.rules import sex_word
from hms_desktop.clinic.pharmacy import service
from hms_desktop.clinic.pharmacy.queries_counter import LabelFacts
from hms_desktop.core.dates import show_day
from hms_desktop.core.quantities import show_decimal
from hms_desktop.core.tall_man import tall_man
from hms_desktop.core.text import _
from hms_desktop.ui.desk import Desk
from hms_desktop.ui.pharmacy.prepared import Prepared
from hms_desktop.ui.widgets.allergy_box import Allergies
from hms_desktop.ui.widgets.paper import note_leaving
from hms_desktop.ui.widgets.patient_facts import allergy_facts
from hms_desktop.ui.widgets.print_preview import PrintPreview


@dataclass(frozen=True)
class LabelPage:
    """What the label says, and whose it is."""

    label: LabelFacts
    name: queries_people.PatientName
    allergies: Allergies
    subject: UUID
    copy: bool = False


def show_label(desk: Desk, parent: QWidget, prescription: UUID, prepared: Prepared) -> None:
    """Preview the label of a line that is being prepared."""
    _show(desk, parent, partial(_before, prescription=prescription, prepared=prepared))


def show_copy(desk: Desk, parent: QWidget, dispense: UUID) -> None:
    """Preview the label of an earlier hand-over, marked as a copy."""
    _show(desk, parent, partial(_after, dispense=dispense))


def _show(desk: Desk, parent: QWidget, gather: Callable[[Any], LabelPage]) -> None:
    def drawn(pdf: bytes, page: LabelPage) -> None:
        preview = PrintPreview(parent, _("Medicine label"), pdf, copy=page.copy)
        note_leaving(desk, preview, "medicine-label", page.subject, page.label.patient)
        preview.open()

    def gathered(page: LabelPage) -> None:
        desk.tasks.aside(partial(draw, desk, page), partial(drawn, page=page), desk.show_error, owner=parent)

    desk.tasks.run(gather, gathered, desk.show_error, owner=parent)


def _before(unit: Any, prescription: UUID, prepared: Prepared) -> LabelPage:
    facts = service.print_label(unit, prescription=prescription, quantity=prepared.quantity, picks=prepared.picks)
    return _page(unit, facts, prescription, copy=False)


def _after(unit: Any, dispense: UUID) -> LabelPage:
    return _page(unit, service.print_label_again(unit, dispense=dispense), dispense, copy=True)


def _page(unit: Any, facts: LabelFacts, subject: UUID, *, copy: bool) -> LabelPage:
    name = queries_people.names(unit, [facts.patient])[facts.patient]
    return LabelPage(facts, name, allergy_facts(unit, facts.patient), subject, copy)


def draw(desk: Desk, page: LabelPage) -> bytes:
    """The label as PDF."""
    from hms_desktop.documents.identity import AllergyBox, AllergyState, ClinicHead, PatientOnPaper, PrintRun
    from hms_desktop.documents.medicine_label import MedicineLabel, render

    facts, name = page.label, page.name
    known = tuple(allergy.words for allergy in page.allergies.known)
    box = AllergyBox(AllergyState(page.allergies.state), known, page.allergies.note)
    patient = PatientOnPaper(
        name.full,
        name.born or "",
        name.age,
        sex_word(name.sex),
        name.mrn,
        box,
        name.born_estimated,
        amended=name.amended,
    )
    run = PrintRun(desk.person.name, desk.now(), desk.place.station, copy=page.copy, training=desk.place.training)
    label = MedicineLabel(
        ClinicHead(desk.place.clinic), patient, run, tall_man(facts.medicine), facts.directions,
        f"{show_decimal(facts.quantity)} {unit_words(facts.unit, facts.quantity)}",
        facts.supplied_at.astimezone(desk.place.zone).date(),
        batch=", ".join(lot for lot, _day in facts.batches),
        expires=show_day(min(day for _lot, day in facts.batches)) if facts.batches else "",
        checked_by=facts.by, cautions=facts.cautions,
        provisional="" if facts.firm else _("supplied beyond what this station knew to remain"),
    )  # fmt: skip
    return render(label)
