# SPDX-License-Identifier: Apache-2.0
"""The label of a medicine that was handed over, put on paper."""

from __future__ import annotations

from uuid import UUID

from hms_desktop.clinic.inventory.rules import unit_words
from hms_desktop.clinic.pharmacy.queries_counter import label
from hms_desktop.core.quantities import show_decimal
from hms_desktop.core.tall_man import tall_man
from hms_desktop.core.text import _
from hms_desktop.documents import medicine_label as label_paper
from hms_desktop.documents import wording
from hms_desktop.documents.identity import PrintRun
from hms_desktop.documents.of_patient import Drawn, sender, whose
from hms_desktop.storage.reader import Reader


def medicine_label(reader: Reader, subject: UUID, run: PrintRun) -> Drawn:
    """The label of a hand-over; a supply that no lease covers is provisional."""
    facts = label(reader, subject)
    lots = ", ".join(lot for lot, _day in facts.batches)
    first = min((day for _lot, day in facts.batches), default=None)
    doubt = "" if facts.firm else _("supplied beyond what was lent to this pharmacy")
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
        provisional=doubt,
    )
    return Drawn(facts.patient, _("Medicine label"), label_paper.render(made))
