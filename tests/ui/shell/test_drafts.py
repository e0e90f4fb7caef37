# SPDX-License-Identifier: Apache-2.0
"""Drafts: gathered, kept in the encrypted file, back after a lock or crash, and only for their author."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from hms_desktop.app import OwnShelf, open_workstation
from hms_desktop.core.clock import SetClock
from hms_desktop.ui.shell.workstation import Workstation
from tests.ui.shell import enrolled, pages
from tests.ui.shell.conftest import ToldSync

Open = Callable[[], Workstation]


@pytest.fixture
def open_again(dressed: QApplication, profile: Path, clock: SetClock) -> Open:
    """Opens the same profile for the same person once more."""
    return lambda: open_workstation(enrolled.unlock(profile), clock=clock, sync=ToldSync(), folders=[pages.folder()])


def loaded(workstation: Workstation, qtbot: QtBot, key: str = "note:1") -> dict[str, Any] | None:
    """What is kept under a key, asked as a form asks."""
    found: list[dict[str, Any] | None] = []
    workstation.drafts.load(key, found.append)
    qtbot.waitUntil(lambda: bool(found))
    return found[0]


def test_what_was_just_typed_is_there_at_once(workstation: Workstation, qtbot: QtBot) -> None:
    workstation.drafts.save("note:1", {"symptoms": "No headache"}, "Visit note")
    assert loaded(workstation, qtbot) == {"symptoms": "No headache"}


@pytest.mark.hazard("H36")
def test_a_draft_reaches_the_file_within_two_seconds(workstation: Workstation, qtbot: QtBot) -> None:
    with qtbot.waitSignal(workstation.drafts.kept, timeout=60_000) as kept:
        workstation.drafts.save("note:1", {"symptoms": "No"}, "Visit note")
        workstation.drafts.save("note:1", {"symptoms": "No headache"}, "Visit note")
    assert kept.args == ["note:1"]
    assert loaded(workstation, qtbot) == {"symptoms": "No headache"}


@pytest.mark.hazard("H36")
def test_a_lock_keeps_what_no_timer_had_kept_yet(workstation: Workstation, open_again: Open, qtbot: QtBot) -> None:
    workstation.drafts.save("note:1", {"symptoms": "Ankle swelling"}, "Visit note")
    workstation.close()
    again = open_again()
    assert loaded(again, qtbot) == {"symptoms": "Ankle swelling"}
    again.close()


def test_an_open_form_is_asked_for_its_text_when_the_session_ends(
    workstation: Workstation, open_again: Open, qtbot: QtBot
) -> None:
    from hms_desktop.ui.routes import RegisterPatient

    workstation.desk.routes.open(RegisterPatient("Okonkwo"))
    workstation.close()
    again = open_again()
    assert loaded(again, qtbot, "register") == {"family": "Okonkwo"}
    again.close()


def test_a_finished_form_is_forgotten(workstation: Workstation, qtbot: QtBot) -> None:
    workstation.drafts.save("note:1", {"symptoms": "No headache"}, "Visit note")
    workstation.drafts.flush()
    workstation.drafts.drop("note:1")
    assert loaded(workstation, qtbot) is None
    assert workstation.drafts.titles() == []


def test_the_lock_is_told_titles_and_times_only(workstation: Workstation, clock: SetClock) -> None:
    workstation.drafts.save("patient:okonkwo", {"family": "Okonkwo"}, "New patient")
    assert workstation.farewell()["unfinished"] == [("New patient", clock.ms)]


@pytest.mark.hazard("H36")
def test_nobody_else_sees_a_draft(profile: Path, dressed: QApplication, open_again: Open, qtbot: QtBot) -> None:
    workstation: Any = open_again()
    workstation.drafts.save("note:1", {"symptoms": "No headache"}, "Visit note")
    workstation.drafts.flush()
    assert workstation.tasks.settle()
    somebody_else = OwnShelf(workstation.bench.store, uuid4())
    assert somebody_else.load("note:1") is None and somebody_else.kept() == []
    kept = OwnShelf(workstation.bench.store, workstation.desk.person.id).kept()
    assert [form.title for form in kept] == ["Visit note"]
    workstation.close()
    assert b"No headache" not in (profile / "replica.db").read_bytes()
