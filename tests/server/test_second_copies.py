# SPDX-License-Identifier: Apache-2.0
"""A workstation's disk is copied, or put back from an image: told, refused, and new only by a new enrolment."""

from __future__ import annotations

from pathlib import Path
from shutil import copytree

import pytest
from sqlalchemy import select

from hms_desktop.clinic.patients.model import Patient
from hms_desktop.security.administration import AdminEvent
from hms_desktop.sync import copies
from hms_desktop.sync.client import ServerRefused
from hms_desktop.sync.copies import SECOND_COPY
from hms_desktop.sync.protocol import Hello
from sync_server.devices import device_rows
from tests.promises.commands import ask, hms
from tests.server.process import PASSWORD, ServerProcess
from tests.server.test_resending import add, families
from tests.sync.world import World, dump
from tests.sync.writes import register

HELD = frozenset({"patient", "patient_contact", "patient_identifier", "timeline_entry"})


def greets_with(folder: Path, login: str, server: ServerProcess, family: str) -> str:
    """Somebody works at this copy and it calls the server; the code with which it is turned away, or nothing."""
    bench = server.bench(folder, login)
    add(bench, family)
    try:
        bench.exchange.catch_up()
    except ServerRefused as refused:
        return refused.code
    finally:
        bench.store.close()
    return ""


def turned_away(server: ServerProcess) -> int:
    """How often the administrators' log says so."""
    asked = select(AdminEvent.id).where(AdminEvent.kind == "device.second_copy")
    return len(server.home.store.read(lambda reader: reader.rows(asked), server.home.worker))


@pytest.mark.accepts("SYN-09", "X-20")
def test_a_cloned_workstation_and_one_put_back_are_refused_until_they_are_enrolled_anew(
    server: ServerProcess, tmp_path: Path
) -> None:
    first = tmp_path / "first"
    station = server.enrol(first, "Copied desk", "front_desk").profile.station
    assert greets_with(first, "zanele", server, "Eerste") == ""
    image = copytree(first, tmp_path / "image")
    assert greets_with(first, "zanele", server, "Tweede") == ""
    before = dump(server.home.store, HELD)
    assert greets_with(image, "zanele", server, "Derde") == SECOND_COPY, "a clone beside the one that goes on"
    said = hms("sync", "--profile", str(image), "--login", "zanele", "--password-stdin", typed=PASSWORD + "\n")
    assert said.returncode != 0 and "put back from an older image" in said.stderr and "enrol" in said.stderr
    assert dump(server.home.store, HELD) == before and turned_away(server) == 1
    kept = ask_waiting(server, image)
    assert kept > 0, "what was written at the copy is still there"
    assert greets_with(first, "zanele", server, "Vierde") == "", "the one that came first goes on"
    first.rename(tmp_path / "lost")
    image.rename(first)
    assert greets_with(first, "zanele", server, "Vyfde") == SECOND_COPY, "the image in the place of the lost disk"
    again = server.enrol(tmp_path / "anew", "Copied desk", "front_desk").profile.station
    assert greets_with(tmp_path / "anew", "zanele", server, "Sesde") == ""
    authors = [row.author for row in device_rows(server.home)]
    assert again.device != station.device and again.author == max(authors) and len(set(authors)) == len(authors)
    assert families(server, "Eerste", "Tweede", "Derde", "Vierde", "Vyfde", "Sesde") == [
        "Eerste", "Sesde", "Tweede", "Vierde",
    ]  # fmt: skip
    numbers = server.home.store.read(lambda r: [row.mrn for row in r.rows(select(Patient.mrn))], server.home.worker)
    assert len(set(numbers)) == len(numbers)


def ask_waiting(server: ServerProcess, folder: Path) -> int:
    """How much waits at a workstation, by its own command."""
    return int(ask(folder, "zanele", "status")["waiting"])


def hello(count: int, before: bytes, now: bytes) -> Hello:
    """A greeting that carries these marks."""
    return Hello(1, 1, b"g" * 16, 0, marks=count, mark_before=before, mark=now)


def test_a_lost_answer_is_no_copy_and_a_server_that_was_put_back_believes_its_workstations(tmp_path: Path) -> None:
    world = World(tmp_path)
    desk = world.desk(world.person("thabo", "receptionist"))
    centre, device = world.centre, desk.line._device
    desk.line.loss = 0.4
    for _time in range(3):
        desk.do(register)
        desk.sync()
    old, new = b"n" * 16, b"m" * 16
    with centre.store.writing() as connection:
        for now_ms, greeting, first, why in (
            (1, hello(9000, old, new), True, "the server is older than this workstation"),
            (2, hello(9000, old, new), True, "the answer was lost"),
            (3, hello(9001, new, b"o" * 16), True, "it goes on"),
            (4, hello(9001, new, b"x" * 16), False, "a clone"),
            (5, hello(9000, old, new), False, "an image"),
            (6, Hello(1, 1, b"g" * 16, 0), True, "a courier says nothing of it"),
        ):
            assert copies.first_of_its_kind(connection, device.id, greeting, now_ms) is first, why
        assert copies.turned_away_ms(connection, device.id) == 5
    world.close()
