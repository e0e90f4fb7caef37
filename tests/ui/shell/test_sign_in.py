# SPDX-License-Identifier: Apache-2.0
"""Sign-in and lock windows: three steps, one sentence for every failure, waits, and nothing about any patient."""

from __future__ import annotations

from collections.abc import Callable
from zoneinfo import ZoneInfo

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from hms_desktop.core.clock import SetClock
from hms_desktop.ui.shell.lock_window import LockWindow
from hms_desktop.ui.shell.look import Look
from hms_desktop.ui.shell.sign_in_form import SignInForm
from hms_desktop.ui.shell.sign_in_window import SignInWindow
from hms_desktop.ui.shell.station import StationFacts, WhoIsLocked
from hms_desktop.ui.widgets.inside_button import InsideButton

ZONE = ZoneInfo("Africa/Johannesburg")
FACTS = StationFacts("Riverbend Clinic", "Front desk 2", zone=ZONE, reachable=False, offline_until_ms=1_795_676_400_000)
Make = Callable[..., SignInWindow]


@pytest.fixture
def make(dressed: QApplication, qtbot: QtBot, clock: SetClock) -> Make:
    def made(*, code: bool = False) -> SignInWindow:
        window = SignInWindow(FACTS, Look(), lambda _login: code, clock)
        window.tries = []  # type: ignore[attr-defined]
        window.asked.connect(lambda *tried: window.tries.append(tried))  # type: ignore[attr-defined]
        qtbot.addWidget(window)
        window.show()
        return window

    return made


def enter(form: SignInForm, *answers: str) -> None:
    """Type each step's answer and press Enter."""
    for answer in answers:
        field = next(f for f in (form.name, form.password, form.code) if f.isVisibleTo(form))
        QTest.keyClicks(field, answer)
        QTest.keyClick(field, Qt.Key.Key_Return)


def test_the_eye_shows_the_password_until_it_is_handed_over(make: Make) -> None:
    field = make().form.password
    (eye,) = field.findChildren(InsideButton)
    field.setText("olive tram")
    eye.click()
    assert (field.echoMode(), eye.accessibleName()) == (field.EchoMode.Normal, "Hide password")
    assert field.take() == "olive tram"
    assert (field.echoMode(), eye.accessibleName()) == (field.EchoMode.Password, "Show password")


def test_name_and_password_by_keyboard_alone(make: Make) -> None:
    window = make()
    enter(window.form, "z.ndlovu", "olive tram basalt hinge")
    assert window.tries == [("z.ndlovu", "olive tram basalt hinge", "")]  # type: ignore[attr-defined]
    assert window.form.password.text() == "", "the field forgets the password as soon as it was handed over"


def test_a_role_that_needs_a_code_is_asked_for_it(make: Make) -> None:
    window = make(code=True)
    enter(window.form, "t.mbeki", "olive tram basalt hinge")
    assert window.tries == []  # type: ignore[attr-defined]
    QTest.keyClicks(window.form.code, "492817")
    assert window.tries == [("t.mbeki", "olive tram basalt hinge", "492817")]  # type: ignore[attr-defined]


def test_a_code_can_be_pasted_with_spaces(make: Make) -> None:
    window = make(code=True)
    enter(window.form, "t.mbeki", "olive tram basalt hinge")
    QGuiApplication.clipboard().setText(" 492 817 ")
    QTest.keyClick(window.form.code, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert window.tries[0][2] == "492817"  # type: ignore[attr-defined]


def test_a_failure_says_one_sentence_and_keeps_the_name(make: Make) -> None:
    window = make()
    enter(window.form, "z.ndlovu", "wrong")
    window.form.refuse("Name, password or code is wrong. 4 tries left before a wait.")
    assert window.form.notice.accessibleName().startswith("Name, password or code is wrong")
    assert window.form.password.isVisibleTo(window.form) and window.form.password.isEnabled()
    enter(window.form, "right")
    assert [tried[0] for tried in window.tries] == ["z.ndlovu", "z.ndlovu"]  # type: ignore[attr-defined]


def test_while_a_wait_lasts_nothing_is_tried(make: Make, qtbot: QtBot) -> None:
    window = make()
    enter(window.form, "z.ndlovu", "wrong")
    window.form.refuse("Too many wrong tries. Try again in 1 minute.", 60)
    window.form.password.setText("right")
    window.form.go_on()
    assert len(window.tries) == 1 and not window.form.button.isEnabled()  # type: ignore[attr-defined]
    for _second in range(60):
        window.form._second()
    window.form.go_on()
    assert len(window.tries) == 2  # type: ignore[attr-defined]


def test_esc_starts_over(make: Make) -> None:
    window = make()
    enter(window.form, "z.ndlovu")
    QTest.keyClick(window.form.password, Qt.Key.Key_Escape)
    assert window.form.name.isVisibleTo(window.form) and window.form.name.text() == ""


def test_offline_says_until_when_signing_in_is_allowed(make: Make) -> None:
    notice = make().form.notice
    assert "You can still sign in" in notice.accessibleName()
    assert "26-Nov-2026, 09:00" in notice.accessibleDescription()


def test_text_size_and_theme_are_chosen_before_signing_in(make: Make, qtbot: QtBot) -> None:
    window = make()
    with qtbot.waitSignal(window.look_chosen) as chosen:
        window._looks._take("scale", 2.0)
    assert chosen.args == [Look(scale=2.0)]


@pytest.fixture
def lock(dressed: QApplication, qtbot: QtBot, clock: SetClock) -> LockWindow:
    who = WhoIsLocked(
        "Zanele Ndlovu", "z.ndlovu", clock.ms, 5, (("New patient", clock.ms),), waiting=7, last_sync_ms=clock.ms
    )
    window = LockWindow(FACTS, who, 5, clock)
    qtbot.addWidget(window)
    window.show()
    return window


def test_the_lock_asks_the_same_persons_password(lock: LockWindow) -> None:
    tried: list[tuple[str, ...]] = []
    lock.asked.connect(lambda *parts: tried.append(parts))
    QTest.keyClicks(lock.card.password, "olive tram basalt hinge")
    QTest.keyClick(lock.card.password, Qt.Key.Key_Return)
    assert tried == [("z.ndlovu", "olive tram basalt hinge", "")]


def test_the_lock_says_what_is_kept(lock: LockWindow) -> None:
    from PySide6.QtWidgets import QLabel

    words = " ".join(label.text() for label in lock.findChildren(QLabel))
    assert "Locked at 09:00 after 5 minutes" in words and "7 changes waiting" in words
    assert "1 unfinished form is kept" in words and "New patient, kept 09:00" in words
    assert "keys left" not in words, "only said when the session process has really ended"
    lock.keys_are_gone()
    assert "keys left" in " ".join(label.text() for label in lock.findChildren(QLabel))


def test_f12_gives_the_computer_to_somebody_else(lock: LockWindow, qtbot: QtBot) -> None:
    with qtbot.waitSignal(lock.switch_user):
        QTest.keyClick(lock, Qt.Key.Key_F12)


def test_a_wrong_password_counts_down_the_tries(lock: LockWindow) -> None:
    lock.card.go_on()
    lock.card.refuse("Name, password or code is wrong", 4)
    assert lock.card.notice.isVisible() and lock.card.password.isEnabled()
