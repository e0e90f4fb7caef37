# SPDX-License-Identifier: Apache-2.0
"""The second place in the window: chosen, told how it stands, behind when the disk is gone, and given up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from hms_desktop.core.changes import Changes
from hms_desktop.sync.second_place import TOLD, SecondPlace
from hms_desktop.ui.routes import SyncDetails
from hms_desktop.ui.shell.second_card import SecondPlaceCard
from tests.desk import MONDAY_09_00
from tests.ui.shell.conftest import ToldSync


@pytest.fixture
def card(workstation: Any) -> SecondPlaceCard:
    """The card on the page of sync details."""
    workstation.desk.routes.open(SyncDetails())
    found: SecondPlaceCard = workstation.window.shown.second
    return found


def said(card: SecondPlaceCard) -> str:
    """What the notice says; nothing while there is none."""
    return f"{card.said.strong.text()} | {card.said.weak.text()}" if card.said.isVisibleTo(card) else ""


def test_a_place_is_chosen_by_keys_followed_and_given_up(
    card: SecondPlaceCard, sync: ToldSync, workstation: Any, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    now: list[SecondPlace | None] = [None]

    def keep(folder: Path | None) -> SecondPlace | None:
        now[0] = SecondPlace(folder=str(folder)) if folder else None
        return now[0]

    monkeypatch.setattr(sync, "second_place", lambda: now[0])
    monkeypatch.setattr(sync, "keep_second", keep)
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_words: "/media/stick")
    assert not said(card) and not card.none.isVisibleTo(card)
    card.choose.setFocus()
    QTest.keyClick(card.choose, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: "The server has everything" in said(card) and "/media/stick" in said(card))

    def become(**parts: Any) -> None:
        now[0] = SecondPlace(folder="/media/stick", **parts)
        workstation.desk.tasks.changed.emit(Changes(frozenset({TOLD})))

    become(file="hms-desk-to-server-4.hmsbundle", number=9, made_ms=MONDAY_09_00)
    qtbot.waitUntil(lambda: "Everything that waits is in /media/stick, too" in said(card))
    assert "hms-desk-to-server-4.hmsbundle, made 09:00" in said(card) and "hms-server bundle take" in said(card)
    become(file="hms-desk-to-server-4.hmsbundle", made_ms=MONDAY_09_00, problem="/media/stick is not there.")
    qtbot.waitUntil(lambda: "The second copy is behind" in said(card))
    assert "tried again by itself" in said(card) and "The file of 09:00 holds" in said(card)
    become(problem="/media/stick is not there.")
    qtbot.waitUntil(lambda: "The file of" not in said(card))

    QTest.keyClick(card.none, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: not said(card))
    assert not card.none.isVisibleTo(card)
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_words: "")
    card.choose.click()
    assert now == [None]


def test_what_could_not_be_chosen_is_said(card: SecondPlaceCard, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_words: "/media/stick")
    card.choose.click()
    qtbot.waitUntil(lambda: "no server to carry changes to" in said(card))
    assert "Nothing was changed" in said(card)
