# SPDX-License-Identifier: Apache-2.0
"""How the bench says states, stages, priorities, ranges and custody steps: chips and words."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from hms_desktop.clinic.lab.queries_results import CallRow, ResultRow
from hms_desktop.clinic.lab.rules_results import Range
from hms_desktop.core.dates import show_day, show_minutes, show_time
from hms_desktop.core.quantities import show_decimal, shown_unit
from hms_desktop.core.text import _
from hms_desktop.ui.widgets.chip import ChipFace, saved_here
from hms_desktop.ui.widgets.result_cell import Flag

STAGES = ("collect", "receive", "result", "critical", "verify", "release", "done")
_STAGE_OF = {
    "collected": "receive", "in-transit": "receive", "received": "result", "entering": "result",
    "critical": "critical", "verify": "verify", "release": "release",
}  # fmt: skip
LATE_MINUTES = {"stat": 30, "asap": 60, "urgent": 60, "routine": 240}
"""From collection, when a waiting specimen's age is shown as a warning."""


def stage_of(state: str) -> str:
    """The filter under which a state of a specimen is found."""
    return _STAGE_OF.get(state, "done")


def stage_words(stage: str) -> str:
    """A stage as the filter says it."""
    return {
        "": _("All"), "collect": _("To collect"), "receive": _("To receive"), "result": _("To result"),
        "critical": _("Critical open"), "verify": _("To verify"), "release": _("To release"), "done": _("Finished"),
    }[stage]  # fmt: skip


def state_chip(state: str) -> ChipFace:
    """Where a specimen is."""
    return {
        "collect": ChipFace("neutral", _("To collect"), "test-tube"),
        "collected": ChipFace("neutral", _("Collected"), "drop"),
        "in-transit": ChipFace("neutral", _("On its way"), "truck"),
        "received": ChipFace("neutral", _("Received"), "tray"),
        "entering": ChipFace("info", _("Entering"), "pencil-simple"),
        "critical": ChipFace("critical", _("Call"), "phone"),
        "verify": ChipFace("warning", _("Verify"), "eye"),
        "release": ChipFace("info", _("Release"), "paper-plane-tilt"),
        "released": ChipFace("success", _("Released")),
        "rejected": ChipFace("critical", _("Rejected"), "x-circle"),
        "revoked": ChipFace("warning", _("Order cancelled"), "prohibit"),
        "replaced": ChipFace("neutral", _("Old label"), "tag"),
    }.get(state, ChipFace("neutral", _("Disposed"), "trash"))


def row_chip(state: str, here: bool) -> ChipFace:
    """The chip of a line: its state, or that this device alone has it once nothing more is to be done."""
    return saved_here() if here and state in ("released", "rejected") else state_chip(state)


def priority_words(priority: str) -> str:
    """A priority as people say it."""
    return {"stat": _("STAT"), "asap": _("As soon as possible"), "urgent": _("Urgent")}.get(priority, _("Routine"))


def flag_of(value: str | None) -> Flag:
    """A stored flag as the cells show it; normal and unjudged values show none."""
    known: dict[str | None, Flag] = {"L": "L", "H": "H", "A": "A", "LL": "LL", "HH": "HH"}
    return known.get(value, "")


def value_words(row: ResultRow) -> str:
    """The value of a version, without its unit."""
    return show_decimal(row.value) if row.value is not None else row.text or ""


def measured_words(row: ResultRow) -> str:
    """The value of a version with its unit."""
    return " ".join(part for part in (value_words(row), shown_unit(row.unit)) if part)


def range_words(reference: Range | None) -> str:
    """A reference range; nothing when there is none for this person."""
    return limits_words(reference.low, reference.high) if reference else ""


def limits_words(low: Decimal | None, high: Decimal | None) -> str:
    """`3.5 to 5.1`, or one limit when there is only one."""
    if low is not None and high is not None:
        return _("{low} to {high}").format(low=show_decimal(low), high=show_decimal(high))
    if low is not None:
        return _("{low} or more").format(low=show_decimal(low))
    return _("up to {high}").format(high=show_decimal(high)) if high is not None else ""


def change_words(change: Decimal | None) -> str:
    """A change with its sign."""
    if change is None:
        return ""
    sign = "+" if change > 0 else "\N{MINUS SIGN}" if change < 0 else ""
    return f"{sign}{show_decimal(abs(change))}"


def moment_words(at: datetime, now: datetime) -> str:
    """`09:12` when it is today at the clinic, else with the day; `now` is in the clinic's zone."""
    local = at.astimezone(now.tzinfo)
    time = show_time(local.time())
    if local.date() == now.date():
        return time
    return _("{day} {time}").format(day=show_day(local.date()), time=time)


def age_minutes(since: datetime, now: datetime) -> int:
    """Whole minutes that went by."""
    return max(0, int((now - since).total_seconds() // 60))


def age_words(since: datetime, now: datetime) -> str:
    """How long ago, as `12 min`, `1 h 04`, or in days from two days on."""
    minutes = age_minutes(since, now)
    if minutes >= 48 * 60:
        return _("{days} days").format(days=minutes // (24 * 60))
    return show_minutes(minutes)


def is_late(priority: str, stage: str, since: datetime, now: datetime) -> bool:
    """Whether something that is still waiting has waited long for its priority."""
    return stage != "done" and age_minutes(since, now) >= LATE_MINUTES[priority]


def way_words(way: str) -> str:
    """How somebody is told."""
    return {
        "phone": _("Phone"), "in_person": _("In person"), "radio": _("Radio"), "message": _("Message"),
    }.get(way, way)  # fmt: skip


def call_by_words(until: datetime, now: datetime) -> str:
    """Until when somebody must be told, or since when that is over and it goes to who is on call."""
    if now <= until:
        return _("call by {time}").format(time=moment_words(until, now))
    return _("overdue by {time}: call who is on call").format(time=age_words(until, now))


def call_words(call: CallRow, now: datetime) -> str:
    """One attempt in a sentence."""
    facts = {"name": call.told, "way": way_words(call.way), "time": moment_words(call.at, now), "by": call.by}
    if not call.reached:
        return _("{time} {name} not reached ({way}, tried by {by})").format(**facts)
    read = show_decimal(call.read_back) if call.read_back is not None else ""
    if not call.matched:
        return _("{time} {name} read back {value}, which is not the result ({way}, {by})").format(value=read, **facts)
    return _("{time} {name} told, read back {value} ({way}, {by})").format(value=read, **facts)


def identity_sex(sex: str) -> str:
    """The sex in a range's heading; nothing when it is not known."""
    return {"male": _("male"), "female": _("female")}.get(sex, "")


def age_of_days(days: int | None) -> str:
    """An age in days as `66 y`, `5 months` or `12 days`; nothing when it is not known."""
    if days is None:
        return ""
    if days >= 2 * 365:
        return _("{years} y").format(years=int(days / 365.25))
    if days >= 60:
        return _("{months} months").format(months=days * 12 // 365)
    return _("{days} days").format(days=days)


def custody_words(step: str) -> str:
    """A hand-over of a specimen."""
    return {
        "collected": _("Collected"), "in_transit": _("Handed over"), "received": _("Received"),
        "rejected": _("Rejected"), "relabelled": _("Label replaced"), "stored": _("Stored"),
    }.get(step, _("Disposed"))  # fmt: skip
