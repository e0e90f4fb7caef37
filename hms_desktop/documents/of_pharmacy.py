# SPDX-License-Identifier: Apache-2.0
"""The label of a medicine that is being prepared or was handed over, put on paper."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select

from hms_desktop.clinic.ehr.model import Prescription
from hms_desktop.clinic.inventory.rules import Pick, unit_words
from hms_desktop.clinic.pharmacy.model import Dispense
from hms_desktop.clinic.pharmacy.queries_counter import LabelFacts, contested_groups, label, label_before
from hms_desktop.core.errors import Refused
from hms_desktop.core.quantities import show_decimal
from hms_desktop.core.tall_man import tall_man
from hms_desktop.core.text import _
from hms_desktop.documents import medicine_label as label_paper
from hms_desktop.documents import wording
from hms_desktop.documents.identity import PrintRun
from hms_desktop.documents.of_patient import Drawn, sender, version_of, whose
from hms_desktop.security.prints import Identity
from hms_desktop.storage.reader import Reader


def medicine_label(reader: Reader, subject: UUID, run: PrintRun) -> Drawn:
    """The label of a hand-over; a supply that no lease covers is provisional."""
    prescription = reader.get(Dispense, subject).prescription
    return _drawn(reader, label(reader, subject), prescription, _supplies(reader, prescription, subject), run)


def prepared_label(reader: Reader, subject: UUID, run: PrintRun, *, quantity: Decimal, picks: Sequence[Pick]) -> Drawn:
    """The label of a prescription with what is picked for it now; Refused while the prescription has two versions.

    Once that is handed over, its label is a copy of this one.
    """
    if contested_groups(reader, subject):
        said = _("The prescription of {medicine} has two versions: choose one under Conflicts, then print.")
        raise Refused(said.format(medicine=reader.get(Prescription, subject).display))
    facts = label_before(reader, subject, quantity, picks)
    return _drawn(reader, facts, subject, _supplies(reader, subject), run)


def _supplies(reader: Reader, prescription: UUID, until: UUID | None = None) -> int:
    """How many hand-overs of a prescription went before this one, or there are in all."""
    question = select(Dispense.id).where(Dispense.prescription == prescription)
    ids = [row.id for row in reader.rows(question.order_by(Dispense.at, Dispense.id))]
    return len(ids) if until is None else ids.index(until)


def _drawn(reader: Reader, facts: LabelFacts, prescription: UUID, supplies: int, run: PrintRun) -> Drawn:
    lots = ", ".join(lot for lot, _day in facts.batches)
    first = min((day for _lot, day in facts.batches), default=None)
    made = label_paper.MedicineLabel(
        sender(reader),
        whose(reader, facts.patient),
        run,
        tall_man(facts.medicine),
        facts.directions,
        f"{show_decimal(facts.quantity)} {unit_words(facts.unit, facts.quantity)}",
        facts.supplied_at.astimezone(reader.clinic.zone).date(),
        batch=lots,
        expires=wording.day(first) if first else "",
        checked_by=facts.by,
        cautions=facts.cautions,
        provisional="" if facts.firm else _("supplied beyond what was lent to this pharmacy"),
    )
    version = version_of(supplies, facts.quantity.normalize(), sorted(lot for lot, _day in facts.batches))
    counts = (Identity("medicine-label", prescription, version),)
    return Drawn(facts.patient, _("Medicine label"), made, label_paper.render, counts=counts, zpl=label_paper.zpl)
