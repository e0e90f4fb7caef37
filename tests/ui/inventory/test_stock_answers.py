# SPDX-License-Identifier: Apache-2.0
"""What the stock room answers when there is nothing to act on, nobody may act, or a number is unknown; the register."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QDialog
from pytestqt.qtbot import QtBot

from hms_desktop.clinic.inventory import service
from hms_desktop.clinic.inventory.model import Batch, StockMove
from hms_desktop.core.changes import Changes
from hms_desktop.core.errors import ClinicError
from hms_desktop.ui.inventory.folder import folder
from hms_desktop.ui.inventory.register_screen import RegisterPage
from hms_desktop.ui.inventory.stock_screen import StockPage
from hms_desktop.ui.routes import ControlledRegister, DayView, StockList
from tests.clinic.scene import GTIN, TODAY, Scene
from tests.ui.inventory.test_stock_screen import page_of, scene, select
from tests.ui.office import CTRL_ENTER, Window

__all__ = ["scene"]


@pytest.fixture
def window(qtbot: QtBot, scene: Scene) -> Iterator[Window]:
    """The stock room of a clinic whose pharmacy is the only place."""
    opened = Window(qtbot, scene.meeting.desk("Pharmacy 1", "pharmacist", kind="pharmacy"), [folder()])
    opened.until(lambda: len(page_of(opened)._rows()) == 2)
    yield opened
    opened.close()


def nothing_asked() -> bool:
    """Whether no form is open."""
    return not [w for w in QApplication.topLevelWidgets() if isinstance(w, QDialog) and w.isVisible()]


def acts(page: StockPage) -> list[Any]:
    """What is done with a batch."""
    return [page.count, page.transfer, page.issue, page.hold, page.write_off]


def test_without_a_batch_there_is_nothing_to_do(window: Window) -> None:
    page = page_of(window)
    page._choose(None)
    assert page._batch is None
    for act in acts(page):
        act()
    page.next_place()
    assert nothing_asked() and page.context == "Pharmacy" and not page.place_button.isVisible()
    assert not page.visit(DayView()) and page.visit(StockList())


def test_no_key_acts_on_the_batch_that_was_left(window: Window, scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    page = select(window, scene.early)
    monkeypatch.setattr(page.desk.tasks, "read", lambda *_asked, **_how: None)  # as slow as can be
    page.table.select(scene.late)
    row = page.table.current_row()
    assert row is not None and row.id == scene.late
    for act in acts(page):
        act()
    assert nothing_asked()


def test_an_unknown_pack_is_said_to_be_unknown(window: Window, qtbot: QtBot) -> None:
    page = page_of(window)
    said: list[str] = []
    page.desk.announce = said.append
    assert page.scanned("(01)06009999999993(17)261231(10)ZZ01")
    window.until(lambda: said == ["No item has this product number."])
    assert nothing_asked()


def test_who_may_nothing_is_offered_nothing(window: Window, monkeypatch: pytest.MonkeyPatch) -> None:
    page = page_of(window)
    monkeypatch.setattr(page.desk, "may", lambda _right: False)
    offered = page.keys()
    assert [key.sequence for key in offered] == ["N", "Ctrl+H"]
    assert page.scanned(f"(01){GTIN}(17)270731(10)AM77")
    window.workstation.tasks.settle()
    window.qtbot.wait(50)
    assert nothing_asked()


def test_every_balance_agrees_is_said(window: Window) -> None:
    page = page_of(window)
    told: list[str] = []
    page.desk.toast = lambda words, *_undo: told.append(words)
    page.table.view.setFocus()
    window.press(Qt.Key.Key_K)
    window.until(lambda: told == ["Every balance agrees with its moves."])


def test_a_delivery_past_its_date_is_refused_and_a_batch_called_back_says_so(scene: Scene, window: Window) -> None:
    old = partial(service.receive_stock, item=scene.amoxicillin, lot="OLD1", expires=TODAY - timedelta(days=1))
    with pytest.raises(ClinicError, match="expire"):
        window.desk.do(partial(old, quantity=Decimal(3), place=scene.pharmacy))
    called_back = partial(service.change_batch_state, state="recalled", reason="Maker asks for it back")
    window.desk.do(partial(called_back, batch=scene.late))
    window.workstation.tasks.changed.emit(Changes(frozenset({"batch"})))
    page = select(window, scene.late)
    window.until(lambda: page._facts is not None and page._facts.count("held") == 1)
    assert any(row.state == "recalled" for row in window.rows(Batch))


def test_the_register_of_controlled_medicines_is_kept_at_one_station(scene: Scene, window: Window) -> None:
    page = page_of(window)
    page.table.view.setFocus()
    window.press(Qt.Key.Key_Y)
    window.until(lambda: isinstance(window.shown, RegisterPage) and window.shown.facts is not None)
    register: Any = window.shown
    assert register.context == "Pharmacy: kept nowhere yet"
    assert not register.visit(StockList()) and register.visit(ControlledRegister())
    register.release()
    assert nothing_asked()
    window.front()
    register.keep()
    form: Any = window.dialog()
    window.press(CTRL_ENTER)
    assert form.isVisible(), "a second person has to sign"
    form.reject()
    assert not window.rows(StockMove)[2:]
