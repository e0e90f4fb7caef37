# SPDX-License-Identifier: Apache-2.0
"""The stock room through its window: every move by keys alone, the ledger, scans, and the check of all balances."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from sqlalchemy import select as sql_select
from sqlalchemy import text

from hms_desktop.clinic.inventory import queries, service
from hms_desktop.clinic.inventory.model import Batch, StockMove
from hms_desktop.clinic.patients.model import Task
from hms_desktop.clinic.pharmacy import service as pharmacy
from hms_desktop.clinic.pharmacy.service import HandOver
from hms_desktop.clinic.staff.model import Place
from hms_desktop.storage import rows as stored
from hms_desktop.ui.inventory.folder import folder
from hms_desktop.ui.inventory.stock_screen import StockPage
from hms_desktop.ui.routes import StockList
from hms_desktop.ui.widgets.labels import Text
from sync_server.nightly import run_if_due
from tests.clinic.meeting import Meeting, change, write
from tests.clinic.scene import GTIN, TODAY, Scene, make_scene
from tests.desk import Desk
from tests.ui.office import CTRL_ENTER, Window


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """A clinic on Monday morning."""
    meeting = Meeting(tmp_path)
    yield make_scene(meeting)
    meeting.close()


@pytest.fixture
def window(qtbot: QtBot, scene: Scene) -> Iterator[Window]:
    """The stock room's window, with a store beside the pharmacy."""
    scene.meeting.setup(write(Place, name="Store", kind="store", active=True))
    opened = Window(qtbot, scene.meeting.desk("Pharmacy 1", "pharmacist", kind="pharmacy"), [folder()])
    opened.until(lambda: len(page_of(opened)._rows()) == 2)
    yield opened
    opened.close()


def page_of(window: Window) -> StockPage:
    """The stock screen."""
    assert isinstance(window.shown, StockPage)
    return window.shown


def select(window: Window, batch: UUID) -> StockPage:
    """Choose a batch and wait for its ledger."""
    page = page_of(window)
    window.front()
    page.table.select(batch)
    window.until(lambda: page._batch is not None and page._batch.line.batch == batch)
    page.table.view.setFocus()
    return page


def held(window: Window, scene: Scene, batch: UUID) -> Decimal:
    """What is at the pharmacy of a batch."""
    return window.desk.ask(partial(queries.on_hand, batch=batch, place=scene.pharmacy))


def moved(window: Window, count: int) -> None:
    """Wait until so many moves are written, and for the form to be gone."""
    window.until(lambda: len(window.rows(StockMove)) == count)
    window.front()


def test_a_delivery_is_received_by_keys_alone(scene: Scene, window: Window) -> None:
    page = page_of(window)
    page.table.view.setFocus()
    window.press(Qt.Key.Key_R)
    form: Any = window.dialog()
    assert form.form.typed()["item"]["words"] == "amoxicillin 500 mg", "the chosen batch's item is proposed"
    window.tab_to_line()
    window.type("AM03")
    window.press(Qt.Key.Key_Tab)
    window.type("+6m")
    window.press(Qt.Key.Key_Tab)
    window.type("40")
    window.press(CTRL_ENTER)
    moved(window, 3)
    made = next(row for row in window.rows(Batch) if row.lot == "AM03")
    assert made.expires.isoformat() == "2027-05-23" and held(window, scene, made.id) == Decimal(40)
    window.until(lambda: page._batch is not None and page._batch.line.lot == "AM03")


def _offered(window: Window) -> int:
    focus: Any = QApplication.focusWidget()
    field = focus.parent()
    return len(getattr(field, "_offered", ()))


def do_by_keys(window: Window, scene: Scene) -> None:
    """Count, move, issue, write off, return, correct and repack a batch, each by keys alone."""
    for key, typed in (
        (Qt.Key.Key_C, ["90", Qt.Key.Key_Space, None]),
        (Qt.Key.Key_M, ["Store", Qt.Key.Key_Down, Qt.Key.Key_Return, "30"]),
        (Qt.Key.Key_I, ["5", Qt.Key.Key_Tab, "room 1"]),
        (Qt.Key.Key_W, ["5", Qt.Key.Key_Tab, "wet"]),
        (Qt.Key.Key_T, ["1", Qt.Key.Key_Tab, "room 1"]),
        (Qt.Key.Key_U, ["it was another batch"]),
        (Qt.Key.Key_P, ["10", Qt.Key.Key_Tab, "OWN"]),
    ):
        before = len(window.rows(StockMove))
        select(window, scene.late)
        window.press(key)
        window.dialog()
        _fill(window, typed)
        window.press(CTRL_ENTER)
        window.until(lambda n=before: len(window.rows(StockMove)) > n)  # type: ignore[misc]
        window.front()


def write_off_by_keys(window: Window, scene: Scene) -> None:
    """A batch that expired overnight is written off by keys alone."""
    receive = partial(service.receive_stock, item=scene.amoxicillin, lot="OLD", expires=TODAY, quantity=Decimal(3))
    old = window.desk.do(partial(receive, place=scene.pharmacy))
    window.desk.do(change(Batch, old, expires=TODAY - timedelta(1)))
    page = page_of(window)
    window.until(lambda: any(row.line.lot == "OLD" and "expired" in row.stages for row in page._rows()))
    window.press(Qt.Key.Key_F5)
    select(window, old)
    window.press(Qt.Key.Key_W)
    window.dialog()
    window.press(Qt.Key.Key_Tab, Qt.Key.Key_Space)
    window.until(lambda: held(window, scene, old) == 0)
    window.front()


def test_stock_is_the_sum_of_its_moves_and_a_wrong_balance_becomes_a_task(scene: Scene, window: Window) -> None:
    scene.no_allergies()
    prescription = scene.prescription()
    scene.lend(window.desk.store.station.device, "prescription", prescription, "21")
    window.desk.do(partial(pharmacy.dispense, hand_over=HandOver(prescription, Decimal(12))))
    do_by_keys(window, scene)
    write_off_by_keys(window, scene)

    kinds = {row.kind for row in window.rows(StockMove)}
    assert kinds >= {
        "receipt",
        "issue",
        "return",
        "dispense",
        "count",
        "adjust",
        "transfer",
        "destroy",
        "repack",
        "expire",
    }
    assert held(window, scene, scene.late) == Decimal(40)
    page = select(window, scene.late)
    window.until(lambda: page._batch is not None and page._batch.ledger[-1].kind == "repack")
    told = " ".join(label.accessibleName() for label in page.detail.findChildren(Text))
    who = window.desk.acting.person.name
    assert "Dispensed, Pharmacy" in told and f"Counted, Pharmacy, count, {who}" in told
    assert "Returned (taken back), Pharmacy, room 1" in told, "a mistake stays readable"
    assert f"Taken back, entered in error, Pharmacy, it was another batch, {who}" in told

    forge(window.desk, scene.late)
    page.table.view.setFocus()
    window.press(Qt.Key.Key_K)
    window.until(lambda: len(window.rows(Task)) == 1)
    assert "its moves say 40" in window.rows(Task)[0].title
    assert held(window, scene, scene.late) == Decimal(39), "told, and not mended silently"

    scene.meeting.meet()
    forge(scene.meeting.centre, scene.late)
    centre = scene.meeting.centre
    assert run_if_due(centre.store, centre.acting) and not run_if_due(centre.store, centre.acting), "once a night"
    assert len(centre.ask(lambda reader: reader.rows(select_tasks()))) == 1, "the same task, by rule"


def forge(desk: Desk, batch: UUID) -> None:
    """Change a row behind the program's back."""
    with desk.store.writing() as connection, stored.gate_open(connection):
        forged = text("UPDATE stock_move SET quantity = '-3' WHERE kind = 'dispense' AND batch = :batch")
        connection.execute(forged, {"batch": batch.bytes})


def select_tasks() -> Any:
    """Every task."""
    return sql_select(Task.__table__)


def _fill(window: Window, typed: list[Any]) -> None:
    for one in typed:
        if isinstance(one, str):
            window.type(one)
        elif one is None:
            continue
        elif one == Qt.Key.Key_Space:
            window.press(Qt.Key.Key_Tab)
            window.press(Qt.Key.Key_Space)
        elif one == Qt.Key.Key_Down:
            window.until(lambda: _offered(window) > 0)
            window.press(one)
        elif one == Qt.Key.Key_Return:
            window.press(one)
            window.tab_to_line()
        else:
            window.press(one)


def test_a_batch_is_held_with_a_reason_and_a_refusal_keeps_what_was_typed(scene: Scene, window: Window) -> None:
    page = select(window, scene.late)
    window.press(Qt.Key.Key_H)
    window.dialog()
    window.press(Qt.Key.Key_Space)
    window.tab_to_line()
    window.type("cold chain")
    window.press(CTRL_ENTER)
    window.until(lambda: any(row.state == "on-hold" for row in window.rows(Batch)))
    window.until(lambda: page._facts is not None and page._facts.count("held") == 1)
    select(window, scene.early)
    window.press(Qt.Key.Key_I)
    form: Any = window.dialog()
    window.type("11")
    window.press(Qt.Key.Key_Tab)
    window.type("room 1")
    window.press(CTRL_ENTER)
    assert form.isVisible() and form.form.typed() == {"quantity": "11", "reason": "room 1"}
    window.press(Qt.Key.Key_Escape)
    assert held(window, scene, scene.early) == 10


def test_a_scanned_pack_selects_its_batch_or_begins_a_delivery(scene: Scene, window: Window) -> None:
    page = page_of(window)
    assert page.scanned(f"(01){GTIN}(17)261231(10)AM01")
    window.until(lambda: page._batch is not None and page._batch.line.lot == "AM01")
    assert page.scanned(f"(01){GTIN}(17)270731(10)AM77")
    form: Any = window.dialog()
    assert form.form.typed()["lot"] == "AM77" and "31-Jul-2027" in form.form.typed()["expires"]
    form.reject()
    assert not page.scanned("MRN-001-00001-5")


def test_places_are_gone_through_and_the_route_opens_at_an_item(scene: Scene, window: Window) -> None:
    page = page_of(window)
    page.table.view.setFocus()
    window.press(Qt.Key.Key_N)
    window.until(lambda: page.context == "Store")
    assert page._rows() == ()
    window.press(Qt.Key.Key_N)
    window.until(lambda: page.context == "Pharmacy")
    window.workstation.desk.routes.open(StockList(scene.amoxicillin))
    window.until(lambda: page._batch is not None)
    assert page.detail.accessibleName() == "Selected batch"
