# SPDX-License-Identifier: Apache-2.0
"""Many made-up patients with results, written straight into a server's store for measuring."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from sqlalchemy import text

from hms_desktop.clinic.patients.names import name_keys
from hms_desktop.core.clock import stamp
from hms_desktop.core.ids import IdSource, human_number
from hms_desktop.storage import rows
from hms_desktop.storage.records import REGISTRY
from hms_desktop.storage.store import Store

_SYLLABLES = ("Ab Be Ch Da El Fa Go Ha Is Ja Kh La Mo", "ba de fi go ha ji ka lo mi ne po", "n r s t lo ma ne ng sk wa")
_START, _MIDDLE, _END = (part.split(" ") for part in _SYLLABLES)
GIVEN = ("Amara", "Thabo", "Zanele", "Yusuf", "Lerato", "Elize", "Johan", "Mia", "Thandi", "Devan", "Priya", "Paul")


def _word(chance: random.Random) -> str:
    return chance.choice(_START) + "".join(chance.choices(_MIDDLE, k=chance.randint(1, 2))) + chance.choice(_END)


def patients(count: int, seed: int = 7) -> Iterator[dict[str, Any]]:
    """Stored rows of table `patient`, `id` and `k` included, in the order of their ids."""
    chance = random.Random(seed)
    ms = 1_700_000_000_000
    ids = IdSource(lambda: ms, chance.randbytes)
    families = [_word(chance) for _ in range(max(12_000, count // 25))]
    givens = [*GIVEN, *(_word(chance) for _ in range(count // 100))]
    for number in range(count):
        ms += 3
        family, given = chance.choice(families), chance.choice(givens)
        keys = name_keys(family, given)
        yield {
            "id": ids.new().bytes, "k": stamp(ms, 0, 0), "family": family, "given": given, "name_known": 1,
            "sex": chance.choice(["female", "male"]), "born_estimated": 0, "active": 1, "temporary": 0,
            "born": f"{chance.randint(1930, 2024)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}",
            "mrn": human_number("MRN", 0, number + 1), **keys,
        }  # fmt: skip


def phones(people: list[bytes], seed: int = 9) -> Iterator[dict[str, Any]]:
    """Stored rows of table `patient_contact`: a telephone for each of these patients."""
    chance = random.Random(seed)
    ms = 1_710_000_000_000
    ids = IdSource(lambda: ms, chance.randbytes)
    for patient in people:
        ms += 3
        number = f"+277{chance.randint(10_000_000, 99_999_999)}"
        yield {
            "id": ids.new().bytes, "k": stamp(ms, 0, 0), "patient": patient, "kind": "phone", "value": number,
            "rank": 1, "phone_key": number[:0:-1], "active": 1,
        }  # fmt: skip


def tasks(people: list[bytes], count: int, seed: int = 12) -> Iterator[dict[str, Any]]:
    """Stored rows of table `task`, nobody's yet."""
    chance = random.Random(seed)
    ms = 1_718_000_000_000
    ids = IdSource(lambda: ms, chance.randbytes)
    for _number in range(count):
        ms += 3
        yield {
            "id": ids.new().bytes, "k": stamp(ms, 0, 0), "patient": chance.choice(people), "kind": "call",
            "title": "Call back", "role": "doctor", "status": "requested",
        }  # fmt: skip


def entries(patient: bytes, count: int, seed: int = 10) -> Iterator[dict[str, Any]]:
    """Stored rows of table `timeline_entry`: so many things that happened to one patient."""
    chance = random.Random(seed)
    ms = 1_715_000_000_000
    ids = IdSource(lambda: ms, chance.randbytes)
    for number in range(count):
        ms += 3_600_000
        yield {
            "id": ids.new().bytes, "k": stamp(ms, 0, 0), "patient": patient, "kind": "interaction", "at": ms,
            "title": f"Call {number}", "source": ids.new().bytes, "source_table": "interaction",
        }  # fmt: skip


def observations(people: list[bytes], count: int, seed: int = 8) -> Iterator[dict[str, Any]]:
    """Stored rows of table `observation` for these patients."""
    chance = random.Random(seed)
    ms = 1_720_000_000_000
    ids = IdSource(lambda: ms, chance.randbytes)
    for _number in range(count):
        ms += 3
        yield {
            "id": ids.new().bytes, "k": stamp(ms, 0, 0), "patient": chance.choice(people), "code": "8480-6",
            "system": "http://loinc.org", "display": "Systolic blood pressure", "value": str(chance.randint(90, 180)),
            "unit": "mm[Hg]", "at": ms, "category": "vital-signs",
        }  # fmt: skip


def pour(store: Store, table: str, made: Iterator[dict[str, Any]]) -> int:
    """Write stored rows into a store as if they had long been there."""
    count = 0
    spec = REGISTRY[table]
    with store.writing() as connection, rows.gate_open(connection):
        batch: list[dict[str, Any]] = []
        for row in made:
            batch.append({**dict.fromkeys(spec.kinds), **row})
            count += 1
            if len(batch) == 5000:
                connection.execute(rows.insert_sql(table), batch)
                batch = []
        if batch:
            connection.execute(rows.insert_sql(table), batch)
    return count


def ids_of(store: Store, table: str) -> list[bytes]:
    """Every id of a table."""
    with store.reading() as connection:
        return [bytes(row.id) for row in connection.execute(text(f'SELECT id FROM "{table}" ORDER BY rid'))]


def as_uuid(id: bytes) -> UUID:
    """A stored id as a UUID."""
    return UUID(bytes=id)


@contextmanager
def sealed_before(store: Store) -> Iterator[None]:
    """Work that is written here in one go counts as sealed for the courier when it was done: not while it is sent."""
    told, store._last_told = store._last_told, []
    try:
        yield
    finally:
        store._last_told = told
