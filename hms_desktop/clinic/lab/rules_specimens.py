# SPDX-License-Identifier: Apache-2.0
"""Specimens: fewest tubes for the orders, reasons for rejection, and what a scanned code is when it is not ours."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from hms_desktop.clinic.lab.rules import SPECIMEN_STEPS
from hms_desktop.core.errors import BadInput, Refused
from hms_desktop.core.ids import is_human_number
from hms_desktop.core.text import _

ACCESSION_SERIES = "ACC"
PRIORITY_RANK: Mapping[str, int] = {"stat": 0, "asap": 1, "urgent": 2, "routine": 3}

Scanned = Literal["accession", "mistyped", "patient", "other-series", "product", "foreign", "empty"]


@dataclass(frozen=True)
class TubePlan:
    """One container to fill and the orders that it serves."""

    container: str
    specimen_type: str
    orders: tuple[UUID, ...]


@dataclass(frozen=True)
class ToCollect:
    """An order that needs a specimen."""

    order: UUID
    container: str
    specimen_type: str


def reject_reasons() -> dict[str, str]:
    """The coded reasons for rejecting a specimen, with their words (HL7 v2 table 0490 where it has them)."""
    return {
        "RH": _("Haemolysed"),
        "RC": _("Clotted"),
        "QS": _("Not enough material"),
        "RB": _("Broken or leaking"),
        "RE": _("Too old or too warm"),
        "WC": _("Wrong container"),
        "RI": _("Label missing or not readable"),
        "RM": _("Label does not match the patient"),
        "RA": _("Contaminated"),
    }


def fewest_tubes(wanted: Iterable[ToCollect]) -> tuple[TubePlan, ...]:
    """One tube for each container and specimen type, in the order in which the orders were given."""
    tubes: dict[tuple[str, str], list[UUID]] = {}
    for order in wanted:
        tubes.setdefault((order.container, order.specimen_type), []).append(order.order)
    return tuple(TubePlan(c, t, tuple(orders)) for (c, t), orders in tubes.items())


def plain_code(scanned: str) -> str:
    """A scanned or typed accession as it is kept: upper case, hyphens in their places, no spaces."""
    text = re.sub(r"\s+", "", scanned).upper().replace("_", "-")
    joined = re.fullmatch(r"(ACC|MRN|INV|RCT)-?([0-9A-Z]{3})-?(\d{5,})-?([0-9A-Z])", text)
    return "-".join(joined.groups()) if joined else text


def read_scan(scanned: str) -> tuple[Scanned, str]:
    """What kind of code this is, judged by its form alone, and the code as it is kept."""
    code = plain_code(scanned)
    if not code:
        return "empty", code
    series = code.partition("-")[0]
    if is_human_number(code):
        if series == ACCESSION_SERIES:
            return "accession", code
        return ("patient", code) if series == "MRN" else ("other-series", code)
    if series in (ACCESSION_SERIES, "MRN"):
        return "mistyped", code
    if re.fullmatch(r"\d{8}|\d{12,14}", code) or code.startswith(("]D2", "(01)")):
        return "product", code
    return "foreign", code


def scan_words(kind: Scanned, code: str) -> str:
    """What to tell the person who scanned a code that is no specimen of ours, with what to do next."""
    shown = code[:40]
    return {
        "empty": _("Nothing was read. Scan the label again or type its number."),
        "mistyped": _("{code} has a wrong check character: it was misread or mistyped. Scan the label again."),
        "patient": _("{code} is a patient's record number, not a specimen. Scan the label on the tube."),
        "other-series": _("{code} is a number of this clinic, but not a specimen's. Scan the label on the tube."),
        "product": _("{code} is a product code, not one of our labels. Scan the label on the tube."),
        "foreign": _("{code} is not one of our labels. If another laboratory sent it, register it with a new label."),
        "accession": _(
            "{code} is a specimen of this clinic that is not on this device yet. Sync, or ask where it was collected."
        ),
    }[kind].format(code=shown)


def refuse_receipt(status: str, accession: str, when: str, reason: str) -> None:
    """Raise Refused, saying what the label is, when a specimen can't be taken in (again)."""
    if "available" in SPECIMEN_STEPS[status]:
        return
    words = {
        "available": _("{code} was already received {when}. Open it from the list."),
        "unsatisfactory": _("{code} was rejected {when}: {reason}. Ask for a new specimen."),
        "unavailable": _("{code} is an old label: the specimen was finished and disposed of {when}."),
        "entered-in-error": _("{code} is an old label that was replaced {when}. Scan the new label on the tube."),
    }
    raise Refused(words[status].format(code=accession, when=when, reason=reason))


def identifier_names() -> dict[str, str]:
    """What a patient may be identified by before a specimen is taken."""
    return {
        "name": _("Full name"),
        "born": _("Birth date"),
        "mrn": _("Record number"),
        "national": _("National number"),
        "wristband": _("Wristband scanned"),
    }


def require_two_identifiers(checked: Collection[str]) -> str:
    """The identifiers in words; Refused unless two different ones were checked with the patient."""
    known = identifier_names()
    named = [known[key] for key in known if key in checked]
    if len(named) < 2:
        raise Refused(_("Check two identifiers with the patient, such as full name and birth date, before collecting."))
    return ", ".join(named)


def require_same_label(expected: str, scanned: str) -> None:
    """Raise Refused, saying what was scanned, unless the label on the tube is the one that was printed for it."""
    kind, code = read_scan(scanned)
    if code == expected:
        return
    if kind == "accession":
        raise Refused(
            _(
                "Stop: the tube carries {found}, but this is {expected}. Take the wrong label off and discard the tube."
            ).format(found=code, expected=expected)
        )
    raise Refused(scan_words(kind, code))


def require_same_patient(expected: UUID, found: UUID, accession: str) -> None:
    """Raise Refused unless the specimen is the patient's whose chart or request is open."""
    if expected != found:
        raise Refused(
            _(
                "{code} belongs to another patient. Stop: check the name and birth date on the tube, and reject it "
                "with “label does not match” if they differ."
            ).format(code=accession)
        )


def require_reason(code: str) -> str:
    """The words of a rejection code; BadInput when there is no such code."""
    reasons = reject_reasons()
    if code not in reasons:
        raise BadInput(_("Choose why the specimen is rejected."), "reason")
    return reasons[code]
