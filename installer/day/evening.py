# SPDX-License-Identifier: Apache-2.0
"""The server returns: what met is settled by people, and the rest of the bill is paid."""

from __future__ import annotations

from functools import partial

from hms_desktop.clinic.conflicts import service as inbox
from hms_desktop.clinic.conflicts.queries import Entry
from hms_desktop.clinic.conflicts.queries import inbox as open_entries
from hms_desktop.clinic.conflicts.queries_details import details
from hms_desktop.clinic.conflicts.rules import OVER_SUPPLIED, PERSON_TWICE, VALUES
from hms_desktop.clinic.conflicts.service import Chosen
from installer.day import hands
from installer.day.day import Day
from installer.day.seat import Seat


def bring_the_line_back(day: Day) -> None:
    """The server process starts again; every window finds it by itself and sends what waited."""
    day.known["waiting"] = {name: seat.says("waiting") for name, seat in day.seats.items()}
    day.clinic.server.start()
    day.cut = False
    for seat in day.seats.values():
        seat.sit_down()
        hands.press("Ctrl+R")
    day.in_step()


def entry_of(seat: Seat, kind: str) -> Entry:
    """The open line of this kind that belongs to this person."""
    found: list[Entry] = []

    def there() -> bool:
        found[:] = [one for one in seat.ask(open_entries) if one.kind == kind and one.mine]
        return bool(found)

    hands.until(there, f"{kind} stands in the inbox of {seat.login}")
    return found[0]


def join_charts(day: Day, seat: Seat) -> None:
    """The double registration: two charts, one person, by a link."""
    found = entry_of(seat, PERSON_TWICE)
    day.known["person_twice"] = found.title.what
    seat.do(
        lambda unit: inbox.join_charts(
            unit, conflict=found.conflicts[0].id, survivor=day.known["patient"], reason="Same phone, asked in person"
        )
    )


def choose_dose(day: Day, seat: Seat) -> None:
    """The dose that two people changed: one of both is chosen."""
    found = entry_of(seat, VALUES)
    day.known["dose_twice"] = found.title.what
    page = seat.ask(lambda r: details(r, found.conflicts[0].id))
    day.known["dose_page"] = page
    head = max(h for h in found.conflicts[0].standing if isinstance(h, int))
    group = found.conflicts[0].group or ""
    seat.do(
        lambda unit: inbox.choose(
            unit, conflict=found.conflicts[0].id, chosen=(Chosen(group, head),), reason="Fever first"
        )
    )


def let_supply_stand(day: Day, seat: Seat) -> None:
    """The over-supply: the pharmacist has spoken with the patient, and it stands with that reason."""
    found = entry_of(seat, OVER_SUPPLIED)
    day.known["over_supply"] = found.title.what
    seat.do(
        lambda unit: inbox.let_stand(
            unit, conflict=found.conflicts[0].id, reason="Patient brings two tablets back on Friday"
        )
    )


def everybody_knows(day: Day) -> None:
    """Wait until what was settled has reached every window."""
    day.in_step()
    for station, seat in day.seats.items():
        hands.until(partial(_inbox_is_empty, seat), f"{station} sees an empty inbox", 30)


def _inbox_is_empty(seat: Seat) -> bool:
    return not seat.ask(open_entries)
