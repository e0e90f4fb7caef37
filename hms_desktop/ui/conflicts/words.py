# SPDX-License-Identifier: Apache-2.0
"""How the inbox says things: ages, whose a line is, which rule settled one, what a kind of conflict asks for."""

from __future__ import annotations

from datetime import datetime

from hms_desktop.clinic.conflicts.queries import Entry
from hms_desktop.clinic.conflicts.queries_records import RecordSide
from hms_desktop.clinic.conflicts.queries_settled import FURTHER, SettledByRule
from hms_desktop.clinic.conflicts.rules import (
    ADMITTED_TWICE,
    CHARGED_TWICE,
    IDENTIFIER_TWICE,
    OVER_SUPPLIED,
    PAID_TWICE,
    PERSON_TWICE,
    RESULT_FOR_REVOKED,
    SAFETY,
    SLOT_OVER,
    STOCK_BELOW_ZERO,
    VISIT_TWICE,
)
from hms_desktop.core.dates import show_minutes
from hms_desktop.core.text import _, ngettext
from hms_desktop.security.roles import policy
from hms_desktop.ui.widgets.chip import ChipFace
from hms_desktop.ui.widgets.patient_amended import corrected, full_name


def age_words(since: datetime, now: datetime) -> str:
    """How long a line has waited: `22 min`, `1 h 04`, `3 d`."""
    minutes = max(0, int((now - since).total_seconds() // 60))
    return show_minutes(minutes) if minutes < 24 * 60 else _("{days} d").format(days=minutes // (24 * 60))


def owner_words(entry: Entry) -> str:
    """Whose the line is."""
    if entry.mine:
        return _("Yours to settle")
    return _("For the {role}").format(role=role_title(entry.conflicts[0].owner_role).lower())


def role_title(role: str) -> str:
    """A role as people know it."""
    known = policy().roles.get(role)
    return known.title if known else role.replace("_", " ")


def rule_words(settled: SettledByRule) -> str:
    """Which rule settled it."""
    if settled.rule == FURTHER:
        return _("Rule: the further step")
    return _("Rule: last change; other in history")


def settled_words(settled: SettledByRule) -> str:
    """What met."""
    if settled.thing:
        return _("{thing}: {group} changed twice").format(thing=settled.thing, group=settled.label)
    return _("{group} changed twice").format(group=settled.label)


def gravity_chip(entry: Entry) -> ChipFace:
    """Why a person must choose."""
    if entry.gravity == SAFETY:
        return ChipFace("critical", _("Safety: a person must choose"), "user")
    return ChipFace("warning", _("A person must choose"), "user")


def ask_words(kind: str) -> str:
    """The sentence under the title: what is asked of the person."""
    return {
        PERSON_TWICE: _("Compare the two charts. Linking keeps both histories whole and can be taken back."),
        IDENTIFIER_TWICE: _("Say whose number it is. The other chart keeps it in its history."),
        SLOT_OVER: _("Say who moves and when, or see all of them."),
        OVER_SUPPLIED: _("What was handed over can't be undone here. Stand for it with a reason."),
        STOCK_BELOW_ZERO: _("Count what is on the shelf."),
        PAID_TWICE: _("Void the payment that was not made, or keep the money as the patient's credit."),
        CHARGED_TWICE: _("Take one invoice back by a credit note, or let both stand with a reason."),
        RESULT_FOR_REVOKED: _("A result is there, the order was cancelled. Say with a reason what it counts for."),
        VISIT_TWICE: _("Say whether they are one visit. Both keep all that was written in them."),
        ADMITTED_TWICE: _("Say whether they are one stay. Both keep all that was written in them."),
    }.get(kind, _("Pick one side for each marked line. The other stays in the history with its author."))


def consequence_words(kind: str) -> str:
    """What follows from leaving it, in a second sentence."""
    return {
        PERSON_TWICE: _("Allergies and medicines of one chart are not seen in the other."),
        SLOT_OVER: _("The patients are told nothing until you choose."),
        OVER_SUPPLIED: _("The prescriber sees it in the chart."),
        PAID_TWICE: _("The receipts stay valid either way."),
        VISIT_TWICE: _("One visit is charged once: what was charged twice comes off the bill."),
        ADMITTED_TWICE: _("One stay has one bed, and each night is charged once."),
        "values": _("What belongs together stays together: no mix of two people's values. "
                    "If neither fits, write a new one in the chart."),
    }.get(kind, "")  # fmt: skip


def choices_left(count: int) -> str:
    """The words of the save button."""
    if not count:
        return _("Save")
    return ngettext("Save, {n} choice left", "Save, {n} choices left", count).format(n=count)


def brings_words(kinds: dict[str, int]) -> str:
    """What a chart holds, in one line."""
    said = [_counted(kind, count) for kind, count in sorted(kinds.items(), key=lambda pair: -pair[1])]
    return ", ".join(said) or _("nothing yet")


def _counted(kind: str, n: int) -> str:
    named = {
        "visit": ngettext("{n} visit", "{n} visits", n),
        "appointment": ngettext("{n} appointment", "{n} appointments", n),
        "arrival": ngettext("{n} arrival", "{n} arrivals", n),
        "note": ngettext("{n} note", "{n} notes", n),
        "procedure": ngettext("{n} procedure", "{n} procedures", n),
        "order": ngettext("{n} order", "{n} orders", n),
        "specimen": ngettext("{n} specimen", "{n} specimens", n),
        "result": ngettext("{n} result", "{n} results", n),
        "critical_call": ngettext("{n} critical call", "{n} critical calls", n),
        "prescription": ngettext("{n} line on prescriptions", "{n} lines on prescriptions", n),
        "dispense": ngettext("{n} hand-over", "{n} hand-overs", n),
        "invoice": ngettext("{n} invoice", "{n} invoices", n),
        "payment": ngettext("{n} payment", "{n} payments", n),
        "registration": ngettext("{n} registration", "{n} registrations", n),
        "call": ngettext("{n} call", "{n} calls", n),
        "conflict": ngettext("{n} settled conflict", "{n} settled conflicts", n),
    }
    return named.get(kind, ngettext("{n} other entry", "{n} other entries", n)).format(n=n)


def side_title(record: RecordSide) -> str:
    """What a record is called, and that the name in it was corrected."""
    return full_name(record.name) if record.name is not None else record.title


def anew_words(record: RecordSide) -> str:
    """What of a record was written anew before the conflict; empty when nothing was."""
    moved = _("moved from another time") if record.moved else ""
    return ", ".join(part for part in (corrected(record.name, "name", "birth", "sex"), moved) if part)
