# SPDX-License-Identifier: Apache-2.0
"""Which papers there are: who draws each, who may see it, on which paper it prints, and whether it is given away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hms_desktop.core.errors import BadInput
from hms_desktop.core.text import _

A4, A5, ROLL, LABEL = "A4", "A5", "80mm", "label"
"""Cut paper, the 80 mm roll, and labels of the size that the kind has."""
SHEETS = (A4, A5)
BILL = (A4, A5, ROLL)
POCKET = (ROLL, A5, A4)


@dataclass(frozen=True)
class Paper:
    """A kind of document: the module and function that draw it, and the right without which nobody may see it.

    `sizes` are the papers that it prints on, the usual one first.
    """

    module: str
    function: str
    needs: str
    purpose: str = "treatment"
    sizes: tuple[str, ...] = SHEETS
    anew: bool = False
    """Drawn from what stands now: another print of it is no copy of the last."""
    leaves: bool = True
    """Whether it goes to the patient, and is written down as something that left the clinic."""
    as_seen: bool = False
    """It lists looks, and the look at it would be one more: it leaves as it was seen."""


KINDS: Mapping[str, Paper] = {
    "invoice": Paper("of_billing", "invoice", "invoice.read", "payment", BILL),
    "estimate": Paper("of_billing", "estimate", "invoice.read", "payment", BILL, anew=True),
    "receipt": Paper("of_billing", "receipt", "invoice.read", "payment", POCKET),
    "lab-report": Paper("of_lab", "report", "result.read"),
    "specimen-label": Paper("of_lab", "specimen_label", "specimen.collect", sizes=(LABEL,), leaves=False),
    "prescription": Paper("of_care", "prescription", "chart.read", sizes=(A5, A4)),
    "visit-summary": Paper("of_care", "visit_summary", "chart.read"),
    "appointment-slip": Paper("of_care", "appointment_slip", "appointment.read", "operations", POCKET),
    "medicine-label": Paper("of_pharmacy", "medicine_label", "dispense.read", sizes=(LABEL,)),
    "prepared-label": Paper("of_pharmacy", "prepared_label", "dispense.read", sizes=(LABEL,)),
    "access-report": Paper("of_privacy", "access_report", "privacy.read", "patient request", anew=True, as_seen=True),
    "accounting": Paper("of_privacy", "accounting", "privacy.read", "patient request", anew=True, as_seen=True),
}
"""What can be printed; the subject is an invoice, a patient, a payment, a release, a specimen, a visit or prescription,
a visit, a booking, a hand-over, a prescription (with what is picked for it), a patient, a patient."""


def paper_of(kind: str) -> Paper:
    """The paper of this name; BadInput when there is none."""
    try:
        return KINDS[kind]
    except KeyError:
        raise BadInput(_("There is no document called “{kind}”.").format(kind=kind[:40]), "kind") from None


def size_of(kind: str, wanted: str = "") -> str:
    """The size to print a kind on: the wanted one if it prints on it, else the usual one."""
    sizes = paper_of(kind).sizes
    return wanted if wanted in sizes else sizes[0]


def size_word(size: str) -> str:
    """The words for a size of paper."""
    return {ROLL: _("80 mm roll"), LABEL: _("Label")}.get(size, size)


def kind_word(kind: str) -> str:
    """The words for a kind of paper."""
    known = {
        "invoice": _("Invoice"),
        "estimate": _("Estimate"),
        "receipt": _("Receipt"),
        "lab-report": _("Laboratory report"),
        "specimen-label": _("Sample label"),
        "prescription": _("Prescription"),
        "visit-summary": _("Visit summary"),
        "appointment-slip": _("Appointment slip"),
        "medicine-label": _("Medicine label"),
        "prepared-label": _("Medicine label"),
        "access-report": _("Who looked at this record"),
        "accounting": _("Accounting of disclosures"),
    }
    return known.get(kind, kind)
