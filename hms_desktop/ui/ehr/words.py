# SPDX-License-Identifier: Apache-2.0
"""How the record of care is said: statuses as chips, results and medicines as faces, times as people say them."""

from __future__ import annotations

from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import cast
from zoneinfo import ZoneInfo

from hms_desktop.clinic.ehr.queries_medicines import MedicineRow
from hms_desktop.clinic.ehr.queries_vitals import Reading
from hms_desktop.clinic.ehr.rules_doses import dose_amount, frequency_words, route_words
from hms_desktop.clinic.ehr.rules_vitals import SIGNS, sign_name
from hms_desktop.clinic.lab.queries_inbox import ChartResult
from hms_desktop.core.dates import month_names, show_day, show_minutes, show_time
from hms_desktop.core.quantities import show_decimal, shown_unit
from hms_desktop.core.text import _, ngettext
from hms_desktop.ui.widgets.chip import ChipFace
from hms_desktop.ui.widgets.medicine_line import Medicine
from hms_desktop.ui.widgets.result_cell import Flag, ResultFace

_MANY_MINUTES = 180
_FIGURES = 4
_FLAGS = ("", "L", "H", "A", "LL", "HH")


def ago(moment: datetime, now: datetime) -> str:
    """How long ago: `9 min ago` within three hours, else the day, with the time when it is today."""
    minutes = max(int((now - moment).total_seconds() // 60), 0)
    if minutes < 1:
        return _("just now")
    if minutes < _MANY_MINUTES:
        return _("{time} ago").format(time=show_minutes(minutes))
    local = moment.astimezone(now.tzinfo)
    return show_time(local.time()) if local.date() == now.date() else show_day(local.date())


def when(moment: datetime | None, zone: ZoneInfo) -> str:
    """A moment at the clinic: `23-Nov-2026 09:40`."""
    if moment is None:
        return ""
    local = moment.astimezone(zone)
    return f"{show_day(local.date())} {show_time(local.time())}"


def range_words(low: Decimal | None, high: Decimal | None) -> str:
    """A reference range: `3.5 to 5.1`, `up to 5`, `from 1`."""
    if low is not None and high is not None:
        return _("{low} to {high}").format(low=show_decimal(low), high=show_decimal(high))
    if high is not None:
        return _("up to {high}").format(high=show_decimal(high))
    return _("from {low}").format(low=show_decimal(low)) if low is not None else ""


def figures(value: Decimal) -> str:
    """A number for reading: as it is stored, unless it has more than four figures and a long fraction."""
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or exponent >= -_FIGURES:
        return show_decimal(value)
    places = max(_FIGURES - 1 - value.adjusted(), 0)
    return show_decimal(value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP))


def short_name(display: str) -> str:
    """A test's name without what LOINC adds in brackets and behind them."""
    return display.partition(" [")[0]


def signed_change(change: Decimal | None) -> str:
    """A change with its sign; nothing when there is none."""
    if change is None or change == 0:
        return "0" if change is not None else ""
    return f"+{figures(change)}" if change > 0 else f"\N{MINUS SIGN}{figures(abs(change))}"


def flag_of(flag: str | None) -> Flag:
    """A stored flag as the cell takes it: a normal value has none."""
    return cast(Flag, flag if flag in _FLAGS else "")


def result_face(row: ChartResult) -> ResultFace:
    """A result of the chart; a number with many digits is shown with four that count."""
    value = figures(row.value) if row.value is not None else row.text or ""
    return ResultFace(
        row.display,
        value,
        shown_unit(row.unit),
        flag_of(row.flag),
        range_words(row.low, row.high),
        signed_change(row.change),
        row.delta_exceeded,
        figures(row.before) if row.before is not None else "",
        show_day(row.before_at.date()) if row.before_at else "",
        row.struck is not None,
    )


def reading_face(reading: Reading | None, key: str) -> ResultFace:
    """A vital sign for a card; one that was never taken reads as not recorded."""
    unit = SIGNS[key].shown_unit if key in SIGNS else ""
    if reading is None:
        return ResultFace(sign_name(key), "", unit)
    return ResultFace(sign_name(key), show_decimal(reading.rounded), reading.unit, flag_of(reading.judged))


def pressure_face(upper: Reading | None, lower: Reading | None) -> ResultFace:
    """A blood pressure as one value; its flag is that of the part that is out of range."""
    if upper is None or lower is None:
        return ResultFace(sign_name("pressure"), "", "mmHg")
    value = f"{show_decimal(upper.rounded)}/{show_decimal(lower.rounded)}"
    return ResultFace(sign_name("pressure"), value, "mmHg", flag_of(upper.judged or lower.judged))


def medicine_face(row: MedicineRow, *, length: bool = True) -> Medicine:
    """A prescription as a medicine line; without `length` it does not say for how long."""
    if row.dose is None:
        return Medicine(row.display, row.form or "", "", (row.dose_line,) if row.dose_line else ())
    dose = row.dose
    rest = [route_words(dose.route), frequency_words(dose.frequency)]
    if dose.prn:
        rest.append(_("only when needed"))
    if length and dose.frequency != "once" and dose.days:
        rest.append(ngettext("{days} day", "{days} days", dose.days).format(days=dose.days))
    if row.amended:
        rest.append(_("dose changed"))
    return Medicine(row.display, row.form or "", dose_amount(dose), tuple(rest))


def order_chip(status: str, contested: bool = False) -> ChipFace:
    """Where an order is."""
    if contested:
        return ChipFace("conflict", _("Two versions"), "git-merge")
    return {
        "draft": ChipFace("neutral", _("Not signed")),
        "active": ChipFace("info", _("Placed"), "paper-plane-tilt"),
        "on-hold": ChipFace("warning", _("On hold"), "pause"),
        "completed": ChipFace("success", _("Done")),
        "revoked": ChipFace("neutral", _("Cancelled"), "prohibit"),
        "entered-in-error": ChipFace("neutral", _("Entered in error"), "x"),
    }[status]


def medicine_chip(row: MedicineRow, now: datetime) -> ChipFace | None:
    """What is to be known of a medicine at a glance; None when it is simply taken."""
    if row.doses:
        return ChipFace("conflict", _("Two doses"), "git-merge")
    if row.status == "on-hold":
        return ChipFace("warning", _("On hold"), "pause")
    if row.review_on is not None and row.review_on <= now.date():
        return ChipFace("warning", _("Review"))
    return {
        "draft": ChipFace("neutral", _("Not signed")),
        "stopped": ChipFace("neutral", _("Stopped"), "prohibit"),
        "cancelled": ChipFace("neutral", _("Cancelled"), "prohibit"),
        "completed": ChipFace("neutral", _("Finished"), "check"),
        "entered-in-error": ChipFace("neutral", _("Entered in error"), "x"),
    }.get(row.status)


def since_words(row: MedicineRow, now: datetime) -> str:
    """Since when a medicine is taken: the year, within this one the month, today the time."""
    at = row.written.astimezone(now.tzinfo)
    if at.date() == now.date():
        return _("since {time}").format(time=show_time(at.time()))
    return _("since {time}").format(time=str(at.year) if at.year < now.year else month_names()[at.month - 1])


def part_word(table: str) -> str:
    """The word for a part of an entry of the chart."""
    return {
        "allergy": _("Allergy"),
        "no_known_allergy": _("No known allergies"),
        "no_known_allergy_void": _("Entered in error"),
        "condition": _("Problem"),
        "encounter": _("Visit"),
        "note": _("Note"),
        "note_section": _("Section of the note"),
        "note_signature": _("Signature"),
        "note_addendum": _("Addendum"),
        "note_void": _("Entered in error"),
        "observation": _("Reading"),
        "observation_void": _("Entered in error"),
        "prescription": _("Prescription"),
        "procedure": _("Procedure"),
        "procedure_void": _("Entered in error"),
        "service_order": _("Order"),
    }.get(table, table)


def field_word(column: str) -> str:
    """The word for a column of the record of care."""
    return {
        "at": _("At"),
        "category": _("Group"),
        "clinical_status": _("How it stands"),
        "code": _("Code"),
        "criticality": _("Danger if given again"),
        "days": _("Days"),
        "digest": _("Check sum"),
        "display": _("Name"),
        "dose": _("Dose"),
        "dose_unit": _("Unit"),
        "ended": _("Ended"),
        "frequency": _("How often"),
        "meaning": _("Meaning"),
        "onset": _("Since"),
        "priority": _("How urgent"),
        "prn": _("When needed"),
        "quantity": _("Quantity"),
        "reaction": _("Reaction"),
        "reason": _("Reason"),
        "repeats": _("Repeats"),
        "route": _("Way"),
        "section": _("Section"),
        "started": _("Begun"),
        "status": _("State"),
        "substance": _("Substance"),
        "text": _("Words"),
        "title": _("Title"),
        "type": _("Kind"),
        "unit": _("Unit"),
        "value": _("Value"),
        "verification_status": _("How sure"),
        "verified_at": _("Checked"),
        "written": _("Written"),
    }.get(column, column.replace("_", " "))


def visit_words(status: str) -> str:
    """Where a visit is."""
    return {
        "planned": _("Planned"),
        "arrived": _("Waiting"),
        "triaged": _("Vitals taken"),
        "in-progress": _("In progress"),
        "onleave": _("Away"),
        "finished": _("Finished"),
        "cancelled": _("Cancelled"),
        "entered-in-error": _("Entered in error"),
    }[status]


TIMELINE_ICONS = {
    "registration": "user-plus",
    "appointment": "calendar-blank",
    "arrival": "sign-in",
    "visit": "stethoscope",
    "note": "note-pencil",
    "procedure": "bandaids",
    "order": "paper-plane-tilt",
    "specimen": "test-tube",
    "result": "flask",
    "result_correction": "flask",
    "critical_call": "phone",
    "prescription": "pill",
    "dispense": "pill",
    "invoice": "receipt",
    "payment": "money",
    "call": "phone",
    "conflict": "git-merge",
    "import": "download-simple",
}
