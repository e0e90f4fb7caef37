# SPDX-License-Identifier: Apache-2.0
"""Printing as actions: a preview is a look at the record, a print is written down, and the next one says COPY."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any
from uuid import UUID

from sqlalchemy import select

from hms_desktop.clinic.privacy.service import Sent, record_disclosure
from hms_desktop.core.errors import BadInput
from hms_desktop.core.text import _
from hms_desktop.security.audit import AccessEvent, record_access
from hms_desktop.security.permissions import action
from hms_desktop.storage.reader import Reader
from hms_desktop.storage.unit import Unit


@dataclass(frozen=True)
class Paper:
    """A kind of document: the module and function that draw it, and the right without which nobody may see it."""

    module: str
    function: str
    needs: str
    purpose: str = "treatment"
    anew: bool = False
    """Drawn from what stands now: another print of it is no copy of the last."""
    leaves: bool = True
    """Whether it goes to the patient, and is written down as something that left the clinic."""


KINDS: Mapping[str, Paper] = {
    "invoice": Paper("of_billing", "invoice", "invoice.read", "payment"),
    "estimate": Paper("of_billing", "estimate", "invoice.read", "payment", anew=True),
    "receipt": Paper("of_billing", "receipt", "invoice.read", "payment"),
    "lab-report": Paper("of_lab", "report", "result.read"),
    "specimen-label": Paper("of_lab", "specimen_label", "specimen.collect", leaves=False),
    "prescription": Paper("of_care", "prescription", "chart.read"),
    "visit-summary": Paper("of_care", "visit_summary", "chart.read"),
    "appointment-slip": Paper("of_care", "appointment_slip", "appointment.read", "operations"),
    "medicine-label": Paper("of_pharmacy", "medicine_label", "dispense.read"),
    "access-report": Paper("of_privacy", "access_report", "privacy.read", "patient request", anew=True),
    "accounting": Paper("of_privacy", "accounting", "privacy.read", "patient request", anew=True),
}
"""What can be printed; the subject is an invoice, a patient, a payment, a release, a specimen, a visit or prescription,
a visit, a booking, a hand-over, a patient, a patient."""


_EVENTS = {"print": "print", "file": "export"}
"""What happens to a document on its way out, as an access event says it."""


@dataclass(frozen=True)
class Preview:
    """A document to look at and to print: `title` carries no name, `copy` says that it was printed before."""

    kind: str
    subject: UUID
    patient: UUID
    title: str
    pdf: bytes
    copy: bool


@action("documents.preview", needs="document.print")
def preview(unit: Unit, *, kind: str, subject: UUID, about: Mapping[str, Any] | None = None) -> Preview:
    """Show a document as it would be printed; the look is recorded, and a document printed before is marked COPY.

    `about` narrows what is drawn, as the drawing function says.
    """
    paper = _paper(kind)
    unit.check(paper.needs)
    copy = not paper.anew and was_printed(unit, kind, subject)
    drawn = _drawn(unit, paper, subject, copy, about or {})
    record_access(unit, "document", drawn.patient, _detail(kind, subject), purpose=paper.purpose)
    return Preview(kind, subject, drawn.patient, drawn.title, drawn.pdf, copy)


@action("documents.print", needs="document.print")
def printed(unit: Unit, *, kind: str, subject: UUID, patient: UUID, way: str = "print") -> None:
    """Write down that a document goes to a printer or into a file (`way` is print or file), and that it leaves the
    clinic when it is one for the patient; call it before the printer gets a page.
    """
    paper = _paper(kind)
    unit.check(paper.needs)
    record_access(unit, _EVENTS[way], patient, _detail(kind, subject), purpose=paper.purpose)
    if paper.leaves:
        record_disclosure(unit, patient=patient, sent=Sent("patient", kind, "patient", way), source=subject)


def was_printed(reader: Reader, kind: str, subject: UUID) -> bool:
    """Whether this document was printed before, as far as this device knows."""
    gone = AccessEvent.kind.in_(list(_EVENTS.values()))
    question = select(AccessEvent.id).where(gone, AccessEvent.detail == _detail(kind, subject))
    return reader.first(question.limit(1)) is not None


def _paper(kind: str) -> Paper:
    try:
        return KINDS[kind]
    except KeyError:
        raise BadInput(_("There is no document called “{kind}”.").format(kind=kind[:40]), "kind") from None


def _drawn(unit: Unit, paper: Paper, subject: UUID, copy: bool, about: Mapping[str, Any]) -> Any:
    """Draw a document. The drawing modules load reportlab, which a workstation that prints nothing never needs."""
    run = import_module("hms_desktop.documents.of_patient").run(unit, copy)
    draw: Callable[..., Any] = getattr(import_module(f"hms_desktop.documents.{paper.module}"), paper.function)
    return draw(unit, subject, run, **about)


def _detail(kind: str, subject: UUID) -> str:
    return f"{kind} {subject}"
