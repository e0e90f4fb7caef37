# SPDX-License-Identifier: Apache-2.0
"""The value of one column in the words of the screens, for whoever compares two versions of a record."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import UUID

from hms_desktop.clinic.ehr.rules import priority_name
from hms_desktop.clinic.ehr.rules_notes import section_name
from hms_desktop.clinic.patients.births import show_birth
from hms_desktop.clinic.patients.rules import sex_word
from hms_desktop.clinic.patients.rules_cover import entry_word, period_word
from hms_desktop.clinic.staff.rules import weekday_word
from hms_desktop.core.dates import show_day, show_moment
from hms_desktop.core.money import Money
from hms_desktop.core.quantities import show_decimal
from hms_desktop.core.tall_man import tall_man
from hms_desktop.core.text import _, ngettext
from hms_desktop.security.queries import query
from hms_desktop.security.roles import policy
from hms_desktop.storage.reader import Reader

QUIET = frozenset(
    {
        "class_code", "classes", "code", "family_key", "given_key", "ingredient", "name_known", "parts",
        "phone_key", "price_code", "rank", "sound_key", "source", "subject_table", "times_per_day",
    }
)  # fmt: skip
"""Columns that are kept for the program: nobody reads them on a screen. What points at another record is quiet too."""

Say = Callable[[Any], str]


@query("conflict.read")
def column_words(reader: Reader, table: str, column: str, value: Any) -> str:
    """What a person reads of this column; nothing for what is empty, quiet, or goes without saying."""
    if value is None or column in QUIET or isinstance(value, UUID):
        return ""
    if column in _MONEY:
        return _money(column).format(amount=Money(value, reader.clinic.currency))
    if isinstance(value, datetime):
        value = value.astimezone(reader.clinic.zone)
    say = _says().get((table, column)) or _says().get(("", column))
    return say(value) if say else _plain(reader, value)


def state_words(code: str) -> str:
    """A FHIR status code in the clinic's words."""
    return {
        "active": _("active"),
        "inactive": _("inactive"),
        "resolved": _("resolved"),
        "recurrence": _("came back"),
        "relapse": _("came back"),
        "remission": _("in remission"),
        "confirmed": _("confirmed"),
        "unconfirmed": _("not confirmed yet"),
        "provisional": _("provisional"),
        "differential": _("one of several possible"),
        "refuted": _("ruled out"),
        "on-hold": _("on hold"),
        "completed": _("completed"),
        "stopped": _("stopped"),
        "cancelled": _("cancelled"),
        "revoked": _("cancelled"),
        "entered-in-error": _("entered in error"),
        "draft": _("draft"),
        "booked": _("booked"),
        "pending": _("to be confirmed"),
        "waitlist": _("on the waitlist"),
        "arrived": _("arrived"),
        "checked-in": _("checked in"),
        "fulfilled": _("seen"),
        "noshow": _("did not come"),
        "usable": _("usable"),
        "recalled": _("recalled"),
        "requested": _("to do"),
        "in-progress": _("in progress"),
        "finished": _("finished"),
        "planned": _("planned"),
        "triaged": _("triaged"),
        "available": _("available"),
        "unsatisfactory": _("unsatisfactory"),
        "unavailable": _("unavailable"),
        "proposed": _("proposed"),
        "onleave": _("paused"),
        "preliminary": _("entered"),
        "corrected": _("corrected"),
    }.get(code, code)


def move_words(code: str) -> str:
    """How something left or came to a shelf."""
    return {
        "dispense": _("Handed over"),
        "issue": _("Issued"),
        "transfer": _("Moved"),
        "count": _("Counted"),
        "adjust": _("Adjusted"),
        "destroy": _("Destroyed"),
        "expire": _("Written off, expired"),
    }.get(code, code)


def _plain(reader: Reader, value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, datetime):
        return show_moment(value)
    if isinstance(value, date):
        return show_day(value)
    if isinstance(value, Decimal):
        return show_decimal(value)
    if isinstance(value, (list, dict)):
        return ""
    return str(value)


_MONEY = frozenset({"copay", "deductible", "cap"})


def _money(column: str) -> str:
    return {
        "copay": _("co-pay {amount}"),
        "deductible": _("deductible {amount}"),
        "cap": _("pays at most {amount}"),
    }[column]


@cache
def _says() -> Mapping[tuple[str, str], Say]:
    """How a column is said, by table and column; without a table it holds for every other."""
    return {**_of_people(), **_of_care(), **_of_everything()}


def _of_people() -> dict[tuple[str, str], Say]:
    return {
        ("patient", "sex"): sex_word,
        ("patient", "deceased_on"): show_birth,
        ("patient", "interpreter"): lambda on: _("needs an interpreter") if on else _("needs no interpreter"),
        ("patient", "temporary"): lambda on: _("temporary record") if on else "",
        ("patient", "active"): lambda on: _("in use") if on else _("out of use"),
        ("patient_contact", "kind"): _contact,
        ("patient_contact", "confirmed"): lambda at: _("confirmed {day}").format(day=show_day(at.date())),
        ("patient_flag", "kind"): lambda kind: {"safety": _("safety"), "access": _("access")}.get(kind, ""),
        ("task", "kind"): lambda _kind: "",
        ("task", "role"): lambda role: _("for the {role}").format(role=_role(role)),
        ("coverage", "member_id"): lambda number: _("member {number}").format(number=number),
        ("coverage", "order"): lambda at: _("pays as number {number}").format(number=at),
        ("coverage", "patient_share_percent"): _share,
        ("coverage", "deductible_period"): period_word,
        ("coverage", "cap_period"): period_word,
        ("coverage", "excluded"): lambda codes: _("not covered: {items}").format(items=_entries(codes)),
        ("coverage", "package"): lambda codes: _("paid whole: {items}").format(items=_entries(codes)),
    }


def _of_care() -> dict[tuple[str, str], Say]:
    return {
        ("appointment", "firm"): lambda on: _("firm") if on else _("to be confirmed"),
        ("appointment", "asked_by"): lambda _who: "",
        ("allergy", "system"): lambda _name: "",
        ("allergy", "type"): lambda kind: _("intolerance") if kind == "intolerance" else _("allergy"),
        ("allergy", "category"): _category,
        ("allergy", "criticality"): _danger,
        ("allergy", "reaction"): lambda text: _("reaction {reaction}").format(reaction=text),
        ("allergy", "verified_at"): lambda at: _("checked {day}").format(day=show_day(at.date())),
        ("condition", "system"): lambda _name: "",
        ("condition", "onset"): lambda day: _("since {day}").format(day=show_birth(day)),
        ("condition", "abatement"): lambda day: _("until {day}").format(day=show_birth(day)),
        ("service_order", "system"): lambda _name: "",
        ("service_order", "category"): lambda _kind: "",
        ("service_order", "priority"): lambda code: priority_name(code).lower() if code != "stat" else _("STAT"),
        ("prescription", "system"): lambda _name: "",
        ("prescription", "display"): tall_man,
        ("note_section", "section"): section_name,
        ("batch", "lot"): lambda lot: _("lot {lot}").format(lot=lot),
        ("batch", "expires"): lambda day: _("expires {day}").format(day=show_day(day)),
    }


def _of_everything() -> dict[tuple[str, str], Say]:
    return {
        ("", "active"): lambda on: "" if on else _("no longer in use"),
        ("", "status"): state_words,
        ("", "state"): state_words,
        ("", "clinical_status"): state_words,
        ("", "verification_status"): state_words,
        ("", "minutes"): lambda n: ngettext("{n} minute", "{n} minutes", n).format(n=n),
        ("", "slot_minutes"): lambda n: ngettext("{n} minute", "{n} minutes", n).format(n=n),
        ("", "capacity"): lambda n: ngettext("{n} patient", "{n} patients", n).format(n=n),
        ("", "weekday"): weekday_word,
        ("", "valid_from"): lambda day: _("from {day}").format(day=_partial(day)),
        ("", "valid_to"): lambda day: _("to {day}").format(day=_partial(day)),
        ("", "period_from"): lambda day: _("from {day}").format(day=_partial(day)),
        ("", "period_to"): lambda day: _("to {day}").format(day=_partial(day)),
    }


def _partial(day: str | date) -> str:
    return show_day(day) if isinstance(day, date) else show_birth(day)


def _contact(kind: str) -> str:
    return {
        "phone": _("telephone"),
        "email": _("e-mail"),
        "address": _("address"),
        "next_of_kin": _("next of kin"),
    }.get(kind, kind)


def _role(role: str) -> str:
    known = policy().roles.get(role)
    return (known.title if known else role.replace("_", " ")).lower()


def _share(percent: Decimal) -> str:
    return _("the patient pays {percent} %").format(percent=show_decimal(percent))


def _entries(codes: str) -> str:
    said = [code.strip() for code in codes.split(";") if code.strip()]
    return ", ".join(entry_word(code).lower() if ":" in code else code for code in said)


def _category(code: str) -> str:
    return {
        "medication": _("medicine"),
        "food": _("food"),
        "environment": _("surroundings"),
        "biologic": _("biological"),
    }.get(code, code)


def _danger(code: str) -> str:
    words = {"high": _("high"), "low": _("low"), "unable-to-assess": _("can't be assessed")}
    return _("danger if given again {danger}").format(danger=words.get(code, code))
