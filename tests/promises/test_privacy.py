# SPDX-License-Identifier: Apache-2.0
"""Privacy through the windows, with no server: who looked, looks to question, requests of patients, what left."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from PySide6.QtPrintSupport import QPrinter
from PySide6.QtWidgets import QApplication
from sqlalchemy import select

from hms_desktop.clinic.patients.rules import Registration
from hms_desktop.clinic.patients.service import open_record, register
from hms_desktop.clinic.patients.service_restricted import restrict
from hms_desktop.clinic.privacy.model import Disclosure
from hms_desktop.clinic.privacy.service import name_staff_chart
from hms_desktop.core.clock import SetClock, SystemClock
from hms_desktop.security.audit import AccessEvent
from hms_desktop.ui.routes import Privacy
from hms_desktop.ui.widgets.form_dialog import FormDialog
from hms_desktop.ui.widgets.print_preview import PrintPreview
from installer.day import hands
from tests.promises.places import settled
from tests.promises.seats import Seat, ServedClinic, rows_of, served, words_of
from tests.ui.papers import office_printer

FAMILY = "Mandlenkosi"
DAY_MS = 86_400_000


@dataclass
class House:
    """One workstation, its people, a patient, a colleague's own chart, and no server."""

    clinic: ServedClinic
    patient: UUID
    colleague: UUID
    others: tuple[UUID, ...]
    clock: SetClock

    def sit(self, login: str) -> Seat:
        """Somebody signs in, by the clock of the scene."""
        return self.clinic.sit("One", login, self.clock)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, qapp: QApplication) -> Iterator[House]:
    with served(tmp_path_factory.mktemp("privacy"), qapp) as clinic:
        for login, role in (("mara", "manager"), ("dora", "doctor"), ("pia", "privacy_officer")):
            clinic.person(login, role)
        clinic.server.start()
        clinic.station("One", "all", "mara")
        clinic.server.kill()
        clock = SetClock(SystemClock().now_ms() - 20 * DAY_MS)
        seat = clinic.sit("One", "mara", clock)
        made = [
            seat.do(partial(register, written=Registration(
                family=family, given=given, sex="female", born="1979-03-14", line=line, city="Riverbend")))
            for family, given, line in (
                (FAMILY, "Thandiwe", "1 Hill Street"), ("Mokoena", "Mara", "2 Hill Street"),
                ("Dora", "Ann", "3 Hill Street"), ("Naidoo", "Devi", "4 Mill Road"), ("Botha", "Own", "4 MILL ROAD."),
            )
        ]  # fmt: skip
        clinic.leaves(seat)
        clock.ms += 20 * DAY_MS
        yield House(clinic, made[0], made[1], tuple(made[2:]), clock)


def form(kind: type[Any] = FormDialog) -> Any:
    """The form that is open over the window."""
    found: list[Any] = []

    def open_() -> bool:
        found[:] = [QApplication.activeModalWidget()]
        return isinstance(found[0], kind)

    hands.until(open_, "a form")
    hands.put_in_front(found[0])
    return found[0]


def fill(**values: Any) -> None:
    """Fill in the open form and finish it; wait until it is gone."""
    dialog = form()
    for name, value in values.items():
        dialog.form.fields[name].type_in(value)
    dialog.form.finish()
    hands.until(lambda: QApplication.activeModalWidget() is not dialog, "the form is done")


def said(seat: Seat) -> str:
    """All that the window says now."""
    seat.rests()
    return words_of(seat.window)


def chosen(patient: UUID) -> dict[str, str]:
    """A patient as a picker holds them once picked."""
    return {"key": str(patient), "words": "picked"}


def at(seat: Seat, table: Any) -> None:
    """Put the window in front, and the keyboard into this list."""
    seat.rests()
    seat.sit_down()
    table.setFocus()
    hands.breathe()


def go_to(seat: Seat, pane: Any, kind: str) -> None:
    """Go to the request of this kind."""
    wanted = next(row.id for row in pane._rows if row.kind == kind)
    at(seat, pane.table)
    pane.table.select(wanted)
    hands.until(lambda: pane.table.current_row() is not None and pane.table.current_row().id == wanted, kind)
    seat.rests()


def row_wanted(seat: Seat, table: Any, words: str) -> None:
    """Wait for a row of a list and go to it."""
    hands.until(lambda: any(words in row for row in rows_of(table)), f"{words} is listed")
    at(seat, table)
    hands.press("Home")
    hands.until(lambda: table.current_row() is not None, "one is chosen")


@pytest.mark.accepts("SEC-09")
@pytest.mark.accepts("SEC-11")
@pytest.mark.accepts("SEC-12")
def test_who_answers_for_privacy_finds_questions_and_answers_patients(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dora = house.sit("dora")
    dora.do(partial(open_record, patient=house.colleague))
    for patient in (house.patient, *house.others[:2]):
        dora.do(partial(open_record, patient=patient))
    house.clinic.leaves(dora)
    pia = house.sit("pia")
    a_look_is_settled(house, pia)
    who_looked_is_shown(house, pia, tmp_path)
    requests_are_answered(house, pia)
    disclosures_are_written(house, pia, office_printer(tmp_path, monkeypatch))
    house.clinic.leaves(pia)


def a_look_is_settled(house: House, pia: Seat) -> None:
    """A look at a colleague's own chart is found, named and settled with a reason, by record number alone."""
    accounts = {person.login: person.id for person in pia.ask(_accounts)}
    pia.do(partial(name_staff_chart, account=accounts["mara"], patient=house.colleague))
    pia.do(partial(name_staff_chart, account=accounts["dora"], patient=house.others[2]))
    pia.do(partial(restrict, patient=house.patient, kind="vip", reason="In the news", owner=accounts["mara"]))
    screen = settled(pia, Privacy("looks"))
    row_wanted(pia, screen.looks.table, "Works here")
    rows = rows_of(screen.looks.table)
    assert len(rows) == 4 and all("Dora, 1 look" in row for row in rows), rows
    for odd in ("Works here", "Same family name", "Same address or telephone", "Restricted record"):
        assert sum(odd in row for row in rows) == 1, (odd, rows)
    colleague = next(row for row in screen.looks._rows if row.patient == house.colleague)
    screen.looks.table.select(colleague.key)
    pia.rests()
    assert FAMILY not in said(pia) and "Mokoena" not in said(pia)
    hands.press("S")
    fill(outcome="talked", words="She looked up her friend; warned on Monday")
    hands.until(lambda: len(rows_of(screen.looks.table)) == 3, "one less to question")
    screen.looks.list.filter.choose("")
    row_wanted(pia, screen.looks.table, "Talked about")
    screen.looks.table.select(colleague.key)
    pia.rests()
    at(pia, screen.looks.table)
    assert "warned on Monday" in said(pia)
    hands.press("W")
    hands.until(lambda: screen.access.report is not None, "everybody who looked at that record")
    hands.until(lambda: any("Dora" in row for row in rows_of(screen.access.table)), "with who it was")


def _accounts(reader: Any) -> list[Any]:
    from hms_desktop.security.accounts import Account

    return list(reader.rows(select(Account.id, Account.login)))


def who_looked_is_shown(house: House, pia: Seat, tmp_path: Path) -> None:
    """Everybody who looked at a patient, on the screen and as a file for the patient."""
    screen = settled(pia, Privacy("access"))
    at(pia, screen.access.table)
    hands.press("O")
    fill(patient=chosen(house.patient))
    hands.until(lambda: screen.access.report.patient == house.patient, "who looked is listed")
    hands.until(lambda: len(rows_of(screen.access.table)) > 1, "with every look")
    assert any("Dora" in row and "Patient page" in row and "Treatment" in row for row in rows_of(screen.access.table))
    at(pia, screen.access.table)
    hands.press("Ctrl+P")
    preview = form(PrintPreview)
    preview.save_to(tmp_path / "report.pdf")
    hands.until((tmp_path / "report.pdf").exists, "the report is saved")
    preview.close()


def requests_are_answered(house: House, pia: Seat) -> None:
    """An amendment is taken, extended and denied with its ground; a release is granted and is a disclosure."""
    screen = settled(pia, Privacy("requests"))
    table = screen.requests.table
    for kind, more in (("amendment", {}), ("release", {"recipient": "Dr Botha", "address": "2 Hill Street"})):
        at(pia, table)
        hands.press("N")
        fill(patient=chosen(house.patient), kind=kind, asked_by="Thandiwe herself", what=f"The {kind}", **more)
        pia.rests()
    row_wanted(pia, table, "60 days left")
    assert any("30 days left" in row and "Release of information" in row for row in rows_of(table))
    go_to(pia, screen.requests, "release")
    hands.press("A")
    fill(way={"key": "post", "words": "By post"}, words="Sent on Tuesday")
    row_wanted(pia, table, "Granted")
    go_to(pia, screen.requests, "amendment")
    hands.press("X")
    fill(reason="The doctor who wrote it is away")
    hands.until(lambda: any("90 days left" in row for row in rows_of(table)), "thirty days more")
    go_to(pia, screen.requests, "amendment")
    hands.press("D")
    fill(ground="accurate", words="The test of 2024 shows it")
    hands.until(lambda: "Accurate and complete as it is" in said(pia), "denied, and why")
    hands.until(lambda: any("Denied" in row for row in rows_of(table)), "the answer is listed")
    go_to(pia, screen.requests, "amendment")
    hands.press("S")
    fill(words="The test was another's")
    hands.until(lambda: "The test was another's" in said(pia), "the statement goes with it")


def disclosures_are_written(house: House, pia: Seat, jobs: list[QPrinter]) -> None:
    """What a person writes down joins what the program wrote; the accounting comes on paper."""
    screen = settled(pia, Privacy("disclosures"))
    table = screen.disclosures.table
    hands.until(lambda: any("Dr Botha" in row for row in rows_of(table)), "the release left")
    assert any("As a file" in row and "The patient" in row for row in rows_of(table)), "and so did the report"
    at(pia, table)
    hands.press("N")
    fill(
        patient=chosen(house.patient), recipient={"key": "authority", "words": "A public authority"},
        name="Department of Health", what="Notifiable disease report", way={"key": "electronic", "words": "E"},
        basis={"key": "public_health", "words": "Public health"},
    )  # fmt: skip
    hands.until(lambda: any("To be listed" in row for row in rows_of(table)), "the accounting must list it")
    at(pia, table)
    hands.press("Ctrl+P")
    fill(patient=chosen(house.patient))
    preview = form(PrintPreview)
    preview.print_all()
    hands.until(lambda: QApplication.activeModalWidget() is not preview, "it is printed")
    assert jobs
    pia.rests()
    assert len(pia.ask(lambda reader: reader.rows(select(Disclosure.id)))) == 4
    kinds = [row.kind for row in pia.ask(lambda reader: reader.rows(select(AccessEvent.kind)))]
    assert kinds.count("export") == 1 and kinds.count("print") == 1
