# SPDX-License-Identifier: Apache-2.0
"""The words for a look: what kind it was, at what, and for what purpose."""

from __future__ import annotations

from hms_desktop.core.text import _


def look_word(kind: str, detail: str = "") -> str:
    """What was looked at, in words; a paper or screen that has no word here is called by its kind."""
    known = {
        "invoice": _("Invoice"),
        "estimate": _("Estimate"),
        "receipt": _("Receipt"),
        "lab-report": _("Laboratory report"),
        "specimen-label": _("Specimen label"),
        "prescription": _("Prescription"),
        "visit-summary": _("Visit summary"),
        "appointment-slip": _("Appointment slip"),
        "medicine-label": _("Medicine label"),
        "prepared-label": _("Medicine label"),
        "access-report": _("This report"),
        "access report": _("This report"),
        "accounting": _("Accounting of disclosures"),
        "patient page": _("Patient page"),
        "account": _("Account"),
        "dispensing": _("Dispensing"),
        "bench": _("Laboratory bench"),
        "report": _("Laboratory report"),
        "critical value": _("Critical value"),
        "conflict inbox": _("Conflict"),
        "vital signs": _("Vital signs"),
        "booking": _("Booking"),
        "ward": _("Ward"),
        "patients": _("Patients"),
        "day list": _("Day list"),
        "my day": _("My day"),
        "waiting patients": _("Waiting patients"),
        "lab worklist": _("Laboratory worklist"),
        "critical values": _("Critical values"),
        "pharmacy queue": _("Pharmacy queue"),
        "invoices to finish": _("Invoices to finish"),
    }
    place, _copy, number = detail.partition(" copy ")
    what = known.get(place, place if " " in place else "")
    if number:
        what = _("{paper}, copy {number}").format(paper=what, number=number)
    return f"{kind_word(kind)}: {what}" if what else kind_word(kind)


def kind_word(kind: str) -> str:
    """The word for a kind of access event."""
    known = {
        "chart": _("Record"),
        "result": _("Result"),
        "document": _("Document"),
        "search": _("Search"),
        "list": _("List"),
        "print": _("Printed"),
        "export": _("Saved as a file"),
        "sign-in": _("Signed in"),
        "sign-out": _("Signed out"),
        "lock": _("Locked"),
        "wrong-try": _("Wrong try"),
        "denied": _("Refused"),
        "break-glass": _("Emergency access"),
        "broke-off": _("Broke off"),
        "lost": _("Events lost"),
        "carried-in": _("File from the server taken in"),
    }
    return known.get(kind, kind)


def purpose_word(purpose: str) -> str:
    """The word for a purpose."""
    known = {
        "treatment": _("Treatment"),
        "payment": _("Payment"),
        "operations": _("Work of the clinic"),
        "emergency": _("Emergency"),
        "patient request": _("Asked for by the patient"),
    }
    return known.get(purpose, purpose)
