# SPDX-License-Identifier: Apache-2.0
"""The appointment slip: day, time, place and whom to ring, honest about a booking that is still pending."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from reportlab.platypus import Flowable

from hms_desktop.core.text import _
from hms_desktop.documents import fonts, layout, roll, styles, tables, wording
from hms_desktop.documents.identity import ClinicHead, Mark, PatientOnPaper, PrintRun
from hms_desktop.documents.layout import Cover, Sheet


@dataclass(frozen=True)
class AppointmentSlip:
    """A booking for the patient's pocket; `provisional` says why it is not certain, `sheet` None prints on the roll.

    `starts_at` is in the clinic's zone; the weekday is printed with it. `cancelled` puts VOID across the slip.
    """

    clinic: ClinicHead
    patient: PatientOnPaper
    run: PrintRun
    number: str
    starts_at: datetime
    minutes: int
    with_whom: str
    place: str = ""
    service: str = ""
    bring: tuple[str, ...] = ()
    provisional: str = ""
    cancelled: bool = False
    moved: bool = False
    """Whether it stood at another time before: the slip says so beside the time."""
    sheet: Sheet | None = None


def render(slip: AppointmentSlip) -> bytes:
    """The slip as PDF."""
    cover = Cover(
        _("Appointment"),
        slip.number,
        slip.clinic,
        slip.run,
        slip.patient,
        Mark.VOID if slip.cancelled else Mark.NONE,
        slip.provisional,
    )
    if slip.sheet is None:
        return roll.compose(cover, lambda width: _body(slip, width))
    return layout.compose(cover, slip.sheet, lambda width: _body(slip, width))


def _body(slip: AppointmentSlip, width: float) -> list[Flowable]:
    when = f"{_weekday(slip.starts_at)}, {wording.day(slip.starts_at)}"
    blocks: list[Flowable] = [
        styles.text(when, 12, fonts.STRONG),
        styles.text(f"{slip.starts_at:%H:%M}", 22, fonts.BOLD),
        *([styles.text(_("Moved: this is the new time"), 9, fonts.STRONG)] if slip.moved else []),
        styles.gap(1),
        tables.facts(_facts(slip), width, 1),
    ]
    if slip.bring:
        blocks += [styles.gap(1.5), styles.text(_("Bring"), 9, fonts.STRONG)]
        blocks += [styles.text(f"\N{BULLET}\N{NO-BREAK SPACE}{thing}", 9) for thing in slip.bring]
    if slip.clinic.phone:
        said = _("To change or cancel, ring {phone}.").format(phone=slip.clinic.phone)
        blocks += [styles.gap(1.5), styles.text(said, 9)]
    return blocks


def _facts(slip: AppointmentSlip) -> list[tuple[str, str]]:
    return [
        (_("With"), slip.with_whom),
        (_("Place"), slip.place),
        (_("For"), slip.service),
        (_("Length"), _("{count} min").format(count=slip.minutes)),
    ]


def _weekday(moment: datetime) -> str:
    return (_("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday"))[
        moment.weekday()
    ]
