# SPDX-License-Identifier: Apache-2.0
"""The frame's less usual ways: the person's menu, what strip and status bar open, windows beside, the palette."""

from __future__ import annotations

from datetime import timedelta

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from hms_desktop.ui.routes import DayView, PatientChart, SyncDetails
from hms_desktop.ui.shell.beside_window import BesideWindow
from hms_desktop.ui.shell.palette_rows import (
    ActRow,
    Findings,
    Heading,
    PatientRow,
    QuietRow,
    Row,
    WarningRow,
    listed,
    spoken,
)
from hms_desktop.ui.shell.workstation import Workstation
from tests.ui.shell.conftest import ToldSync
from tests.ui.shell.test_main_window import day, register, top_level

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)


def test_the_persons_menu_locks_switches_and_signs_out(workstation: Workstation, qtbot: QtBot) -> None:
    asked: list[str] = []
    workstation.window.leaving.connect(asked.append)
    workstation.window.frame.top.person.click()
    qtbot.waitUntil(lambda: isinstance(QApplication.activePopupWidget(), QMenu))
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    own, _line, *ways = menu.actions()
    assert [act.text() for act in (own, *ways)] == ["Your account", "Lock now", "Switch user", "Sign out"]
    for act in ways:
        act.trigger()
    menu.close()
    workstation.window.frame.status.opened.emit("lock")
    workstation.window.close()
    assert asked == ["", "switch", "sign-out", "", "sign-out"]


def test_the_strip_tries_again_or_opens_the_details(workstation: Workstation, sync: ToldSync, qtbot: QtBot) -> None:
    now = workstation.desk.now()
    sync.become(network="offline", since=now, last_success=now - timedelta(hours=25))
    frame = workstation.window.frame
    qtbot.waitUntil(frame.strip.isVisible)
    frame.strip.acted.emit("try")
    assert sync.tries == 1
    frame.strip.acted.emit("details")
    assert isinstance(workstation.desk.routes.current, SyncDetails)


def test_windows_beside_are_kept_taken_off_the_screen_and_forgotten_when_closed(
    workstation: Workstation, qtbot: QtBot
) -> None:
    patient = register(workstation, qtbot, "Okonkwo", "Amara")
    routes, window = workstation.desk.routes, workstation.window
    routes.open(PatientChart(patient), beside=True)
    top_level(BesideWindow)[0].close()
    routes.open(PatientChart(patient), beside=True)
    assert len(top_level(BesideWindow)) == 1
    page = day(workstation)
    window.keep_drafts()
    assert page.happened[-1:] != ["refresh"] and window.isVisible()
    window.blank()
    assert not top_level(BesideWindow) and not window.isVisible()
    window.show()


def test_the_banner_opens_the_allergies_for_who_may_read_charts(workstation: Workstation, qtbot: QtBot) -> None:
    patient = register(workstation, qtbot, "Okonkwo", "Amara")
    routes, banner = workstation.desk.routes, workstation.window.frame.banner
    routes.open(PatientChart(patient))
    qtbot.waitUntil(banner.isVisible)
    banner.allergies_opened.emit()
    allowed = workstation.desk.may("chart.read")
    assert routes.current == PatientChart(patient, "allergies" if allowed else "summary")
    workstation.desk.routes.open(DayView())
    banner.allergies_opened.emit()
    assert isinstance(workstation.desk.routes.current, DayView), "nobody is shown"


def test_the_palette_closes_by_a_click_beside_it_and_by_esc(workstation: Workstation, qtbot: QtBot) -> None:
    palette = workstation.window.palette_box
    for close in (
        lambda: QTest.mouseClick(palette, Qt.MouseButton.LeftButton, pos=QPoint(2, 2)),
        lambda: QTest.keyClick(palette.field, Qt.Key.Key_Escape),
    ):
        QTest.keyClick(workstation.window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
        qtbot.waitUntil(palette.isVisible)
        palette.field.setText("> zebra")
        QTest.keyClick(palette.field, Qt.Key.Key_Down)
        QTest.keyClick(palette.field, Qt.Key.Key_Return)
        QTest.mouseClick(palette, Qt.MouseButton.LeftButton, pos=palette.field.mapTo(palette, QPoint(5, 5)))
        assert palette.isVisible(), "nothing to choose, nothing done"
        close()  # type: ignore[no-untyped-call]
        assert not palette.isVisible()


def test_another_patient_of_the_search_has_other_acts(workstation: Workstation, qtbot: QtBot) -> None:
    register(workstation, qtbot, "Okonkwo", "Amara")
    register(workstation, qtbot, "Okonkwo", "Chidi", "1990-01-02")
    palette = workstation.window.palette_box
    QTest.keyClick(workstation.window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    palette.field.setText("okon")
    qtbot.waitUntil(lambda: sum(isinstance(row, PatientRow) for row in palette.rows()) == 2)

    def whose() -> str:
        return next(row.words for row in palette.rows() if isinstance(row, Heading) and row.words.startswith("Do with"))

    first = whose()
    QTest.keyClick(palette.field, Qt.Key.Key_Down)
    assert whose() != first


def test_rows_are_spoken_in_full_and_a_long_search_says_how_much_it_shows() -> None:
    act = ActRow("Sync now", "arrows-clockwise", lambda: None, ("Ctrl", "R"))
    rows: list[Row] = [act, Heading("Commands", "type > for all"), QuietRow("Nobody")]
    assert [spoken(row) for row in rows] == ["Sync now, Ctrl R", "Commands, type > for all", "Nobody"]
    assert listed("zebra", None, [], "", [act], None) == []
    twins = Findings(twins="Two people share this name")
    assert not any(isinstance(row, WarningRow) for row in listed("ok", twins, [], "", [], None)), "nobody was found"
