# SPDX-License-Identifier: Apache-2.0
"""The audit log: filter, check of every chain, and an export that takes two persons."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from starlette.responses import Response

from hms_desktop.core.clock import instant
from hms_desktop.core.errors import BadInput
from hms_desktop.core.text import _
from hms_desktop.sync.verify import verify
from sync_server import two_person
from sync_server.administration import note_act
from sync_server.console import figures, guard
from sync_server.console.app import Asked, Console, Place
from sync_server.console.audit_lines import AREAS, MOST_LOOKED_AT, Filter, Line, audit_page
from sync_server.console.whose import charts_of
from sync_server.devices import device_rows
from sync_server.two_person import APPROVED, Kind, declare

NEEDS = "device.manage"
CHECKED = "chains checked"
MOST_EXPORTED = 100_000
FIELDS = ("q", "record", "person", "device", "area", "since", "until")
TYPED = ("q", "record")
"""What somebody typed: it may say who a patient is, and travels in no address and no chain."""
EXPORT = declare(Kind("audit-export", _("Export of the audit log"), NEEDS))
COLUMNS = (
    "change", "at", "came", "person", "station", "action", "what", "look", "purpose", "whose", "state", "records",
    "detail", "origin",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def read_filter(raw: dict[str, str], zone: ZoneInfo) -> Filter:
    """The filter as its fields say; BadInput for one that can't be read."""
    try:
        return Filter(
            person=UUID(hex=raw["person"]) if raw.get("person") else None,
            device=UUID(hex=raw["device"]) if raw.get("device") else None,
            area=raw.get("area", "") if raw.get("area", "") in AREAS else "",
            words=raw.get("q", "")[:80],
            record=raw.get("record", "")[:40],
            since=_day(raw.get("since", ""), zone),
            until=_day(raw.get("until", ""), zone, 1),
            before=int(raw.get("before") or 0),
        )
    except ValueError as error:
        raise BadInput(_("The filter can't be read. Clear it and choose again.")) from error


def _day(text: str, zone: ZoneInfo, later: int = 0) -> datetime | None:
    if not text:
        return None
    day = datetime.fromisoformat(text).replace(tzinfo=zone)
    if not 1970 < day.year < 9999:
        raise ValueError(text)
    return day + timedelta(days=later)


def listed(console: Console, asked: Asked) -> Response:
    """The page; an address may name a device, a person, an area and days, and never words that somebody typed."""
    return _shown(
        console, asked, {name: asked.query(name) if name not in TYPED else "" for name in (*FIELDS, "before")}
    )


def sieved(console: Console, asked: Asked) -> Response:
    """The page by the filter of its form; that the trail of a record was looked at stands in the trail."""
    raw = {name: asked.form.get(name, "")[:200] for name in (*FIELDS, "before")}
    for chart in sorted(charts_of(console.home, raw["record"]) if raw["record"] and not raw["before"] else ()):
        note_act(console.home, asked.by, "audit.looked_up", chart)
    return _shown(console, asked, raw)


def _shown(console: Console, asked: Asked, raw: dict[str, str]) -> Response:
    home = console.home
    wanted = read_filter(raw, ZoneInfo(home.facts.zone))
    lines, more = audit_page(home, wanted)
    fields = [(name, raw[name]) for name in FIELDS if raw[name]]
    checked = console.book.get(CHECKED)
    return console.show(
        asked, "audit.html", lines=lines, more=more, wanted=wanted, since=raw["since"], until=raw["until"],
        filter_fields=fields, areas=_areas(), looked_at=MOST_LOOKED_AT, checked=checked,
        checked_at=instant(checked["at_ms"]) if checked else None,
        people=sorted(figures.people_names(home).items(), key=lambda pair: pair[1].casefold()),
        devices=[(row.id, row.name) for row in device_rows(home)],
        ready=[
            one for one in two_person.requests(home, console.book)
            if one.kind == EXPORT.name and one.by == asked.who.id and one.state == APPROVED
        ],
    )  # fmt: skip


def _areas() -> list[tuple[str, str]]:
    words = {
        "": _("Everything"), "administration": _("Administrators"), "reading": _("Reading"),
        "leaving": _("Printing and export"), "glass": _("Emergency access"), "sessions": _("Signing in and out"),
        "changes": _("Changes"), "sync": _("Sync"), "refused": _("Refused"),
    }  # fmt: skip
    return [(area, words[area]) for area in AREAS]


def check(console: Console, asked: Asked) -> Response:
    """Walk every chain and every signature, and keep what was found."""
    facts, home = console.home.server_facts, console.home
    with home.store.reading() as connection:
        found = verify(connection, facts.signing_public, facts.clinic, trail=(home.folder, home.facts.author))
    kept: dict[str, Any] = {
        "at_ms": home.store.clock.now_ms(), "chains": found.chains, "whole": found.whole,
        "signatures": found.signatures, "segments": found.segments, "broken": [str(link) for link in found.broken],
    }  # fmt: skip
    console.book.put(CHECKED, kept)
    note_act(home, asked.by, "audit.checked", None, _("{n} broken").format(n=len(found.broken)))
    return console.go("/audit")


def ask_export(console: Console, asked: Asked) -> Response:
    """Ask to export what is filtered; whoever approves reads of what, and the chain never what was typed."""
    raw = {name: asked.form.get(name, "") for name in FIELDS}
    read_filter(raw, ZoneInfo(console.home.facts.zone))
    told = _told(console, raw)
    chosen = ", ".join(words for name, words in told.items() if name not in TYPED)
    if typed := [one for one in TYPED if one in told]:
        chosen += _(", and {n} typed").format(n=len(typed)) if chosen else _("{n} typed").format(n=len(typed))
    words = _("Export of the audit log ({filter})").format(filter=chosen or _("everything"))
    two_person.ask(
        console.home, console.book, asked.by, EXPORT.name, words, reason=asked.form.get("reason", ""),
        payload={**raw, "told": ", ".join(told.values())},
    )  # fmt: skip
    return console.go("/requests")


def _told(console: Console, raw: Mapping[str, str]) -> dict[str, str]:
    """The filter in words, by its fields."""
    words = {
        "q": _("words “{value}”"), "record": _("record {value}"), "person": _("by {value}"), "device": _("at {value}"),
        "area": "{value}", "since": _("from {value}"), "until": _("to {value}"),
    }  # fmt: skip
    known = {person.hex: name for person, name in figures.people_names(console.home).items()}
    known |= {row.id.hex: row.name for row in device_rows(console.home)} | dict(_areas())
    return {name: words[name].format(value=known.get(raw[name], raw[name])) for name in FIELDS if raw[name]}


def export(console: Console, asked: Asked) -> Response:
    """Use an approved request once: the lines as CSV, with who exported them, when and by which filter."""
    home, request = console.home, asked.id()
    used = two_person.use(home, console.book, asked.by, request, EXPORT.name)
    wanted = read_filter(dict(used.payload), ZoneInfo(home.facts.zone))
    lines, more = audit_page(home, wanted, MOST_EXPORTED, look_at=None)
    note_act(home, asked.by, "audit.exported", request, _("{n} lines").format(n=len(lines)))
    named = {"Content-Disposition": 'attachment; filename="audit.csv"'}
    body = as_csv(lines, used.of_what or used.words, asked.by.name, home.store.clock.now_ms(), whole=not more)
    return guard.dressed(Response(body, media_type="text/csv; charset=utf-8", headers=named))


def as_csv(lines: list[Line], words: str, name: str, now_ms: int, *, whole: bool = True) -> str:
    """The lines as a table, which says so when it is not all; what a spreadsheet would take for a formula is none.

    Moments are UTC (ISO 8601): `at` when it was done, `came` when the server got it.
    """
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow([_plain(words), _plain(name), instant(now_ms).isoformat(), *([] if whole else [_not_all()])])
    table.writerow(COLUMNS)
    for line in lines:
        records = "; ".join(f"{one.table} {one.record} ({' '.join(one.fields)})" for one in line.touched)
        cells = (line.change, line.at.isoformat(), line.came.isoformat(), line.person, line.station, line.name,
                 line.action, line.access, line.purpose, " ".join(line.patients), line.state, records, line.detail,
                 line.origin)  # fmt: skip
        table.writerow([_plain(cell) for cell in cells])
    return out.getvalue()


def _not_all() -> str:
    return _("Not all: the newest {n} lines. Export fewer days at a time.").format(n=MOST_EXPORTED)


def _plain(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


PLACES = (
    Place("/audit", listed, NEEDS),
    Place("/audit", sieved, NEEDS, "POST"),
    Place("/audit/check", check, NEEDS, "POST"),
    Place("/audit/export", ask_export, NEEDS, "POST"),
    Place("/audit/export/{id}", export, NEEDS, "POST"),
)
