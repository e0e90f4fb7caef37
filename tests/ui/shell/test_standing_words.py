# SPDX-License-Identifier: Apache-2.0
"""What windows say of a workstation's standing: at sign-in, in the status bar and strip, and once it was wiped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from hms_desktop.core.clock import SetClock, milliseconds
from hms_desktop.core.errors import BadInput
from hms_desktop.ui.shell import trust_sign
from hms_desktop.ui.shell.look import Look
from hms_desktop.ui.shell.patient_finder import NoFinder
from hms_desktop.ui.shell.permit_dialog import PermitDialog
from hms_desktop.ui.shell.sign_in_window import SignInWindow
from hms_desktop.ui.shell.standing_feed import StandingFeed
from hms_desktop.ui.shell.station import ENDED, SOON, StationFacts, WipedFacts
from hms_desktop.ui.shell.sync_facts import SyncFacts
from hms_desktop.ui.shell.sync_link import Stands
from hms_desktop.ui.shell.wiped_window import WipedWindow

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
FACTS = StationFacts("Riverbend", "Ward 5", number="4F7 A21")
CLOCK = SetClock(milliseconds(NOW))


def until(hours: int) -> int:
    return milliseconds(NOW + timedelta(hours=hours))


@pytest.mark.parametrize(
    ("facts", "strong", "renews"),
    [
        (replace(FACTS, blocked=True, permit=ENDED), "This workstation is blocked", False),
        (replace(FACTS, permit=ENDED), "Only emergency reading is left", True),
        (replace(FACTS, behind=True, permit=SOON), "This computer's clock was set back", False),
        (replace(FACTS, permit=SOON, offline_until_ms=until(71)), "Working without the server ends in 2 days", True),
        (replace(FACTS, permit=SOON, offline_until_ms=until(5)), "Working without the server ends in 5 hours", True),
        (replace(FACTS, exposed=True), "This computer's file gets a new key", False),
        (replace(FACTS, reachable=False), "The server can't be reached. You can still sign in.", False),
        (FACTS, "", False),
    ],
)
def test_sign_in_says_first_what_must_be_known(
    dressed: QApplication, facts: StationFacts, strong: str, renews: bool
) -> None:
    window = SignInWindow(facts, Look(), lambda _login: False, CLOCK)
    notice = window.form.notice
    assert (notice.strong.text() if not notice.isHidden() else "") == strong
    assert (window.form.renew is not None) == renews
    window.show_facts(FACTS)
    assert notice.isHidden() and window.form.renew is None
    window.show_facts(replace(FACTS, permit=ENDED))
    window.form.refuse("Name, password or code is wrong")
    window.show_facts(replace(FACTS, permit=ENDED))
    assert notice.strong.text() == "Name, password or code is wrong", "what was just said stays"
    window.deleteLater()


def test_the_telephone_code_is_asked_for_from_sign_in(dressed: QApplication, qtbot: QtBot) -> None:
    window = SignInWindow(replace(FACTS, permit=ENDED), Look(), lambda _login: False, CLOCK)
    asked: list[int] = []
    window.renew_asked.connect(lambda: asked.append(1))
    assert window.form.renew is not None
    window.form.renew.click()
    tried: list[str] = []

    def renew(code: str) -> None:
        tried.append(code)
        if len(tried) == 1:
            raise BadInput("The code has a slip in it.", "code")

    dialog = PermitDialog(window, FACTS, renew, CLOCK)
    done: list[int] = []
    dialog.renewed.connect(lambda: done.append(1))
    dialog.ask()
    words = " ".join(label.text() for label in dialog.findChildren(QLabel))
    assert asked == [1] and "Ward 5" in words and "4F7 A21" in words and "23-Nov-2026" in words
    dialog.try_code()
    assert tried == [] and dialog.wrong.isHidden()
    QTest.keyClicks(dialog.code, "wrong")
    QTest.keyClick(dialog.code, Qt.Key.Key_Return)
    assert dialog.wrong.strong.text() == "The code has a slip in it." and not done
    QTest.keyClicks(dialog.code, "right")
    QTest.keyClick(dialog.code, Qt.Key.Key_Return)
    assert tried == ["wrong", "right"] and done == [1]
    window.deleteLater()


def test_a_wiped_workstation_says_so_and_what_to_do(dressed: QApplication) -> None:
    window = WipedWindow(WipedFacts("Riverbend", "Ward 5", NOW))
    closed: list[int] = []
    window.closed.connect(lambda: closed.append(1))
    words = " ".join(label.text() for label in window.findChildren(QLabel))
    assert "Ward 5 was wiped" in words and "hms enroll" in words and "23-Nov-2026" in words
    window.show()
    window.close()
    assert closed == [1]
    window.deleteLater()


@pytest.mark.parametrize(
    ("parts", "words", "title"),
    [
        ({}, None, None),
        ({"read_only": "An old copy."}, "Read-only: an old copy of the file", "Read-only"),
        ({"emergency": True}, "Emergency reading only", "Only emergency reading is left"),
        ({"emergency": True, "permit_again": True}, "Emergency reading only", "The permit was renewed"),
        ({"behind": True}, "This computer's clock was set back", None),
        ({"ahead_ms": 7 * 60_000}, "This computer's clock is 7 min fast", None),
        ({"ahead_ms": -26 * 3_600_000}, "This computer's clock is 26 h 00 slow", None),
        ({"ahead_ms": 119_000}, None, None),
        ({"permit_soon": True, "permit_until": NOW + timedelta(hours=60)}, "Permit ends in 2 days", None),
        ({"permit_soon": True, "permit_until": NOW + timedelta(minutes=20)}, "Permit ends in 1 hour", None),
        ({"exposed": True}, "The file gets a new key at the next lock", None),
    ],
)
def test_the_status_bar_says_how_far_the_workstation_is_trusted(
    parts: dict[str, Any], words: str | None, title: str | None
) -> None:
    facts = SyncFacts(**parts)
    sign, strip = trust_sign.sign_of(facts, NOW), trust_sign.strip_of(facts, cramped=False)
    assert (sign.words if sign else None, strip.title if strip else None) == (words, title)
    small = trust_sign.strip_of(facts, cramped=True)
    assert (small is None) == (strip is None)


class Watch:
    """A watch that rings when it is told to."""

    def __init__(self) -> None:
        self.why = ""
        self.ring: Callable[[], object] = lambda: None

    def on_told(self, told: Callable[[], object]) -> None:
        self.ring = told

    def over(self) -> str:
        return self.why

    closed = False


@pytest.mark.parametrize(
    ("why", "then"),
    [("revoked", "sign-out"), ("blocked", "sign-out"), ("wipe", "wipe"), ("exposed", ""), ("permit", "")],
)
def test_a_session_ends_as_the_reason_asks(dressed: QApplication, qtbot: QtBot, why: str, then: str) -> None:
    watch, ended = Watch(), []
    feed = StandingFeed(watch, Stands, None)
    feed.leaving.connect(ended.append)
    watch.ring()
    dressed.processEvents()
    assert ended == []
    watch.why, watch.closed = why, True
    feed.look()
    assert ended == [], "what has ended is not ended again"
    watch.closed = False
    watch.ring()
    qtbot.waitUntil(lambda: ended == [then])


def test_in_an_emergency_nobody_is_found_by_the_command_line(dressed: QApplication) -> None:
    found: list[Any] = []
    NoFinder()("Okonkwo", found.append, dressed)
    assert found[0].patients == ()
