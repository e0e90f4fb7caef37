# SPDX-License-Identifier: Apache-2.0
"""Carry by stick in the window: progress, a way to stop, and in plain words what went, what came and how old it is."""

from __future__ import annotations

import threading
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from hms_desktop.commands.carrying import make_file, take_file
from hms_desktop.sync.bundle_line import Progress
from hms_desktop.sync.bundles import Made, Taken
from hms_desktop.sync.fill import Cancelled
from hms_desktop.ui.routes import SyncDetails
from hms_desktop.ui.shell.stick_card import StickCard
from tests.desk import MONDAY_09_00
from tests.ui.shell.conftest import ToldSync


@pytest.fixture
def card(workstation: Any) -> StickCard:
    """The card on the page of sync details."""
    workstation.desk.routes.open(SyncDetails())
    found: StickCard = workstation.window.shown.stick
    return found


def said(card: StickCard) -> str:
    """What the notice says; nothing while there is none."""
    return f"{card.said.strong.text()} | {card.said.weak.text()}" if card.said.isVisibleTo(card) else ""


def test_what_was_made_and_taken_is_told_with_what_it_can_not_know(
    card: StickCard, sync: ToldSync, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Path] = []

    def carry_out(folder: Path, progress: Progress) -> Made:
        asked.append(folder)
        return Made(folder / "hms-to-server-1.hmsbundle", 1, 3, 0, 4096)

    def carry_in(file: Path, progress: Progress) -> Taken:
        asked.append(file)
        return Taken(7, MONDAY_09_00, 12, 5, 2, 1, 0)

    monkeypatch.setattr(sync, "carry_out", carry_out)
    monkeypatch.setattr(sync, "carry_in", carry_in)
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_words: str(tmp_path))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_words: (str(tmp_path / "file"), ""))
    card.make.setFocus()
    QTest.keyClick(card.make, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: "3 changes are in hms-to-server-1" in said(card))
    assert "until then its changes count as waiting" in said(card) and not card.progress.isVisibleTo(card)
    card.take.click()
    qtbot.waitUntil(lambda: "File 7 was taken in" in said(card))
    for words in (
        "at 09:00; what others did since",
        "12 changes of others",
        "1 change of this",
        "filled",
        "still missing",
    ):
        assert words in said(card)
    assert asked == [tmp_path, tmp_path / "file"]
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_words: "")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_words: ("", ""))
    card.make.click()
    card.take.click()
    assert len(asked) == 2 and card.make.isEnabled()


def test_it_shows_how_far_it_is_and_a_person_may_stop_it(
    card: StickCard, sync: ToldSync, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped = threading.Event()

    def carry_in(_file: Path, progress: Progress) -> Taken:
        progress(4, 9)
        assert stopped.wait(60)
        raise Cancelled("Stopped. What has arrived stays.")

    monkeypatch.setattr(sync, "carry_in", carry_in)
    monkeypatch.setattr(sync, "stop_carrying", stopped.set)
    card.progress.cancelled.connect(stopped.set)
    card.carry_in(tmp_path / "file")
    qtbot.waitUntil(lambda: card.progress.count.text() == "4 of 9")
    assert not card.make.isEnabled() and "goes on from there" in card.progress.keeps.text()
    card.progress.cancel.click()
    qtbot.waitUntil(lambda: "What has arrived stays" in said(card))
    assert card.make.isEnabled() and not card.progress.isVisibleTo(card)


def test_a_workstation_that_can_not_carry_says_why(
    card: StickCard, sync: ToldSync, workstation: Any, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    card.carry_out(tmp_path)
    qtbot.waitUntil(lambda: "no server to carry changes to" in said(card))
    monkeypatch.setattr(sync, "carry_out", partial(make_file, workstation.bench))
    monkeypatch.setattr(sync, "carry_in", partial(take_file, workstation.bench))
    card.carry_out(tmp_path)
    qtbot.waitUntil(lambda: "reach the server once" in said(card))
    card.carry_in(tmp_path / "pulled out")
    qtbot.waitUntil(lambda: "Look whether the stick is in" in said(card))
    assert list(tmp_path.glob("*.hmsbundle")) == []
