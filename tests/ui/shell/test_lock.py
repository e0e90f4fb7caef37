# SPDX-License-Identifier: Apache-2.0
"""The lock from within: when it comes, what it takes off the screen and the clipboard, and what it asks and keeps."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QDialog, QLabel, QMenu, QPushButton, QWidget
from pytestqt.qtbot import QtBot
from reportlab.pdfgen.canvas import Canvas

from hms_desktop.app import open_workstation
from hms_desktop.core.clock import SetClock
from hms_desktop.security import roles, sign_in
from hms_desktop.storage.keychain import FileKeychain
from hms_desktop.ui.routes import RegisterPatient, SettingsPage
from hms_desktop.ui.shell.idle import WARN_SECONDS
from hms_desktop.ui.shell.key_watch import KeyWatch
from hms_desktop.ui.shell.look import Look
from hms_desktop.ui.shell.workstation import Workstation
from hms_desktop.ui.widgets.confirm import Confirm
from hms_desktop.ui.widgets.print_preview import PrintPreview
from hms_desktop.ui.widgets.toggles import Tick
from tests.plugins.acceptance import Figure
from tests.security.conftest import PASSWORD
from tests.security.ports import KEYBOARD, SECURITY_KEY, Ports
from tests.ui.papers import paper_out
from tests.ui.shell import enrolled, pages
from tests.ui.shell.conftest import ToldSync
from tests.ui.widgets.test_clipboard import owned_without_display

COLLEAGUE = "s.dlamini"
NEARLY = 0.3
Open = Callable[[str], Workstation]


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    """A workstation of two receptionists."""
    return enrolled.enrol(tmp_path / "profile", colleague=COLLEAGUE)


@pytest.fixture
def ports(tmp_path: Path) -> Ports:
    """Where devices are plugged in."""
    return Ports(tmp_path / "ports")


@pytest.fixture
def opens(dressed: QApplication, profile: Path, clock: SetClock) -> Open:
    """Opens the workstation for somebody."""

    def sit(login: str) -> Workstation:
        opened = sign_in.unlock(profile, login, PASSWORD, keychain=FileKeychain(profile))
        return open_workstation(opened, clock=clock, sync=ToldSync(), folders=[pages.folder()])

    return sit


def form(workstation: Workstation) -> Any:
    """The form that stands open."""
    workstation.desk.routes.open(RegisterPatient())
    return workstation.window.shown


def shown() -> list[object]:
    """Whatever is on the screen."""
    return [window for window in QApplication.topLevelWidgets() if window.isVisible()]


def paper(tmp_path: Path) -> bytes:
    """One page."""
    canvas = Canvas(str(tmp_path / "page.pdf"))
    canvas.drawString(100, 100, "Receipt")
    canvas.save()
    return (tmp_path / "page.pdf").read_bytes()


def warned(workstation: Workstation) -> tuple[QWidget, str]:
    """Over which window it is warned, and what is said."""
    pane = workstation.warning.pane
    assert pane is not None and pane.isVisible()
    return pane.window(), " ".join(label.text() for label in pane.findChildren(QLabel))


@pytest.mark.accepts("SEC-05")
def test_each_role_has_its_minutes_and_is_warned_before_second_by_second_over_whatever_is_in_front(
    workstation: Workstation,
) -> None:
    minutes = {name: role.idle_minutes for name, role in roles.policy().roles.items()}
    assert all(1 <= chosen <= 15 for chosen in minutes.values()) and len(set(minutes.values())) > 2
    assert roles.idle_minutes(["manager", "pharmacist"]) == minutes["pharmacist"] == 3, "the strictest of them"
    assert workstation.idle.seconds_left() <= minutes["receptionist"] * 60
    workstation.on_leaving(lambda _then, _minutes: None)
    watch = workstation.idle
    begun = watch._now()
    deadline = begun + minutes["receptionist"] * 60
    watch._now = lambda: deadline - WARN_SECONDS - 1
    watch.look()
    assert workstation.warning.pane is None, "not before"
    for left in (WARN_SECONDS, WARN_SECONDS - 1, 1):
        watch._now = lambda seconds=left: deadline - seconds  # type: ignore[misc]
        watch.look()
        over, said = warned(workstation)
        assert over is workstation.window and f"Locks in {left} second" in said
    question = Confirm(workstation.window, "Sure?", "Ann", "Yes", lambda: None)
    question.open()
    watch.look()
    assert warned(workstation)[0] is question
    assert workstation.warning.pane is not None
    workstation.warning.pane.button.click()
    assert workstation.warning.pane is None and watch.seconds_left() == minutes["receptionist"] * 60
    question.close()
    watch.stop()


@pytest.mark.accepts("X-11", "SEC-05")
@pytest.mark.qt_log_ignore("This plugin does not support (raise|grabbing)", extend=True)
def test_at_the_deadline_all_goes_off_the_screen_and_the_draft_is_back_for_its_author_alone(
    opens: Open, qtbot: QtBot, tmp_path: Path, figure: Figure, monkeypatch: pytest.MonkeyPatch
) -> None:
    owned_without_display(monkeypatch)
    workstation = opens(enrolled.LOGIN)
    with qtbot.waitExposed(workstation.window):
        workstation.show()
    form(workstation).field.setText("Ankle swelling")
    QGuiApplication.clipboard().setText("Ankle swelling")
    question = Confirm(workstation.window, "Sure?", "Ann", "Yes", lambda: None)
    question.open()
    preview = PrintPreview(None, paper_out(paper(tmp_path)))
    qtbot.addWidget(preview)
    preview.open()
    over = QDialog(preview)
    over.open()
    menu = QMenu(workstation.window)
    menu.addAction("Ann")
    menu.popup(workstation.window.pos())
    assert len(shown()) >= 5
    left: list[tuple[str, int, float, int]] = []

    def leave(then: str, minutes: int) -> None:
        workstation.blank()
        left.append((then, minutes, time.monotonic(), len(shown())))

    workstation.on_leaving(leave)
    watch = workstation.idle
    deadline = time.monotonic() + NEARLY
    watch._last = watch._now() - watch._limit + NEARLY
    watch.look()
    qtbot.waitUntil(lambda: bool(left))
    then, minutes, at, on_screen = left[0]
    assert (then, on_screen) == ("", 0) and minutes == roles.idle_minutes(["receptionist"])
    assert at >= deadline - 0.01, "not before the time"
    figure("blank after the deadline of the idle lock", (at - deadline) * 1000, "ms", most=200)
    assert QGuiApplication.clipboard().text() == ""
    workstation.close()

    other = opens(COLLEAGUE)
    assert asked(other, qtbot) is None
    other.close()
    begun = time.monotonic()
    again = opens(enrolled.LOGIN)
    page = form(again)
    qtbot.waitUntil(lambda: page.field.text() == "Ankle swelling")
    figure("draft back after unlocking", time.monotonic() - begun, "s", most=1)
    again.close()


def asked(workstation: Workstation, qtbot: QtBot) -> dict[str, Any] | None:
    """What is kept of the form for whoever is signed in."""
    found: list[dict[str, Any] | None] = []
    workstation.drafts.load("register", found.append)
    qtbot.waitUntil(lambda: bool(found))
    return found[0]


@pytest.mark.accepts("X-11")
def test_closing_with_unsaved_text_asks_first_and_keeps_it(opens: Open, qtbot: QtBot) -> None:
    workstation = opens(enrolled.LOGIN)
    left: list[str] = []
    workstation.on_leaving(lambda then, _minutes: left.append(then))
    workstation.show()
    form(workstation).field.setText("Ankle swelling")
    workstation.window.close()
    (question,) = workstation.window.findChildren(Confirm)
    assert workstation.window.isVisible() and question.isVisible() and left == []
    keep = next(
        b
        for b in question.findChildren(QPushButton)
        if "Keep a draft" in b.text() or "Keep a draft" in b.accessibleName()
    )
    keep.click()
    qtbot.waitUntil(lambda: left == ["sign-out"])
    workstation.close()
    again = opens(enrolled.LOGIN)
    assert asked(again, qtbot) == {"family": "Ankle swelling"}
    again.close()


def key_choice(workstation: Workstation) -> Tick:
    """The choice in the settings."""
    workstation.desk.routes.open(SettingsPage())
    (tick,) = (t for t in workstation.window.shown.findChildren(Tick) if "security key" in t.text())
    return tick


@pytest.mark.accepts("SEC-05")
def test_pulling_out_the_security_key_locks_where_its_person_wants_that(
    workstation: Workstation, qtbot: QtBot, ports: Ports
) -> None:
    left: list[str] = []
    keyboard, key = ports.plug_in(KEYBOARD), ports.plug_in(SECURITY_KEY)
    watch = KeyWatch(ports.of_this_computer, workstation)
    watch.pulled.connect(workstation.key_pulled)
    workstation.on_leaving(lambda then, _minutes: left.append(then))
    watch.start()
    ports.pull(keyboard)
    watch.look()
    assert left == []
    ports.pull(key)
    qtbot.waitUntil(lambda: bool(left))
    watch.look()
    assert left == [""], "once, when it is gone"
    tick = key_choice(workstation)
    assert tick.isChecked() and tick.isEnabled()
    tick.click()
    key = ports.plug_in(SECURITY_KEY)
    watch.look()
    ports.pull(key)
    watch.look()
    assert left == [""] and workstation.farewell()["look"]["key_locks"] is False
    watch.stop()
    workstation.idle.stop()


@pytest.mark.accepts("SEC-05")
def test_a_role_may_leave_no_choice_in_that(
    dressed: QApplication, profile: Path, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    strict = {name for name, role in roles.policy().roles.items() if role.key_locks}
    assert strict == {"administrator", "privacy_officer"}
    assert roles.key_locks(["doctor", "privacy_officer"]) and not roles.key_locks(["doctor", "receptionist"])
    monkeypatch.setattr(roles, "key_locks", lambda kinds: kinds == frozenset({"receptionist"}))
    opened, own = enrolled.unlock(profile), Look(key_locks=False)
    workstation = open_workstation(opened, clock=clock, look=own, sync=ToldSync(), folders=[pages.folder()])
    left: list[str] = []
    workstation.on_leaving(lambda then, _minutes: left.append(then))
    tick = key_choice(workstation)
    assert tick.isChecked() and not tick.isEnabled()
    workstation.key_pulled()
    assert left == [""]
    workstation.close()
