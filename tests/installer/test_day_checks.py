# SPDX-License-Identifier: Apache-2.0
"""The checks at the end of a day can fail: each says what is wrong when a fault is planted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from PySide6.QtWidgets import QApplication, QLabel

from hms_desktop.clinic.patients.model import Patient
from installer.day import checks, front_desk
from installer.day.day import CUT
from installer.day.people import shipped_stations
from installer.day.seat import StrayWindows
from installer.day.set_up import listed_prices
from tests.clinic.meeting import Meeting, change
from tests.clinic.scene import Scene, make_scene
from tests.desk import Desk

WHOLE = {"chains": 9, "whole": 109, "signatures": 54, "broken": []}


def test_a_verify_command_must_have_found_chains_that_are_whole() -> None:
    assert checks.proven("hms verify", WHOLE) == checks.Check(
        "hms verify", True, "9 chains, 109 change sets whole, 54 signatures hold"
    )
    for part in ("chains", "whole", "signatures"):
        assert not checks.proven("hms verify", {**WHOLE, part: 0}).passed
    assert checks.proven("hms verify", {**WHOLE, "chains": 0}, worked=False).passed
    broken = checks.proven("hms verify", {**WHOLE, "broken": ["author 3, number 7"]}, worked=False)
    assert not broken.passed and broken.found.endswith("broken: author 3, number 7")


@pytest.fixture
def desks(tmp_path: Path) -> Iterator[tuple[Scene, Desk, Desk]]:
    """Two desks whose histories have met."""
    meeting = Meeting(tmp_path)
    scene = make_scene(meeting)
    here, there = (meeting.desk(name, "receptionist") for name in ("Front desk 1", "Front desk 2"))
    meeting.meet()
    yield scene, here, there
    meeting.close()


def open_day(**seats: Any) -> Any:
    """A day with these workstations open, each a front desk."""
    stations = [SimpleNamespace(name=name, kind="front_desk") for name in seats]
    clinic = SimpleNamespace(stations=stations, station=lambda name: next(s for s in stations if s.name == name))
    return SimpleNamespace(clinic=clinic, seats=seats, line=CUT, opened=set(seats))


def test_a_row_that_differs_is_named_by_its_table(desks: tuple[Scene, Desk, Desk]) -> None:
    scene, here, there = desks
    file = here.store.path
    day = open_day(here=SimpleNamespace(opened=SimpleNamespace(replica=file, file_key=here.key)))
    (same,) = checks.converged(day, there.store)
    assert same.passed and " rows of " in same.found
    here.do(change(Patient, scene.patient, given="Karla"))
    (differs,) = checks.converged(day, there.store, seconds=0)
    assert not differs.passed and "differ: " in differs.found and " patient" in differs.found
    scene.meeting.meet()
    assert checks.converged(day, there.store)[0].passed


def says(waiting: str, held: str = "") -> Any:
    """A window whose status bar says this."""
    return SimpleNamespace(says=lambda part: {"waiting": waiting, "held_back": held}[part])


def test_what_waits_or_is_held_back_is_named_with_its_workstation() -> None:
    assert checks.nothing_waiting(open_day(a=says("0 changes waiting"))).passed
    for seat in (says("1 change waiting"), says("0 changes waiting", "1 held back")):
        check = checks.nothing_waiting(open_day(a=says("0 changes waiting"), b=seat))
        assert not check.passed and check.found.startswith("b: ")


def test_a_workstation_that_stayed_closed_is_named() -> None:
    every = {station.name: None for station in shipped_stations()}
    assert checks.attended(open_day(**every)).passed
    del every["Manager's desk"]
    check = checks.attended(open_day(**every))
    assert not check.passed and check.found.endswith("closed: Manager's desk")


def test_a_part_that_flashes_as_a_window_is_named(qapp: QApplication) -> None:
    watch = StrayWindows(qapp)
    try:
        assert checks.no_stray_window().passed
        label = QLabel("loose")
        label.show()
        label.close()
        check = checks.no_stray_window()
        assert not check.passed and check.found == "QLabel"
    finally:
        qapp.removeEventFilter(watch)
        watch.setParent(None)


def bill_of(paid: int, charged: int = 2, **line: Any) -> checks.Check:
    """The check of a bill of six tablets that was paid with so many cents; `line` says what the invoice line says."""
    price = listed_prices()["MED-DOX100"]
    total = 6 * price
    share = total * front_desk.SHARE // 100
    row = {"charge": 1, "amount": total, "payer_amount": total - share, "patient_amount": share, **line}
    answers: Iterator[Any] = iter([
        [SimpleNamespace(id=1, total=row["amount"], patient_total=row["patient_amount"])],
        [SimpleNamespace(**row)],
        [SimpleNamespace(id=one, code="MED-DOX100", quantity=6) for one in range(1, charged)],
        [SimpleNamespace(amount=paid)],
    ])  # fmt: skip
    return checks.bill(SimpleNamespace(known={"patient": uuid4()}), lambda _query: next(answers))  # type: ignore[arg-type]


def test_a_bill_is_right_to_the_cent_or_not() -> None:
    right = bill_of(294)
    assert right.passed and right.found.endswith("14.70 of 14.70 as listed, patient paid 2.94, that is 20 %")
    assert not bill_of(293).passed
    assert not bill_of(294, charged=3).passed
    assert not bill_of(294, amount=1471).passed
    assert not bill_of(295, patient_amount=295).passed
    assert not bill_of(295, patient_amount=295, payer_amount=1175).passed
