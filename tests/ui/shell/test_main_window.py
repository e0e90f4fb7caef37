# SPDX-License-Identifier: Apache-2.0
"""The frame around a screen: place, banner, keys, errors that stay, unfinished forms, sync words, badges."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from hms_desktop.clinic.patients import service
from hms_desktop.clinic.patients.rules import Registration
from hms_desktop.core.errors import Unavailable
from hms_desktop.ui.routes import (
    DayView,
    MessageList,
    PatientChart,
    PatientSearch,
    RegisterPatient,
    SettingsPage,
    SyncDetails,
)
from hms_desktop.ui.shell.beside_window import BesideWindow
from hms_desktop.ui.shell.keys_sheet import KeysSheet
from hms_desktop.ui.shell.toast_box import DONE, HINT, ToastBox
from hms_desktop.ui.shell.workstation import Workstation
from hms_desktop.ui.widgets.badge import Badge
from hms_desktop.ui.widgets.confirm import Confirm
from hms_desktop.ui.widgets.theme import theme
from tests.ui.shell.conftest import ToldSync
from tests.ui.shell.pages import DayPage, FormPage


def day(workstation: Workstation) -> DayPage:
    """The day view, opened."""
    workstation.desk.routes.open(DayView())
    page = workstation.window.shown
    assert isinstance(page, DayPage)
    return page


def form(workstation: Workstation, typed: str = "Okonkwo") -> FormPage:
    """The form, opened with something typed."""
    workstation.desk.routes.open(RegisterPatient(typed))
    page = workstation.window.shown
    assert isinstance(page, FormPage)
    return page


def register(workstation: Workstation, qtbot: QtBot, family: str, given: str, born: str = "1979-03-14") -> UUID:
    """A patient, through the register's own action."""
    made: list[UUID] = []
    written = Registration(family=family, given=given, sex="female", born=born)
    workstation.tasks.run(partial(service.register, written=written), made.append)
    qtbot.waitUntil(lambda: bool(made))
    return made[0]


def top_level(kind: type[Any]) -> list[Any]:
    """Windows of this kind that are open."""
    return [widget for widget in QApplication.topLevelWidgets() if isinstance(widget, kind) and widget.isVisible()]


def test_the_receptionists_day_begins_at_the_day_view(workstation: Workstation) -> None:
    window = workstation.window
    assert isinstance(window.shown, DayPage)
    assert window.frame.top.title.text() == "Front desk"
    assert window.frame.rail.buttons["Schedule"].isChecked()
    assert "Lab" not in window.frame.rail.buttons, "a module that the role may not use is not shown"


def test_modules_open_by_alt_and_number_and_by_g_and_letter(workstation: Workstation, qtbot: QtBot) -> None:
    window = workstation.window
    QTest.keyClick(window, Qt.Key.Key_1, Qt.KeyboardModifier.AltModifier)
    assert window.frame.top.title.text() == "Patients"
    QTest.keyClick(window, Qt.Key.Key_G)
    QTest.keyClick(window, Qt.Key.Key_S)
    assert window.frame.top.title.text() == "Front desk"


def test_the_screens_keys_work_and_stand_in_the_status_bar(workstation: Workstation, qtbot: QtBot) -> None:
    page = day(workstation)
    QTest.keyClick(workstation.window, Qt.Key.Key_F2)
    QTest.keyClick(workstation.window, Qt.Key.Key_F5)
    assert page.happened == ["check in", "refresh"]
    assert [key.text for key in workstation.window.keys.hints()] == ["Check in", "New booking", "Keys"]


def test_esc_goes_back(workstation: Workstation, qtbot: QtBot) -> None:
    day(workstation)
    workstation.desk.routes.open(PatientSearch())
    QTest.keyClick(workstation.window, Qt.Key.Key_Escape)
    assert isinstance(workstation.window.shown, DayPage)


def test_the_banner_shows_the_patient_of_the_screen_and_no_other(workstation: Workstation, qtbot: QtBot) -> None:
    patient = register(workstation, qtbot, "Okonkwo", "Amara")
    banner = workstation.window.frame.banner
    workstation.desk.routes.open(PatientChart(patient))
    qtbot.waitUntil(banner.isVisible)
    assert banner.data is not None and banner.data.full_name == "OKONKWO, Amara"
    assert banner.data.allergies.state in ("not_recorded", "unavailable")
    workstation.desk.routes.open(DayView())
    assert not banner.isVisible()


def test_beside_opens_a_second_window_with_its_own_banner(workstation: Workstation, qtbot: QtBot) -> None:
    patient = register(workstation, qtbot, "Okonkwo", "Amara")
    workstation.desk.routes.open(PatientChart(patient), beside=True)
    window = top_level(BesideWindow)[0]
    assert "Okonkwo" not in window.windowTitle() + workstation.window.windowTitle()
    assert isinstance(workstation.window.shown, DayPage)
    window.close()


def test_an_unfinished_form_is_asked_about_and_kept(workstation: Workstation, qtbot: QtBot) -> None:
    page = form(workstation)
    assert not workstation.desk.routes.open(DayView())
    question = top_level(Confirm)[0]
    question.reject()
    assert workstation.window.shown is page and page.field.text() == "Okonkwo"
    workstation.desk.routes.open(DayView())
    top_level(Confirm)[0].accept()
    assert isinstance(workstation.window.shown, DayPage)
    again = form(workstation, "")
    qtbot.waitUntil(lambda: again.field.text() == "Okonkwo")


def test_an_error_stays_until_it_is_put_away(workstation: Workstation, qtbot: QtBot) -> None:
    tried: list[str] = []
    panel = workstation.window.frame.error
    error = Unavailable("The label printer does not answer. Check that it is on, then print again.")
    workstation.window.show_error(error, lambda: tried.append("again"))
    assert panel.isVisible() and "label printer" in panel.accessibleDescription()
    QTest.keyClick(workstation.window, Qt.Key.Key_Escape)
    assert not panel.isVisible() and not tried


def test_an_error_that_no_screen_takes_is_shown(workstation: Workstation, qtbot: QtBot) -> None:
    workstation.tasks.run(partial(service.finish_task, task=UUID(int=7)))
    qtbot.waitUntil(workstation.window.frame.error.isVisible)
    assert workstation.window.frame.error.error is not None


def test_a_toast_can_be_undone_and_stays_in_the_messages(workstation: Workstation, qtbot: QtBot) -> None:
    undone: list[str] = []
    workstation.desk.toast("Checked in", lambda: undone.append("undone"))
    QTest.keyClick(workstation.window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert undone == ["undone"]
    assert workstation.window.frame.notices.unseen() == 1
    workstation.desk.routes.open(MessageList())
    assert workstation.window.frame.notices.unseen() == 0


def test_a_hint_has_no_tick_and_rings_no_bell(workstation: Workstation, qtbot: QtBot) -> None:
    notices, toast = workstation.window.frame.notices, workstation.window.findChild(ToastBox)
    workstation.desk.hint("Choose the patient first.")
    assert toast.sign == HINT and toast.accessibleName() == "Choose the patient first."
    assert (notices.unseen(), [message.text for message in notices.messages]) == (0, ["Choose the patient first."])
    workstation.desk.toast("Checked in")
    assert toast.sign == DONE and notices.unseen() == 1


def test_toast_and_bell_follow_the_text_size(workstation: Workstation, qtbot: QtBot) -> None:
    window = workstation.window
    workstation.desk.toast("Checked in")
    toast, count = window.findChild(ToastBox), window.frame.top.bell.findChild(Badge)
    sizes = []
    for scale in (1.0, 2.0, 1.0):
        theme.use(scale=scale)
        assert (toast.size(), count.size()) == (toast.sizeHint(), count.sizeHint())
        sizes.append(toast.height())
    assert sizes[0] == sizes[2] < sizes[1]


def test_the_status_bar_tells_the_true_state_of_sync(workstation: Workstation, sync: ToldSync, qtbot: QtBot) -> None:
    window, now = workstation.window, workstation.desk.now()
    parts = window.frame.status.parts
    sync.become(network="offline", since=now, waiting=7, last_success=now - timedelta(minutes=1), conflicts=2)
    qtbot.waitUntil(lambda: parts["network"].words == "Offline since 09:00")
    assert (parts["waiting"].words, parts["last_sync"].words) == ("7 changes waiting", "Last sync 08:59")
    assert parts["conflicts"].words == "2 conflicts to review"
    assert window.frame.strip.isVisible()
    sync.become(network="online", since=None, waiting=0)
    qtbot.waitUntil(lambda: not window.frame.strip.isVisible())


def test_a_day_without_sync_turns_the_strip_amber(workstation: Workstation, sync: ToldSync, qtbot: QtBot) -> None:
    now = workstation.desk.now()
    last, until = now - timedelta(hours=25), now + timedelta(days=13)
    sync.become(network="offline", since=now, last_success=last, permit_until=until)
    strip = workstation.window.frame.strip
    qtbot.waitUntil(lambda: strip.face is not None and strip.face.kind == "overdue")
    assert strip.face is not None and "06-Dec-2026" in strip.face.text


def test_sync_now_by_key(workstation: Workstation, sync: ToldSync, qtbot: QtBot) -> None:
    QTest.keyClick(workstation.window, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    assert sync.tries == 1


def test_the_keys_sheet_lists_what_works_here(workstation: Workstation, qtbot: QtBot) -> None:
    day(workstation)
    workstation.window.keys.press("?")
    qtbot.waitUntil(lambda: bool(top_level(KeysSheet)))
    top_level(KeysSheet)[0].reject()


def test_a_scan_reaches_the_screen(workstation: Workstation) -> None:
    page = day(workstation)
    scanner = workstation.window.scanner
    for at, sign in enumerate("ACC7"):
        scanner.hear(sign, 0, 1000 + at * 5)
    assert scanner.hear("\r", int(Qt.Key.Key_Return), 1025)
    assert page.happened == ["scan ACC7"]


def test_settings_work_at_once(workstation: Workstation, qtbot: QtBot) -> None:
    workstation.desk.routes.open(SettingsPage())
    page: Any = workstation.window.shown
    try:
        page._take(mode="dark", scale=1.5, single_letters=False)
        assert (theme.name, theme.scale) == ("dark", 1.5)
        assert not workstation.window.keys.single_letters
        assert workstation.farewell()["look"]["scale"] == 1.5
    finally:
        theme.use(mode="light", scale=1.0)


def test_the_status_bar_opens_sync_details(workstation: Workstation) -> None:
    workstation.window.frame.status.opened.emit("waiting")
    assert isinstance(workstation.desk.routes.current, SyncDetails)


@pytest.mark.parametrize("way", [1, -1])
def test_f6_walks_through_the_panes(workstation: Workstation, qtbot: QtBot, way: int) -> None:
    day(workstation)
    frame = workstation.window.frame
    modifier = Qt.KeyboardModifier.NoModifier if way > 0 else Qt.KeyboardModifier.ShiftModifier
    seen = set()
    for _step in range(4):
        QTest.keyClick(workstation.window, Qt.Key.Key_F6, modifier)
        focus = QApplication.focusWidget()
        seen |= {n for n, pane in enumerate(frame.panes()) if focus is not None and pane.isAncestorOf(focus)}
    assert {0, 1, 4, 5} <= seen


def test_closing_the_window_signs_out_after_asking(workstation: Workstation, qtbot: QtBot) -> None:
    form(workstation)
    asked: list[str] = []
    workstation.window.leaving.connect(asked.append)
    workstation.window.close()
    assert asked == [] and workstation.window.isVisible()
    top_level(Confirm)[0].accept()
    assert asked == ["sign-out"]
