# SPDX-License-Identifier: Apache-2.0
"""Searching a large register as it is typed: names and parts of them, sounds, telephones, numbers, birth dates, a slip.

In storage, on an encrypted file of its own; `tests.bench.screens` measures the same up to the painted rows.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from sqlalchemy import Connection, select

from hms_desktop.clinic import modules
from hms_desktop.clinic.patients.model import Patient, PatientContact
from hms_desktop.clinic.patients.queries_search import search
from hms_desktop.storage.indexes import LOCAL_INDEXES
from hms_desktop.storage.reader import Reader
from hms_desktop.storage.schema import drop_indexes, make_indexes
from hms_desktop.storage.store import Store
from tests.bench import people
from tests.bench.figures import Figure, at
from tests.desk import Desk, person

assert modules.MODULES
TIMES, PEOPLE = 10, 60
Asked = list[tuple[str, str]]
Taken = tuple[float, float]
"""Seconds by the wall, and of work."""


def measure(folder: Path, rows: int) -> Iterator[Figure]:
    """Ten times `rows` patients, each with a telephone; the bare floor is one look at a row by its record number."""
    desk = Desk(folder / "search", person("Zanele", {"patient.read"}))
    count = rows * TIMES
    fill_register(desk.store, count)
    asked = desk.ask(questions)
    bare = [_taken(partial(desk.ask, partial(_one, mrn=words))) for kind, words in asked if kind == "record number"]
    taken: dict[str, list[Taken]] = {}
    for kind, words in asked:
        taken.setdefault(kind, []).append(_taken(partial(desk.ask, partial(search, text=words))))
    every = [one for found in taken.values() for one in found]
    least = at([seconds for seconds, _work in bare], 0.95)
    yield _figure(f"search in {count:,} patients, storage, p95 of all kinds", every, least, most=0.01)
    for kind, found in taken.items():
        yield _figure(f"  by {kind}, p95", found, least)
    desk.store.close()


def fill_register(store: Store, count: int) -> None:
    """Patients with telephones, and the word index over them."""
    tables = ("patient", "patient_contact")
    with store.writing() as connection:
        for table in tables:
            drop_indexes(connection, table)
    people.pour(store, "patient", people.patients(count))
    sys.stderr.write(f"  {count:,} patients are written\n")
    people.pour(store, "patient_contact", people.phones(people.ids_of(store, "patient")))
    with store.writing() as connection:
        _index(connection, tables)
    sys.stderr.write("  and indexed\n")


def _index(connection: Connection, tables: tuple[str, ...]) -> None:
    for table in tables:
        make_indexes(connection, table)
    for index in LOCAL_INDEXES:
        if index.tables & set(tables):
            index.rebuild(connection)


def questions(reader: Reader) -> Asked:
    """What would be typed to find some people of the register, by its kind."""
    chance = random.Random(11)
    last = reader.scalar(select(Patient.rid).order_by(Patient.rid.desc()).limit(1))
    asked: Asked = []
    for rid in sorted(chance.sample(range(1, last + 1), min(PEOPLE, last))):
        one = reader.one(select(Patient.__table__).where(Patient.rid == rid))
        phone = reader.scalar(select(PatientContact.phone_key).where(PatientContact.patient == one.id))
        slip = chance.randint(1, len(one.family) - 2)
        asked += [
            ("two letters", one.family[:2]), ("three letters", one.family[:3]), ("family name", one.family),
            ("given and family name", f"{one.given[:2]} {one.family[:4]}"),
            ("family and given name", f"{one.family} {one.given}"),
            ("sound", one.family.replace("f", "ph").replace("k", "c")),
            ("record number", one.mrn), ("end of the telephone", phone[:7][::-1]), ("birth date", one.born),
            ("birth date and letters", f"{one.family[:3]} {one.born}"),
            ("one typing error", one.family[:slip] + one.family[slip + 1 :]),
        ]  # fmt: skip
    return asked


def _one(reader: Reader, mrn: str) -> object:
    return reader.first(select(Patient.id, Patient.family, Patient.given).where(Patient.mrn == mrn))


def _taken(ask: partial[object]) -> Taken:
    begun, worked = time.perf_counter(), time.thread_time()
    ask()
    return time.perf_counter() - begun, time.thread_time() - worked


def _figure(what: str, taken: list[Taken], least: float, most: float = 0.0) -> Figure:
    seconds, work = ([one[place] for one in taken] for place in (0, 1))
    note = (
        f"(p50 {at(seconds, 0.5) * 1000:.1f} ms; work p50 {at(work, 0.5) * 1000:.1f}, p95 {at(work, 0.95) * 1000:.1f})"
    )
    return Figure(what, at(seconds, 0.95), least, "one row", note, most=most)
