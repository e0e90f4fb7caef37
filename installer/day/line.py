# SPDX-License-Identifier: Apache-2.0
"""What happens to the line and to a workstation: the server is dead or killed, a workstation dies, it all returns."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from uuid import UUID

from sqlalchemy import select

from hms_desktop.clinic import lending
from hms_desktop.clinic.conflicts.queries import inbox
from hms_desktop.clinic.ehr.model import Order, Prescription
from hms_desktop.commands.bench import open_bench
from hms_desktop.storage.leases import Lease
from hms_desktop.storage.reader import Reader
from installer.day import dying, hands
from installer.day.clinic import DemoClinic
from installer.day.day import Day
from installer.day.people import DemoStation
from installer.day.seat import Seat

NURSE, BENCH, COUNTER_1, COUNTER_2 = "Nurses' station", "Lab bench", "Pharmacy 1", "Pharmacy 2"


def dead(day: Day) -> None:
    """The evening before, every workstation was in step and was lent its share; then the server process is killed."""
    for station in day.clinic.stations:
        last_evening(day.clinic, station)
    day.clinic.server.kill()
    day.cut = True


def last_evening(clinic: DemoClinic, station: DemoStation) -> None:
    """One whole exchange of a workstation, and what it is lent for the days to come."""
    bench = open_bench(clinic.unlock(station.name, station.start))
    try:
        bench.exchange.catch_up()
        bench.exchange.ask_leases(bench.store.read(lending.wanted, bench.acting))
        bench.exchange.catch_up()
    finally:
        bench.store.close()


def cut(day: Day) -> None:
    """The server process is killed; every open window says since when it is offline."""
    day.in_step()
    day.seats[BENCH].hears_of(Order, day.known["orders"][-1])
    for station in (COUNTER_1, COUNTER_2, NURSE):
        day.seats[station].hears_of(Prescription, day.known["prescription"])
    lent = lent_rest(day.known["prescription"])
    hands.until(lambda: day.seats[COUNTER_1].ask(lent), "the rest of the prescription is lent to the first counter")
    day.clinic.server.kill()
    day.cut = True
    for station, seat in day.seats.items():
        hands.until(partial(_is_offline, seat), f"{station} says that it is offline", 60)


def _is_offline(seat: Seat) -> bool:
    return seat.says("network").startswith("Offline since")


def lent_rest(prescription: UUID) -> Callable[[Reader], bool]:
    """Whether the rest of a prescription is lent to this station."""
    question = select(Lease.id).where(Lease.kind == "prescription", Lease.subject == prescription)
    return lambda reader: bool(reader.rows(question.where(Lease.device == reader.station.device)))


def die(day: Day) -> None:
    """A workstation dies by kill -9 between its commit and its push, and is started again with its work intact."""
    nurse, station = day.clinic.station(NURSE).start, day.place(NURSE)
    day.leave(station)
    dying.die_at(day.clinic, station, nurse, day.known["walk_in"])
    seat = day.at(NURSE)
    day.known["after_death"] = seat.says("waiting")


def look_at_night(day: Day) -> None:
    """Every open window once in the dark theme, while they still say that they are offline."""
    if day.camera:
        names = {day.clinic.station(station).folder_name: seat.window for station, seat in day.seats.items()}
        day.camera.take_dark(names)


def come_back(day: Day) -> None:
    """The server process starts again; every window is asked to try now, and sends what waited."""
    day.known["waiting"] = {name: seat.says("waiting") for name, seat in day.seats.items()}
    day.clinic.server.start()
    day.cut = False
    for seat in list(day.seats.values()):
        seat.sit_down()
        hands.press("Ctrl+R")
    day.in_step()


def everybody_knows(day: Day) -> None:
    """Wait until what was settled has reached every window."""
    day.in_step()
    for station, seat in day.seats.items():
        hands.until(lambda seat=seat: not seat.ask(inbox), f"{station} sees an empty inbox", 40)  # type: ignore[misc]
