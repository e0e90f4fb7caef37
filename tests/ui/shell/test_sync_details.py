# SPDX-License-Identifier: Apache-2.0
"""Sync details: what waits by module from the real log, what was refused and the way out, times of success and try."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot
from sqlalchemy import text

from hms_desktop.core.clock import instant
from hms_desktop.sync.report import HeldSet, held_sets, waiting_by_module
from hms_desktop.sync.runner import LineState
from hms_desktop.ui.routes import BillingDesk, DayView, PatientRecord, PatientSearch, SettingsPage, SyncDetails
from hms_desktop.ui.shell.refused_work import WrittenSheet
from hms_desktop.ui.shell.sync_details import SyncDetailsScreen
from hms_desktop.ui.shell.sync_facts import HeldBack, Waiting
from hms_desktop.ui.shell.sync_link import facts_of, held_words, module_words, owner_role, owner_words, route_of
from hms_desktop.ui.shell.workstation import Workstation
from hms_desktop.ui.widgets.buttons import Button
from hms_desktop.ui.widgets.form_dialog import FormDialog
from hms_desktop.ui.widgets.labels import Text
from tests.desk import MONDAY_09_00
from tests.ui.shell.conftest import ToldSync
from tests.ui.shell.test_main_window import register


def words(page: SyncDetailsScreen) -> str:
    """Everything that the page says."""
    return " | ".join(label.text() for label in page.findChildren(QLabel) if label.isVisibleTo(page))


@pytest.fixture
def page(workstation: Workstation, qtbot: QtBot) -> SyncDetailsScreen:
    """The page, once it has read that nothing waits here: what a test lets it show stays."""
    workstation.desk.routes.open(SyncDetails())
    shown: Any = workstation.window.shown
    assert isinstance(shown, SyncDetailsScreen)
    qtbot.waitUntil(lambda: "Nothing waits" in words(shown) and "refused nothing" in words(shown))
    return shown


def test_who_asks_how_the_workstation_stands_is_answered_by_a_person_there(
    page: SyncDetailsScreen, sync: ToldSync, qtbot: QtBot
) -> None:
    answers: list[bool] = []
    sync.tell_how_it_stands = answers.append  # type: ignore[method-assign]
    for give, button in enumerate(("Don't send", "Send how it stands")):
        sync.become(asked_by=f"Anele {give}")
        qtbot.waitUntil(lambda n=give: f"Anele {n} asks how this workstation stands" in words(page))
        next(b for b in page.question.findChildren(Button) if b.text() == button).click()
        qtbot.waitUntil(lambda n=give: len(answers) == n + 1)
        assert not page.question.isVisibleTo(page)
    assert answers == [False, True]


def test_the_queue_is_counted_from_the_log_by_module(workstation: Any, qtbot: QtBot) -> None:
    patient = register(workstation, qtbot, "Okonkwo", "Amara")
    register(workstation, qtbot, "Naidoo", "Priya", "1990-01-01")
    with workstation.bench.store.reading() as connection:
        parts = waiting_by_module(connection, workstation.bench.store.station.author)
    assert [(part.module, part.count) for part in parts] == [("patients", 2)]
    assert parts[0].oldest_ms >= MONDAY_09_00 and patient


def test_a_refused_change_set_is_told_with_its_records(workstation: Any, qtbot: QtBot) -> None:
    patient = register(workstation, qtbot, "Okonkwo", "Amara")
    author = workstation.bench.store.station.author
    with workstation.bench.store.writing() as connection:
        number = connection.execute(text("SELECT max(number) FROM own_change_log")).scalar()
        connection.execute(
            text("INSERT INTO own_refusal (author, number, reason, at_ms) VALUES (:a, :n, 'The record is locked.', 1)"),
            {"a": author, "n": number},
        )
        held = held_sets(connection, author)
    assert [(one.number, one.module, one.reason) for one in held] == [(number, "patients", "The record is locked.")]
    assert ("patient", patient) in held[0].records
    assert route_of(held[0], frozenset()) == PatientRecord(patient)
    assert route_of(held[0], held[0].made) == PatientSearch(), "who was never taken has no record to open"
    assert "Okonkwo" not in held_words(held[0])
    assert held_words(HeldSet(7, "", "", "No.", 0, (), station="Front desk 2")) == "Change 7 of Front desk 2"


def test_times_of_success_and_of_the_last_try_are_apart(page: SyncDetailsScreen, qtbot: QtBot) -> None:
    page.show_facts(
        facts_of(LineState(network="offline", since_ms=MONDAY_09_00, waiting=7, last_success_ms=MONDAY_09_00 - 60_000,
                           last_try_ms=MONDAY_09_00, problem="The server can't be reached."))
    )  # fmt: skip
    for said in (
        "Offline since 09:00",
        "08:59",
        "The server can't be reached.",
        "7 changes wait and go out by themselves",
    ):
        qtbot.waitUntil(lambda s=said: s in words(page))  # type: ignore[misc]


def test_how_much_of_the_line_the_exchange_takes_is_said(page: SyncDetailsScreen, qtbot: QtBot) -> None:
    assert "Takes of the line, each way | As much as there is" in words(page)
    page.show_facts(facts_of(LineState(kbit=256)))
    qtbot.waitUntil(lambda: "Takes of the line, each way | At most 256 kbit/s" in words(page))


def test_before_the_first_try_has_ended_it_says_connecting(page: SyncDetailsScreen, qtbot: QtBot) -> None:
    page.show_facts(facts_of(LineState(network="offline", since_ms=MONDAY_09_00, untried=True)))
    qtbot.waitUntil(lambda: "Connecting" in words(page))


@pytest.mark.hazard("H23")
def test_it_says_what_the_status_bar_says_as_soon_as_that_does(
    page: SyncDetailsScreen, workstation: Workstation, sync: ToldSync, qtbot: QtBot
) -> None:
    part = workstation.window.frame.status.parts["held_back"]
    for count, bar in ((7, "7 need attention"), (1, "1 needs attention")):
        sync.become(held_back=count)
        qtbot.waitUntil(lambda said=bar: part.words == said)  # type: ignore[misc]
        assert f"Need attention | {count}" in words(page)
    sync.become(problem="The server can't be reached.")
    qtbot.waitUntil(lambda: "The server can't be reached." in words(page))


def test_what_waits_is_listed_by_module_with_its_age(
    page: SyncDetailsScreen, workstation: Workstation, qtbot: QtBot
) -> None:
    page.show_queue([Waiting("Schedule", 4, workstation.desk.now() - timedelta(minutes=27))])
    qtbot.waitUntil(lambda: "Schedule | oldest 27 minutes ago | 4 changes" in words(page))


def test_a_held_back_change_can_be_mended_or_given_to_its_owner(
    page: SyncDetailsScreen, workstation: Workstation, sync: ToldSync, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    item = HeldBack(12, "Schedule: change 12 of this device", "The slot was full.", "the front desk", can_mend=True)
    asked: list[HeldBack] = []
    monkeypatch.setattr(sync, "mend", lambda _item: DayView())
    monkeypatch.setattr(sync, "ask", asked.append)
    page.show_held([item])
    buttons = {button.words: button for button in page.findChildren(Button)}
    buttons["Ask"].click()
    assert asked == [item] and "the front desk" in workstation.window.frame.notices.messages[0].text
    workstation.desk.routes.open(SettingsPage())
    workstation.desk.routes.open(SyncDetails())
    again: Any = workstation.window.shown
    again.show_held([item])
    next(button for button in again.findChildren(Button) if button.words == "Mend").click()
    qtbot.waitUntil(lambda: workstation.desk.routes.current == DayView(), timeout=60_000)
    tells_to_do_it_again(workstation.window, qtbot)


def test_refused_work_without_form_and_place_says_what_to_do(page: SyncDetailsScreen, qtbot: QtBot) -> None:
    page.show_held([HeldBack(12, "Change 12 of this device", "It was late.", "the doctor", can_mend=True)])
    next(button for button in page.findChildren(Button) if button.words == "Mend").click()
    tells_to_do_it_again(page, qtbot)


def tells_to_do_it_again(over: QWidget, qtbot: QtBot) -> None:
    """A sheet says that no form is filled, and what to do instead."""
    qtbot.waitUntil(lambda: over.findChild(WrittenSheet) is not None)
    sheet = over.findChild(WrittenSheet)
    assert any("No form can be filled" in text.text() for text in sheet.findChildren(Text))
    sheet.close_it.click()


@pytest.mark.parametrize(
    ("gone", "said"), [(False, "What was written is on Front desk 2: mend it there."), (True, "out of use")]
)
def test_work_of_another_desk_is_put_away_here_with_a_reason(
    page: SyncDetailsScreen, sync: ToldSync, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot, gone: bool, said: str
) -> None:
    away: list[tuple[int, str | None]] = []
    monkeypatch.setattr(sync, "put_away", lambda item, reason: lambda _unit: away.append((item.number, reason)))
    page.show_held([HeldBack(7, "Change 7 of Front desk 2", "No.", "", author=9, station="Front desk 2", gone=gone)])
    qtbot.waitUntil(lambda: said in words(page))
    (button,) = [button for button in page.findChildren(Button) if button.words == "Put away"]
    assert not [button for button in page.findChildren(Button) if button.words in ("Mend", "What was written")]
    button.click()
    dialog = page.findChild(FormDialog)
    assert dialog is not None and not away
    dialog.go.click()
    assert not away, "a reason is needed"
    dialog.form.fields["reason"].type_in("Written elsewhere")
    dialog.go.click()
    qtbot.waitUntil(lambda: away == [(7, "Written elsewhere")], timeout=60_000)


def test_every_module_has_a_name_and_an_owner() -> None:
    for module in ("patients", "staff", "appointments", "ehr", "lab", "pharmacy", "inventory", "billing"):
        assert module_words(module) != "Other" and owner_words(module) and owner_role(module)


def test_a_refused_set_without_a_screen_of_its_own_leads_to_its_module() -> None:
    held = HeldSet(3, "billing.take_payment", "billing", "Paid already.", 0, (("payment", UUID(int=1)),))
    assert route_of(held, frozenset()) == BillingDesk()
    contact = HeldSet(4, "patients.add_contact", "patients", "No.", 0, (), patient=UUID(int=2))
    assert route_of(contact, frozenset()) == PatientRecord(UUID(int=2))
    first = LineState(network="offline", since_ms=MONDAY_09_00, untried=True)
    assert (facts_of(first).network, facts_of(replace(first, untried=False)).network) == ("connecting", "offline")
    assert facts_of(LineState(network="online", last_push_ms=MONDAY_09_00)).last_push == instant(MONDAY_09_00)
