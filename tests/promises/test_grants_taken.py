# SPDX-License-Identifier: Apache-2.0
"""A grant taken from a workstation, over the wire: what was unsent is sent, then no byte of those tables is left."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from PySide6.QtWidgets import QApplication
from sqlalchemy import select

from hms_desktop.clinic.ehr import service as ehr
from hms_desktop.clinic.ehr.model import Condition, Note
from hms_desktop.clinic.inventory.model import Item, ItemVersion
from hms_desktop.clinic.inventory.model_register import ControlledRegister, RegisterEntry
from hms_desktop.clinic.patients.model import Patient
from hms_desktop.clinic.patients.rules import Registration
from hms_desktop.clinic.patients.service import register
from hms_desktop.clinic.staff.model import Place
from hms_desktop.commands.bench import Bench
from hms_desktop.security.profile import read_profile
from hms_desktop.security.stations import grants
from hms_desktop.ui.routes import SyncDetails
from tests.clinic.meeting import write
from tests.promises.places import settled
from tests.promises.seats import served, words_of
from tests.server.process import ServerProcess

FAMILY, CANARY = "Quillfeather", "Porphyria cutanea tarda"
AFTER = "Hypophosphatasia"
AT = datetime(2026, 11, 23, 7, tzinfo=UTC)
PAGE, RESERVED, SALT = 4096, 80, 16
LOG_HEAD, FRAME_HEAD = 32, 24


def opened(page: bytes, key: bytes, first: bool) -> bytes:
    """A page of a SQLCipher 4 file (AES-256-CBC, IV in the reserved end of the page), without its MAC."""
    iv = page[PAGE - RESERVED : PAGE - RESERVED + 16]
    body = Cipher(algorithms.AES(key), modes.CBC(iv)).decryptor()
    return body.update(page[SALT if first else 0 : PAGE - RESERVED])


def all_of(bench: Bench) -> bytes:
    """Every byte of the replica as its key opens it: the pages of the file and those of its journal (WAL)."""
    file, key = bench.opened.replica, bench.opened.file_key
    raw = file.read_bytes()
    plain = [opened(raw[at : at + PAGE], key, at == 0) for at in range(0, len(raw), PAGE)]
    journal = file.with_name(file.name + "-wal")
    log = journal.read_bytes() if journal.exists() else b""
    for at in range(LOG_HEAD, len(log), FRAME_HEAD + PAGE):
        number = int.from_bytes(log[at : at + 4])
        plain.append(opened(log[at + FRAME_HEAD : at + FRAME_HEAD + PAGE], key, number == 1))
    return b"".join(plain)


def problem(bench: Bench, patient: UUID, words: str) -> UUID:
    """A problem on a patient's list, written at this workstation."""
    return bench.store.act(lambda unit: ehr.record_problem(unit, patient, words), bench.acting)


def has(bench: Bench, record: Any) -> int:
    """How many rows of a table this workstation holds."""
    return len(bench.store.read(lambda reader: reader.rows(select(record.id)), bench.acting))


@pytest.mark.accepts("SEC-02")
def test_what_is_granted_no_more_is_sent_and_then_leaves_no_trace(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path / "server")
    server.person("dora", "doctor", "nurse")
    server.person("pia", "pharmacist")
    registers_of_two_sites(server)
    server.start()
    server.enrol(tmp_path / "River", "River", "pharmacy", "Riverside")
    its_own_site_comes(server.bench(tmp_path / "River", "pia"))
    for name in ("Room", "Other"):
        server.enrol(tmp_path / name, name, "doctor")
    room = server.bench(tmp_path / "Room", "dora")
    room.exchange.catch_up()
    held = set(room.exchange.granted)
    assert held == grants("doctor").read, "a workstation holds what its kind is granted, and nothing else"
    assert "invoice" not in held and room.store.read(partial(_no_table, "invoice"), room.acting) == 0
    written = Registration(family=FAMILY, sex="female", born="1979-03-14")
    patient = room.store.act(partial(register, written=written), room.acting)
    problem(room, patient, CANARY)
    room.exchange.catch_up()
    unsent = problem(room, patient, f"{CANARY}, second")
    visit = UUID(int=9)
    room.store.drafts.save(room.acting.person.id, f"note:{visit.hex}", {"symptoms": f"{CANARY} draft"})
    room.store.drafts.save(room.acting.person.id, "booking", {"reason": "Check"})
    assert CANARY.encode() in all_of(room)
    assert "no kind of workstation" in server.run("rights", "station", "Room", "castle").stderr
    told = server.command("rights", "station", "Room", "front_desk")
    assert "condition" in told["erases"] and "patient" not in told["erases"]
    room.exchange.catch_up()
    assert set(room.exchange.granted) == grants("front_desk").read
    assert has(room, Condition) == 0 and has(room, Note) == 0 and has(room, Patient) == 1
    plain = all_of(room)
    assert CANARY.encode() not in plain and FAMILY.encode() in plain, "what went has left no byte; the rest is there"
    kept = [draft.key for draft in room.store.drafts.all(room.acting.person.id)]
    assert kept == ["booking"]
    at_server = server.home.store.read(lambda r: r.find(Condition, unsent), server.home.worker)
    assert at_server is not None and at_server.display == f"{CANARY}, second", "what was unsent is there first"
    assert not room.exchange.counts().held_back and read_profile(tmp_path / "Room").station.kind == "front_desk"
    assert server.run("verify").returncode == 0
    room.shut()
    other = server.bench(tmp_path / "Other", "dora")
    other.exchange.catch_up()
    other.shut()
    other = server.bench(tmp_path / "Other", "dora")
    found = other.store.drafts.load(other.acting.person.id, f"note:{visit.hex}")
    assert found is not None and found.body == {"symptoms": f"{CANARY} draft"}, "typed words wait"
    other.exchange.catch_up()
    other.shut()
    server.close()


def its_own_site_comes(river: Bench) -> None:
    """Of what belongs to a site, the workstation there gets the rows of its own and no byte of another's."""
    river.exchange.catch_up()
    assert has(river, RegisterEntry) == 1
    held = all_of(river)
    assert f"{CANARY} at Riverside".encode() in held and f"{CANARY} at Main".encode() not in held
    river.shut()


def registers_of_two_sites(server: ServerProcess) -> None:
    """A pharmacy at each of two sites, with a register of controlled medicines that names whom and why."""
    store, worker = server.home.store, server.home.worker

    def put(record: Any, **values: Any) -> UUID:
        return store.act(write(record, **values), worker)

    sign = {"at": AT, "by": worker.person.id, "witness": worker.person.id}
    item = put(Item, code="MOR")
    facts = {"code": "MOR", "display": "Morphine", "form": "tablet", "strength": "10 mg", "unit": "tablet",
             "ingredient": "morphine", "classes": "opioid", "schedule": "Schedule 6"}  # fmt: skip
    edition = put(ItemVersion, item=item, version=1, valid_from=date(2020, 1, 1), active=True, **facts)
    for site in ("Main", "Riverside"):
        place = put(Place, name=f"Pharmacy {site}", kind="pharmacy", site=site, active=True)
        register = put(ControlledRegister, place=place, station=item, **sign)
        put(RegisterEntry, register=register, item=item, edition=edition, place=place, ordinal=1, kind="dispense",
            quantity=Decimal(-1), balance=Decimal(9), patient=item, reason=f"{CANARY} at {site}", **sign)  # fmt: skip


def _no_table(name: str, reader: Any) -> int:
    return int(reader.match(f'SELECT count(*) AS n FROM "{name}"')[0].n)


@pytest.mark.accepts("SYN-12")
def test_work_after_a_revocation_waits_for_an_administrator(tmp_path: Path, qapp: QApplication) -> None:
    with served(tmp_path, qapp) as clinic:
        clinic.person("dora", "doctor", "nurse")
        clinic.server.start()
        folder = clinic.station("Room", "doctor", "dora")
        room = clinic.server.bench(folder, "dora")
        written = Registration(family=FAMILY, sex="female", born="1979-03-14")
        patient = room.store.act(partial(register, written=written), room.acting)
        first = problem(room, patient, "Gout")
        room.exchange.catch_up()
        before = problem(room, patient, CANARY)
        clinic.server.command("rights", "station", "Room", "front_desk")
        over = partial(ehr.change_problem, condition=first, clinical="resolved", verification="confirmed", reason=AFTER)
        room.store.act(over, room.acting)
        room.exchange.catch_up()
        applied = clinic.at_server(lambda reader: reader.find(Condition, before))
        edited = clinic.at_server(lambda reader: reader.get(Condition, first))
        assert applied is not None, "done before the grant was taken: applied"
        assert edited.clinical_status == "active", "done after: not applied"
        held = clinic.server.command("quarantine")["quarantine"]
        assert [(row["check"], row["person"], row["station"]) for row in held] == [("grant", "Dora", "Room")]
        number = int(held[0]["change"].split()[-1])
        assert AFTER.encode() in _quarantined(clinic, number), "not lost: the server keeps it whole"
        assert has(room, Condition) == 0 and AFTER.encode() not in all_of(room)
        room.shut()
        seat = clinic.sit("Room", "dora")
        settled(seat, SyncDetails())
        assert "no longer, granted condition" in words_of(seat.window), "its author sees it"


def _quarantined(clinic: Any, number: int) -> bytes:
    def read(reader: Any) -> bytes:
        rows = reader.match("SELECT leaves FROM own_change_log WHERE state = 2 AND number = :n", n=number)
        return b"".join(bytes(row.leaves) for row in rows)

    return clinic.at_server(read)  # type: ignore[no-any-return]
