# SPDX-License-Identifier: Apache-2.0
"""Whether the day came out right: rows of all replicas, bill to the cent, chains, nothing waiting, nothing doubled."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, func, select, text

from hms_desktop.clinic.appointments.model import Appointment, CheckIn
from hms_desktop.clinic.appointments.rules import HOLDS_A_PLACE
from hms_desktop.clinic.billing.model import Charge, Invoice, InvoiceLine, Payment
from hms_desktop.clinic.conflicts.queries import inbox
from hms_desktop.clinic.ehr.model import Encounter, Observation
from hms_desktop.clinic.lab.queries_inbox import ChartResult, chart_results
from hms_desktop.clinic.patients.model import Task, TimelineEntry
from hms_desktop.clinic.patients.queries_people import one_person
from hms_desktop.security.sign_in import OpenProfile
from hms_desktop.security.stations import grants
from hms_desktop.storage.engine import open_engine
from hms_desktop.storage.reader import Reader
from hms_desktop.storage.store import Store
from installer.day import hands
from installer.day.day import CUT, OFFLINE, ONLINE, Day
from installer.day.dying import TEMPERATURE
from installer.day.front_desk import SHARE
from installer.day.people import shipped_stations
from installer.day.seat import stray_windows
from installer.day.set_up import listed_prices
from sync_server import home

TO_SETTLE = {ONLINE: (), OFFLINE: ("person_twice",), CUT: ("person_twice", "dose_twice", "over_supply")}
"""What needs a person when everything has met, by how the line stood."""
Rows = dict[str, list[tuple[Any, ...]]]
ARRIVAL_SECONDS = 60.0


@dataclass(frozen=True)
class Check:
    """One thing that must be true at the end; `found` says what was found."""

    name: str
    passed: bool
    found: str


def every_check(day: Day) -> list[Check]:
    """All checks, while the windows are still open."""
    with home.open_home(day.clinic.server.folder) as server:
        truth: Callable[[Callable[[Reader], Any]], Any] = lambda query: server.store.read(query, server.worker)  # noqa: E731
        return [
            attended(day),
            *converged(day, server.store),
            waitlist(day, truth), once(day, truth), settled(day, truth), whole(day, truth), charted(day),
            survived(day, truth), bill(day, truth), nothing_waiting(day), no_stray_window(),
        ]  # fmt: skip


def dump(connection: Connection, tables: frozenset[str]) -> Rows:
    """Every row and standing head of these tables, without what is local."""
    found: Rows = {}
    for name in sorted(tables):
        result = connection.execute(text(f'SELECT * FROM "{name}"'))
        found[name] = sorted((tuple(v for k, v in row._mapping.items() if k != "rid") for row in result), key=repr)
    heads = connection.execute(text("SELECT tbl, record, grp, stamp, vals FROM own_standing_head"))
    for row in heads:
        if row.tbl in tables:
            found.setdefault(f"heads of {row.tbl}", []).append(tuple(row))
    return {name: sorted(rows, key=repr) for name, rows in found.items()}


def attended(day: Day) -> Check:
    """On the day of the cut every workstation of the clinic is open at the end; else those that have work."""
    wanted = {station.name for station in shipped_stations()} if day.line == CUT else day.opened
    absent = sorted(wanted - day.seats.keys())
    words = f"{len(day.seats)} workstations" + (f"; closed: {', '.join(absent)}" if absent else "")
    return Check("Every workstation is open at the end", not absent, words)


def converged(day: Day, server: Store, seconds: float = ARRIVAL_SECONDS) -> list[Check]:
    """Each replica against the server's rows, within its grants; what is on its way has time to arrive."""
    deadline = time.monotonic() + seconds
    checks = compared(day, server)
    while not all(check.passed for check in checks) and time.monotonic() < deadline:
        hands.breathe(0.5)
        checks = compared(day, server)
    return checks


def compared(day: Day, server: Store) -> list[Check]:
    """Each open replica against the server's rows as they are now."""
    with server.reading() as connection:
        truth = dump(connection, frozenset().union(*(grants(s.kind).read for s in day.clinic.stations)))
    seats = day.seats.items()
    return [_held(station, day.clinic.station(station).kind, seat.opened, truth) for station, seat in seats]


def _held(station: str, kind: str, opened: OpenProfile, truth: Rows) -> Check:
    tables = grants(kind).read
    engine = open_engine(opened.replica, opened.file_key, readonly=True)
    with engine.connect() as connection:
        here = dump(connection, tables)
    engine.dispose()
    wanted = {n: rows for n, rows in truth.items() if n in tables or n.removeprefix("heads of ") in tables}
    differ = sorted(n for n in here.keys() | wanted.keys() if here.get(n, []) != wanted.get(n, []))
    count = sum(map(len, here.values()))
    found = f"{count:,} rows of {len(tables)} tables" + (f"; differ: {', '.join(differ)}" if differ else "")
    return Check(f"{station} holds the server's rows", not differ and count > 0, found)


def waitlist(day: Day, truth: Callable[..., Any]) -> Check:
    """The pending booking yielded, with a task; the firm one stands; on a whole line nobody could book twice."""
    if day.line == ONLINE:
        holding = select(Appointment.id).where(Appointment.slot == day.known["slot"].id)
        booked = truth(lambda r: r.rows(holding.where(Appointment.status.in_(HOLDS_A_PLACE))))
        words = f"{len(booked)} booking"
        return Check("The last slot was given once", [b.id for b in booked] == [day.known["firm"]], words)
    pending, firm = (truth(lambda r, k=k: r.get(Appointment, day.known[k])) for k in ("pending", "firm"))
    tasks = truth(lambda r: r.rows(select(Task.title).where(Task.subject == day.known["pending"])))
    passed = (pending.status, firm.status, len(tasks)) == ("waitlist", "booked", 1)
    return Check("The pending booking is on the waitlist with a task", passed, tasks[0].title if tasks else "no task")


def once(day: Day, truth: Callable[..., Any]) -> Check:
    """Checked in at two desks: one check-in, one encounter, one charge."""
    appointment = day.known["other_appointment"]

    def counts(reader: Reader) -> list[int]:
        encounters = [r.id for r in reader.rows(select(Encounter.id).where(Encounter.appointment == appointment))]
        return [
            int(reader.scalar(select(func.count()).select_from(CheckIn).where(CheckIn.appointment == appointment))),
            len(encounters),
            int(reader.scalar(select(func.count()).select_from(Charge).where(Charge.source.in_(encounters)))),
        ]

    found = truth(counts)
    words = "{} check-in, {} encounter, {} charge".format(*found)
    return Check("Checked in at two desks is one visit and one charge", found == [1, 1, 1], words)


def settled(day: Day, truth: Callable[..., Any]) -> Check:
    """What needed a person stood in the inbox in words, and is settled; on a whole line nothing needed one."""
    left, wanted = truth(inbox), TO_SETTLE[day.line]
    words = [day.known.get(k, "missing") for k in wanted]
    passed = not left and "missing" not in words
    words += [f"still open: {one.title.what}" for one in left]
    return Check(f"{len(wanted)} conflicts came and were settled by people", passed, "; ".join(words))


def whole(day: Day, truth: Callable[..., Any]) -> Check:
    """Two charts, one person, both histories whole; on a whole line there is no second chart."""
    first = day.known["patient"]
    second = first if day.line == ONLINE else day.known["second_chart"]
    person = truth(lambda r: one_person(r, second))
    lines = truth(lambda r: [_count(r, TimelineEntry, c) for c in (first, second)])
    passed = person.survivor == first and set(person.charts) == {first, second} and all(lines)
    name = "One chart, its history whole" if first == second else "The two charts are one person, both histories whole"
    joined = f"{lines[0]} and {lines[1]} entries of {len(set(person.charts))} joined charts"
    return Check(name, passed, joined)


def _count(reader: Reader, record: Any, patient: UUID) -> int:
    return int(reader.scalar(select(func.count()).select_from(record).where(record.patient == patient)))


def _results(reader: Reader, patient: UUID) -> tuple[ChartResult, ...]:
    """What a chart shows here, whoever sits at the doctor's computer by now: it is the replica that is checked."""
    reader.depth += 1
    return chart_results(reader, patient)


def charted(day: Day) -> Check:
    """The doctor's chart shows the potassium with the time at which it was resulted, while the line was cut."""
    patient: UUID = day.known["patient"]
    seat = day.seats[day.place("Doctor's room")]
    shown = [one for one in seat.ask(partial(_results, patient=patient)) if "otassium" in one.display]
    passed = bool(shown) and shown[0].at <= day.known["released_at"]
    return Check(
        "The chart shows the result with its true time", passed, f"{shown[0].at:%H:%M:%S} UTC" if shown else "-"
    )


def survived(day: Day, truth: Callable[..., Any]) -> Check:
    """What the killed workstation had committed reached the server once."""
    question = (
        select(func.count())
        .select_from(Observation)
        .where(Observation.patient == day.known["patient"], Observation.value == TEMPERATURE)
    )
    found = truth(lambda r: r.scalar(question))
    return Check("The work of the killed workstation arrived, once", found == 1, f"{found} reading")


def bill(day: Day, truth: Callable[..., Any]) -> Check:
    """Every charge is on one invoice at the listed price; the patient paid the share that the cover leaves, no more."""
    patient = day.known["patient"]
    invoices = truth(lambda r: r.rows(select(Invoice.__table__).where(Invoice.patient == patient)))
    lines = truth(
        lambda r: r.rows(select(InvoiceLine.__table__).where(InvoiceLine.invoice.in_([i.id for i in invoices])))
    )
    wanted = select(Charge.id, Charge.code, Charge.quantity).where(Charge.patient == patient)
    charges = truth(lambda r: r.rows(wanted))
    paid = sum(p.amount for p in truth(lambda r: r.rows(select(Payment.amount).where(Payment.patient == patient))))
    prices = listed_prices()
    listed = sum(prices[charge.code] * charge.quantity for charge in charges)
    total, patient_total = sum(i.total for i in invoices), sum(i.patient_total for i in invoices)
    passed = (
        sorted(line.charge for line in lines) == sorted(c.id for c in charges)
        and total == listed == sum(line.amount for line in lines)
        and total == sum(line.payer_amount + line.patient_amount for line in lines)
        and paid == patient_total == listed * SHARE / 100
    )
    words = (
        f"{len(charges)} charges on {len(invoices)} invoices: {total / 100:.2f} of {listed / 100:.2f} as listed, "
        f"patient paid {paid / 100:.2f}, that is {SHARE} %"
    )
    return Check("The bill is right to the cent", passed, words)


def nothing_waiting(day: Day) -> Check:
    """No window says that anything waits or is held back."""
    said = {name: (seat.says("waiting"), seat.says("held_back")) for name, seat in day.seats.items()}
    odd = [f"{n}: {w} {h}".strip() for n, (w, h) in said.items() if not w.startswith("0 ") or h]
    return Check("Nothing waits and nothing is held back", not odd, "; ".join(odd) or f"{len(said)} workstations")


def no_stray_window() -> Check:
    """Nothing flashed over the windows: every part had its place before it was shown."""
    seen = stray_windows()
    return Check("No part of a window flashed as a window of its own", not seen, ", ".join(sorted(set(seen))) or "none")


def verified(day: Day) -> list[Check]:
    """`hms-server verify` and `hms verify` at every workstation; run when the windows are closed."""
    checks = [proven("hms-server verify", day.clinic.server.command("verify"))]
    with ThreadPoolExecutor(2) as pool:
        checks += pool.map(lambda station: _verified(day, station.name, station.start), day.clinic.stations)
    return checks


def _verified(day: Day, station: str, login: str) -> Check:
    command = [sys.executable, "-m", "hms_desktop", "verify", "--profile", str(day.clinic.profile(station)), "--json"]
    done = subprocess.run(
        [*command, "--login", login, "--password-stdin"], input=day.clinic.person(login).password + "\n",
        capture_output=True, text=True,
    )  # fmt: skip
    said = done.stdout.strip().splitlines()
    if not said:
        return Check(f"hms verify at {station}", False, done.stderr.strip()[-200:] or f"exit code {done.returncode}")
    return proven(f"hms verify at {station}", json.loads(said[-1]), station in day.opened)


def proven(command: str, answer: Mapping[str, Any], worked: bool = True) -> Check:
    """What a verify command found: nothing broken, and where anybody worked, chains, change sets and signatures."""
    counts = [int(answer[part]) for part in ("chains", "whole", "signatures")]
    words = "{} chains, {} change sets whole, {} signatures hold".format(*counts)
    broken = "".join(f"; broken: {link}" for link in answer["broken"])
    return Check(command, (all(counts) or not worked) and not broken, words + broken)
