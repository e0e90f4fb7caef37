# SPDX-License-Identifier: Apache-2.0
"""The prescription on paper: medicine lines that can't be misread, who prescribed, signed when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from reportlab.platypus import Flowable, KeepTogether

from hms_desktop.core.text import _
from hms_desktop.documents import fonts, layout, styles, tables, wording
from hms_desktop.documents.identity import ClinicHead, Mark, PatientOnPaper, PrintRun
from hms_desktop.documents.layout import Cover, Sheet

DASH = " \N{EM DASH} "


@dataclass(frozen=True)
class MedicineLine:
    """One medicine: generic name (tall-man letters as the list has them), strength and form, dose in parts, quantity.

    `dose` is the bold amount ('12.5 mg'); `how` are route, frequency and length in order; `stopped` says why it is
    not in force; `standing` are other versions that stand against this one until somebody settles the conflict.
    """

    medicine: str
    strength: str
    dose: str
    how: tuple[str, ...]
    quantity: str = ""
    repeats: str = ""
    brand: str = ""
    instructions: str = ""
    reason: str = ""
    stopped: str = ""
    standing: tuple[str, ...] = ()


@dataclass(frozen=True)
class Prescription:
    """A prescription; `signed_at` None means nobody has signed it."""

    clinic: ClinicHead
    patient: PatientOnPaper
    run: PrintRun
    number: str
    lines: tuple[MedicineLine, ...]
    prescriber: str
    registration: str = ""
    signed_at: datetime | None = None
    weight: str = ""
    provisional: str = ""
    note: str = ""
    sheet: Sheet = Sheet.A5


def render(prescription: Prescription) -> bytes:
    """The prescription as PDF; unsigned, it carries UNSIGNED across the page."""
    mark = Mark.NONE if prescription.signed_at is not None else Mark.UNSIGNED
    cover = Cover(
        _("Prescription"),
        prescription.number,
        prescription.clinic,
        prescription.run,
        prescription.patient,
        mark,
        prescription.provisional,
    )
    return layout.compose(cover, prescription.sheet, lambda width: _body(prescription, width))


def medicine_block(number: int, line: MedicineLine, width: float) -> Flowable:
    """One medicine: name and strength, the dose line, then quantity, instructions and what stands against it."""
    dash = DASH.strip() if line.strength else ""
    parts = (
        (f"{number}", fonts.TEXT),
        (line.medicine, fonts.BOLD),
        (dash, fonts.TEXT),
        (line.strength, fonts.TEXT),
        (f"({line.brand})" if line.brand else "", fonts.TEXT),
    )
    blocks: list[Flowable] = [styles.rich(parts, 11), _dose(line)]
    given = [(_("Quantity"), line.quantity), (_("Repeats"), line.repeats), (_("For"), line.reason)]
    said = tuple(
        part
        for label, value in given
        if value
        for part in ((label, fonts.TEXT), (value + "\N{NO-BREAK SPACE}" * 2, fonts.STRONG))
    )
    if said:
        blocks.append(styles.rich(said, 9))
    if line.instructions:
        blocks.append(styles.text(line.instructions, 9))
    return tables.inset([*blocks, *_warnings(line)], width)


def _body(prescription: Prescription, width: float) -> list[Flowable]:
    blocks: list[Flowable] = []
    if prescription.weight:
        blocks += [styles.rich(((_("Weight"), fonts.TEXT), (prescription.weight, fonts.BOLD)), 11), styles.gap(2)]
    blocks += [medicine_block(number, line, width) for number, line in enumerate(prescription.lines, 1)]
    if prescription.note:
        blocks += [styles.gap(1), styles.text(prescription.note, 9)]
    return [*blocks, styles.gap(4), _signature(prescription, width)]


def _dose(line: MedicineLine) -> Flowable:
    rest = "".join(f"{DASH}{part}" for part in line.how if part).strip()
    return styles.rich(((_("DOSE"), fonts.TEXT), (line.dose, fonts.BOLD), (rest, fonts.TEXT)), 10)


def _warnings(line: MedicineLine) -> list[Flowable]:
    blocks: list[Flowable] = []
    if line.stopped:
        blocks.append(styles.text(_("Stopped: {reason}").format(reason=line.stopped), 9, fonts.BOLD, styles.CRITICAL))
    if line.standing:
        said = _("Not settled, do not give. Also written: {versions}").format(versions="; ".join(line.standing))
        blocks.append(styles.text(said, 9, fonts.BOLD, styles.CRITICAL))
    return blocks


def _signature(prescription: Prescription, width: float) -> Flowable:
    signed = _("not signed") if prescription.signed_at is None else wording.moment(prescription.signed_at)
    pairs = [
        (_("Prescriber"), prescription.prescriber),
        (_("Signed"), signed),
        (_("Registration"), prescription.registration),
    ]
    return KeepTogether([tables.facts(pairs, width)])
